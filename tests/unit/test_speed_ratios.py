"""`benchmarks.check`: which ratios have fallen, and that each stored one is measured."""

import json
from pathlib import Path

import pytest

from benchmarks import check
from benchmarks.check import LEAST, STORED, fallen, made_up


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ({"a": 2.0}, []),
        ({"a": 1.61}, []),
        ({"a": 5.0}, []),
        ({"a": 1.59}, ["The ratio 'a' fell by 20 %, from 2.00 to 1.59."]),
        ({"a": 0.5}, ["The ratio 'a' fell by 75 %, from 2.00 to 0.50."]),
        ({}, ["The ratio 'a' is stored and was not measured."]),
        ({"a": 2.0, "new": 0.1}, []),
    ],
)
def test_names_what_fell_by_a_fifth(measured: dict[str, float], expected: list[str]) -> None:
    """A ratio below four fifths of the stored one is named with both, and so is one that was not measured."""
    assert LEAST == 0.8
    assert fallen(measured, {"a": 2.0}) == expected


def test_texts_are_made_up_alike() -> None:
    """The made-up texts are the same in each run, each of 150 words that the shipped model knows."""
    assert made_up(3) == made_up(3)
    assert [len(text.split()) for text in made_up(2)] == [150, 150]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_command_holds_stored_ratios(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ratios that were just stored hold. Ratios of a program ten times as fast do not, and each is named."""
    stored = tmp_path / "ratios.json"
    quick = ["--papers", "50", "--rounds", "1", "--stored", str(stored)]
    assert check.main([*quick, "--update"]) == 0
    measured = json.loads(stored.read_text("utf-8"))
    assert set(measured) == set(json.loads(STORED.read_text("utf-8")))
    assert min(measured.values()) > 0
    stored.write_text(json.dumps({name: 10 * ratio for name, ratio in measured.items()}), "utf-8")
    assert check.main(quick) == 1
    assert [line for line in capsys.readouterr().err.splitlines() if " fell by " not in line] == []
