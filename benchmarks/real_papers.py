"""Where the real papers that benchmarks read are."""

import os
from pathlib import Path

_ROOT = Path(os.environ.get("ARXIV_CLASSIFIER_DATA", Path(__file__).parents[1] / "../shared/data"))
# train.parquet, validation.parquet and test.parquet, split by time.
DATA = _ROOT / "arxiv"
