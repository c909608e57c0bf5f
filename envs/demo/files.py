"""Write the demo's data set: prompts, held-out prompts, conversations, preferences, documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from envs.demo import DOMAINS, SOURCES, generate, preference_pairs, pretrain_documents, sft_rows
from rewards.files import write_jsonl

HELDOUT_ROWS = 200
TRAIN_ROWS = 400
SFT_ROWS = 11_000
PREFERENCE_PAIRS = 3_000
PREFERENCE_HELDOUT = 300
# Characters are what the mixture is fed with; long documents need fewer of themselves.
DOCUMENTS = dict.fromkeys(SOURCES, 400) | {
    "common_crawl": 1_800,
    "code": 900,
    "math": 700,
    "technical": 600,
    "common_crawl_hq": 800,
    "books": 25,
    "code_repositories": 15,
}


def write_demo(out: Path, seed: int) -> dict[str, int]:
    """Write the demo's data set under `out`; returns rows per file.

    The recipe reads it as it would read any other data:
    `train/<domain>.jsonl`, `heldout/<domain>.jsonl`, `sft.jsonl`, `preferences.jsonl`,
    `preferences_heldout.jsonl`, `pretrain/<source>.jsonl`.
    """
    files: dict[str, Iterable[Mapping[str, Any]]] = {}
    for domain in DOMAINS:
        files[f"train/{domain}.jsonl"] = generate(domain, "train", TRAIN_ROWS, seed)
        files[f"heldout/{domain}.jsonl"] = generate(domain, "heldout", HELDOUT_ROWS, seed)
    files["sft.jsonl"] = sft_rows(SFT_ROWS, seed)
    files["preferences.jsonl"] = preference_pairs(PREFERENCE_PAIRS, seed)
    files["preferences_heldout.jsonl"] = preference_pairs(PREFERENCE_HELDOUT, seed, "heldout")
    for source, count in DOCUMENTS.items():
        texts = pretrain_documents(source, count, seed)
        files[f"pretrain/{source}.jsonl"] = ({"text": text} for text in texts)
    return {name: write_jsonl(out / name, rows) for name, rows in files.items()}
