"""Puts a generator in this process behind the sender's interface, and checks the logprobs it
serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import GraniteForCausalLM

from granite_rl.actors.generator import Generator
from granite_rl.config import GeneratorSection
from granite_rl.types import GenerationRequest
from granite_rl.weight_sync.source import EMBEDDING, HEAD, WeightMeta


class LocalPending:
    """Runs the call when it is waited for, as a slow generator would."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._run = run

    def wait(self) -> None:
        self._run()


class LocalReceivers:
    """Calls one generator without Ray; ``intercept`` may change or swallow an update's
    information."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.failed: dict[str, str] = {}
        self.intercept: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda info: info

    @property
    def workers(self) -> Sequence[int]:
        return [] if self.failed else [1]

    def begin(self) -> None:
        self.failed = {}

    def initialize(self, infos: Sequence[dict[str, Any]]) -> LocalPending:
        return self._pending(self._generator.init_weight_transfer, infos[0])

    def start(self, version: int) -> LocalPending:
        return self._pending(self._generator.start_weight_update, version)

    def update(self, info: dict[str, Any]) -> LocalPending:
        changed = self.intercept(info)
        if changed is None:
            return LocalPending(lambda: None)
        return self._pending(self._generator.update_weights, changed)

    def finish(self, version: int) -> LocalPending:
        return self._pending(self._generator.finish_weight_update, version)

    def _pending(self, method: Callable[[Any], object], argument: Any) -> LocalPending:
        def run() -> None:
            if self.failed:
                return
            try:
                method(argument)
            except Exception as error:  # noqa: BLE001  (as Ray would carry it over)
                self.failed["generator"] = f"{type(error).__name__}: {error}"

        return LocalPending(run)


class TensorSource:
    """Provides weights given as a dictionary; those of a tied model lack the head."""

    def __init__(self, tensors: Sequence[tuple[str, torch.Tensor]]) -> None:
        self._tensors = list(tensors)

    def metadata(self) -> list[WeightMeta]:
        return [WeightMeta(name, t.dtype, tuple(t.shape)) for name, t in self._tensors]

    def __iter__(self) -> Any:
        return iter(self._tensors)


def section(weight_sync: str, dtype: str = "float32", timeout_s: float = 60.0) -> GeneratorSection:
    """Build the configuration of a small engine."""
    return GeneratorSection.model_validate(
        {
            "replicas": 1,
            "tensor_parallel": 1,
            "threads": 1,
            "kv_cache_gib": 0.03,
            "gpu_memory_utilization": 0.9,
            "max_num_seqs": 8,
            "block_size": 16,
            "enforce_eager": True,
            "dtype": dtype,
            "weight_sync": weight_sync,
            "timeout_s": timeout_s,
        }
    )


def sample(generator: Generator, prompt: list[int], version: int, tokens: int = 12) -> Any:
    """Sample one completion with its logprobs."""
    request = GenerationRequest(
        key=(0, 0),
        samples=(0,),
        prompt_ids=prompt,
        seeds=(0,),
        temperature=1.0,
        top_p=1.0,
        max_tokens=tokens,
        logprobs=True,
    )
    generator.submit([request], version)
    while True:
        for turn in generator.poll(60.0):
            return turn


PROMPT = [3, 41, 7, 99, 120, 64, 8]


def change(model: GraniteForCausalLM, seed: int) -> None:
    """Change every weight of a model."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2 * parameter.std().nan_to_num(0.1))


def source(model: GraniteForCausalLM) -> TensorSource:
    tensors = []
    for name, parameter in model.named_parameters():
        tensors.append((name, parameter.detach()))
        if name == EMBEDDING and model.config.tie_word_embeddings:
            tensors.append((HEAD, tensors[-1][1]))
    return TensorSource(tensors)


def logprobs(model: GraniteForCausalLM, prompt: list[int], completion: list[int]) -> torch.Tensor:
    """Compute the logprobs [completion] with transformers."""
    with torch.no_grad():
        logits = model(torch.tensor([prompt + completion])).logits[0]
    rows = logits[len(prompt) - 1 : -1].double().log_softmax(-1)
    chosen: torch.Tensor = rows[torch.arange(len(completion)), torch.tensor(completion)]
    return chosen


def agrees(generator: Generator, model: GraniteForCausalLM, version: int) -> Any:
    """Sample a completion, check its logprobs against the model's, and return it."""
    completion = sample(generator, PROMPT, version)
    expected = logprobs(model, PROMPT, completion.token_ids)
    assert torch.allclose(
        torch.tensor(completion.logprobs, dtype=torch.float64), expected, rtol=0, atol=1e-4
    )
    return completion
