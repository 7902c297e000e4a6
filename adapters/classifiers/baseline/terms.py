"""Splits a piece of text without white space into terms. All text is read here."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

# A LaTeX command, or a word or number with its suffix: l^2, r^{n}, c++, c#. o_k becomes o and k.
_TERM = re.compile(r"\\[a-z]+|[^\W_]+(?:\^(?:\{[^\W_]+\}|[^\W_]+))?(?:\+\+|\#)?")
# TeX accents: \"o, \'{e}, \v{c}, {\aa}. The accent is removed, as for ö.
_TEX_ACCENT = re.compile(r"\\(?:[\"'`^~=.]\{?|[vcuhkr]\{)\\?([a-z])\}?")
_TEX_LETTER = re.compile(r"\{?\\(ss|ae|oe|aa|o|l)\}")
# What either of the two begins with. To find none takes a tenth of the time of two substitutions.
_TEX_SPELLING = re.compile(r"\\(?:[\"'`^~=.]|[vcuhkr]\{|(?:ss|ae|oe|aa|o|l)\})")
_GREEK_LETTERS = "".join(map(chr, range(0x3B1, 0x3CA)))
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma sigma tau upsilon phi chi psi omega"
)
_GREEK = {
    letter: f" \\{name} "
    for letter, name in zip(
        _GREEK_LETTERS,
        _GREEK_NAMES.split(),
        strict=True,
    )
}
_GREEK_TABLE = str.maketrans(_GREEK)


def terms_of(piece: str) -> list[str]:
    """Returns the terms of one lower-cased piece of text, in order.

    `c++`, `l^2` and LaTeX commands stay whole. A Greek letter becomes its LaTeX command, so that U+03B1 and `\\alpha`
    are one term. Accents are removed, in Unicode and in TeX. A hyphenated word is split, and the vocabulary joins its
    parts as a pair, so that self-supervised and self supervised are equal.
    """
    if piece.isascii():
        if piece.isalnum():
            return [piece]
        return _TERM.findall(_without_tex_accents(piece))
    decomposed = unicodedata.normalize("NFKD", piece).translate(_GREEK_TABLE)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _TERM.findall(_without_tex_accents(plain))


def _without_tex_accents(piece: str) -> str:
    if not _TEX_SPELLING.search(piece):
        return piece
    return _TEX_LETTER.sub(r"\1", _TEX_ACCENT.sub(r"\1", piece))


@dataclass(frozen=True, slots=True)
class TermReader:
    """Reads terms, with stop words marked and word forms merged."""

    stop_words: frozenset[str]
    merge: Callable[[str], str] | None = None

    def read(self, piece: str) -> list[str | None]:
        """Returns the terms of a lower-cased piece. None stands for a stop word, which no pair may span."""
        terms = terms_of(piece)
        merge = self.merge
        if merge is None:
            return [None if term in self.stop_words else term for term in terms]
        return [None if term in self.stop_words else merge(term) for term in terms]
