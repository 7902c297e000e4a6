"""The months in arXiv identifiers, for a column of them."""

import numpy as np
from numpy.typing import NDArray

from adapters.datasets.text_columns import Flags, Strings
from domain.abstract_batch import month_number
from domain.month import month_of_identifier

_DIGIT_PLACES = {9: (0, 1, 2, 3, 5, 6, 7, 8), 10: (0, 1, 2, 3, 5, 6, 7, 8, 9)}
_DOT_PLACE = 4
_ZERO, _DOT = ord("0"), ord(".")


def months_of_identifiers(ids: Strings) -> tuple[NDArray[np.int32], Flags]:
    """Returns the month of each identifier, as `month_number` does, and which identifiers need care.

    An identifier with white space, or with characters outside printable ASCII, needs care; its month is 0.
    """
    odd = np.zeros(len(ids), bool)
    letters = ids.bytes()
    odd[ids.rows_of(((letters <= ord(" ")) | (letters >= 127)).nonzero()[0])] = True
    months = np.zeros(len(ids), np.int32)
    lengths = ids.lengths()
    left = ~odd & (lengths > 0)
    for length in _DIGIT_PLACES:
        rows = (left & (lengths == length)).nonzero()[0]
        found, usual = _of_usual_form(ids.data[ids.offsets[rows][:, None] + np.arange(length)])
        months[rows[usual]] = found[usual]
        left[rows[usual]] = False
    column = ids.column()
    for row in left.nonzero()[0].tolist():
        months[row] = month_number(month_of_identifier(column[row]))
    return months, odd


def _of_usual_form(letters: NDArray[np.uint8]) -> tuple[NDArray[np.int32], Flags]:
    """Returns the months of identifiers such as 2501.01234, shape (ids, length), and which are of that form."""
    digits = letters - np.uint8(_ZERO)  # other characters become 10 and more
    usual = letters[:, _DOT_PLACE] == _DOT
    usual &= (digits[:, _DIGIT_PLACES[letters.shape[1]]] <= 9).all(axis=1)
    year = 2000 + digits[:, 0].astype(np.int32) * 10 + digits[:, 1]
    month = digits[:, 2].astype(np.int32) * 10 + digits[:, 3]
    return np.where((month >= 1) & (month <= 12), year * 12 + month, 0).astype(np.int32), usual
