"""A report of a sweep without plots, which take a second or two of a processor."""

from pathlib import Path

from typing_extensions import override

from domain.ports.sweep_report import SweepFacts, SweepReport


class FakeSweepReport(SweepReport):
    """Writes a report.md that has the states of the trials alone."""

    @override
    def write(self, folder: Path, facts: SweepFacts) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        states = [f"{record.number} {record.state}\n" for record in facts.records]
        (folder / "report.md").write_text("".join(states), "utf-8")
        return folder / "report.md"
