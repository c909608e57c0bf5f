"""Tests that the model of the comparison with TRL ends its completions with the given
probabilities."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import pytest
import torch

from granite_rl.models.loading import load_policy
from granite_rl.models.tokenizer import END_OF_TEXT_ID, encode_prompt, load_tokenizer
from tests.bench.length_model import (
    equal_lengths,
    expected_length,
    lognormal_lengths,
    write_model,
)


def survival(hazards: list[float]) -> list[float]:
    """Return the probability that a completion has more than t tokens, t = 0 .. len(hazards)."""
    alive = [1.0]
    for hazard in hazards:
        alive.append(alive[-1] * (1 - hazard))
    return alive


def test_hazards_are_those_of_the_lognormal() -> None:
    hazards = lognormal_lengths(16, 0.9, 128)
    normal = NormalDist()
    alive = survival(hazards)
    for tokens in (1, 5, 16, 64, 127):
        beyond = 1 - normal.cdf(torch.log(torch.tensor(tokens / 16.0)).item() / 0.9)
        assert alive[tokens] == pytest.approx(beyond, abs=1e-6)
    assert alive[16] == pytest.approx(0.5)
    assert alive[128] == 0, "8 x the median is the longest"
    assert expected_length(hazards) == pytest.approx(sum(alive), rel=1e-9)


def test_equal_lengths_are_equal() -> None:
    assert survival(equal_lengths(10)) == [1.0] * 10 + [0.0]
    assert expected_length(equal_lengths(10)) == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "hazards", [equal_lengths(10), lognormal_lengths(16, 0.9, 128)], ids=["equal", "varying"]
)
def test_the_model_ends_with_these_probabilities(tmp_path: Path, hazards: list[float]) -> None:
    directory = write_model(tmp_path / "model", hazards)
    model = load_policy(directory).eval()
    tokenizer = load_tokenizer(directory)
    prompt = encode_prompt(tokenizer, [{"role": "user", "content": "How many eggs are 7 eggs?"}])
    generator = torch.Generator().manual_seed(0)
    tokens = list(prompt)
    for hazard in hazards[:-1]:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([tokens])).logits[0, -1].double()
        probabilities = logits.softmax(-1)
        assert probabilities[END_OF_TEXT_ID].item() == pytest.approx(hazard, rel=0.1, abs=1e-6)
        probabilities[END_OF_TEXT_ID] = 0
        tokens.append(int(torch.multinomial(probabilities, 1, generator=generator)))
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([tokens])).logits[0, -1].double()
    assert logits.softmax(-1)[END_OF_TEXT_ID] > 0.999
