"""Writes tests/fixtures/torch_{zip,legacy}.bin with torch itself: `python scripts/make_torch_fixtures.py`.

Needs torch (2.13 wrote the files in the repository), which is no dependency of this project.
"""

from collections import OrderedDict
from pathlib import Path

import torch

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"


def main() -> None:
    """Writes one state dict in both of torch's forms."""
    grid = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    state = OrderedDict(
        whole=grid,
        transposed=grid.T,
        part=grid[1:, 1:3],
        half=torch.tensor([0.5, -2.0], dtype=torch.float16),
        brain=torch.tensor([1.5, -3.0], dtype=torch.bfloat16),
        double=torch.tensor([0.25], dtype=torch.float64),
        counts=torch.arange(3).expand((1, -1)),
        scalar=torch.tensor(7.0),
        empty=torch.zeros(0, 4),
        parameter=torch.nn.Parameter(torch.tensor([9.0])),
    )
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]  # as nn.Module.state_dict does
    for form, is_zip in (("zip", True), ("legacy", False)):
        torch.save(state, FIXTURES / f"torch_{form}.bin", _use_new_zipfile_serialization=is_zip)


if __name__ == "__main__":
    main()
