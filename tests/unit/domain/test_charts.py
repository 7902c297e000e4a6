"""Tables and charts cannot be invalid."""

import pytest

from domain.charts import Line, LineChart, Table


def test_a_row_has_a_cell_for_every_column() -> None:
    """A row that is too short or too long is a programmer's mistake."""
    assert Table(("a", "b"), ((1, None), ("x", True))).rows[0] == (1, None)
    with pytest.raises(ValueError, match="a row of 1 cells in a table of 2 columns"):
        Table(("a", "b"), (("x",),))


def test_points_of_all_lines() -> None:
    """The rows of a chart are its points with their line's label."""
    chart = LineChart("t", "x", "y", (Line("a", ((0, 1), (1, 2))), Line("b", ((0, 3),))))
    assert list(chart.rows()) == [("a", 0, 1), ("a", 1, 2), ("b", 0, 3)]
