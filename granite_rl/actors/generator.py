"""Holds the generator role: a vLLM engine that samples prompt groups and swaps weights.

The engine runs in this process (no extra engine process: on few cores each one costs more than it
brings) and is driven by one thread, so that samples can be submitted and collected while others
decode. Every sample is a request of its own: it can continue, end or be given up alone. All
requests of a call are queued before the next engine step, which keeps the composition of vLLM's
batches, and with it the last bits of every logit, the same from run to run.

Whatever else touches the engine (new weights, aborted requests) is done by its thread, between two
steps. Weights may change while samples are under way: these are preempted, their keys and values
computed again from the new weights, and the versions that sampled each token go with the sample.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from granite_rl.actors.engine_statistics import EngineStatistics
from granite_rl.actors.node import node_id
from granite_rl.config import GeneratorSection
from granite_rl.types import GenerationRequest, Key, Turn

if TYPE_CHECKING:
    from vllm import LLM
    from vllm.outputs import RequestOutput

    from granite_rl.actors.sampler import SamplingState

T = TypeVar("T")


def generator_environment(config: GeneratorSection, *, gpu: bool) -> dict[str, str]:
    """Return the variables that must be set before vLLM is imported in the generator's process."""
    common = {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_LOGGING_LEVEL": os.environ.get("VLLM_LOGGING_LEVEL", "WARNING"),
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
    }
    if gpu:
        return common
    return common | {
        "OMP_NUM_THREADS": str(config.threads),
        # One heap for all threads: only there does `keep_freed_memory` (weight_sync.loader) keep
        # glibc from mapping the packed head anew at each update, a sixth of its time.
        "MALLOC_ARENA_MAX": "1",
        # Without this vLLM pins its threads to cores that the trainer may be using.
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        # vLLM compiles small sampler kernels at the first request: 25 s for nothing at this size.
        **({"TORCH_COMPILE_DISABLE": "1"} if config.enforce_eager else {}),
    }


class StaleWeightsError(RuntimeError):
    """A training rollout was asked of weights of another version than the caller expects."""


class Generator:
    """Runs one vLLM engine in a thread that drives it.

    Args:
        model_path: Hugging Face checkpoint to start from.
        config: the ``generator`` section.
        max_context: longest prompt plus response, in tokens.
        gpu: whether this engine has a GPU.
    """

    def __init__(
        self, model_path: str, config: GeneratorSection, max_context: int, *, gpu: bool
    ) -> None:
        os.environ.update(generator_environment(config, gpu=gpu))
        from transformers import AutoTokenizer
        from vllm import LLM
        from vllm.config import WeightTransferConfig
        from vllm.v1.metrics.stats import PrefixCacheStats

        from granite_rl.actors.sampler import SAMPLER

        self._tokenizer = AutoTokenizer.from_pretrained(model_path)
        self._llm: LLM = LLM(
            model=model_path,
            dtype=config.dtype,
            max_model_len=max_context,
            max_num_seqs=config.max_num_seqs,
            block_size=config.block_size,
            # Splitting a prompt over steps crashes seeded sampling on CPU, so a step must hold a
            # whole one.
            enable_chunked_prefill=False,
            max_num_batched_tokens=16 * max_context,
            enable_prefix_caching=True,
            # vLLM's default on CUDA is to schedule a step before the last one's tokens are known.
            # Our sampler has then drawn a token more when a sample ends, and an update in the
            # middle of a sample is noted one token late.
            async_scheduling=False,
            enforce_eager=config.enforce_eager,
            tensor_parallel_size=config.tensor_parallel,
            distributed_executor_backend="uni" if config.tensor_parallel == 1 else "ray",
            gpu_memory_utilization=config.gpu_memory_utilization,
            kv_cache_memory_bytes=None if gpu else int(config.kv_cache_gib * 2**30),
            seed=0,
            # vLLM's reload re-processes tied embeddings once and leaves the packed lm_head stale;
            # untied, both are sent and both are right.
            hf_overrides={"tie_word_embeddings": False},
            weight_transfer_config=WeightTransferConfig(backend=config.weight_sync),
            logits_processors=[SAMPLER],
            disable_log_stats=True,
        )
        self._sampler_is_here = config.tensor_parallel == 1
        self._weight_version = -1
        self._updating: int | None = None
        self._inbox: deque[GenerationRequest] = deque()
        self._calls: deque[Callable[[], None]] = deque()
        self._outbox: queue.Queue[Turn | BaseException] = queue.Queue()
        self._wake = threading.Condition()
        self._under_way: dict[str, _Sample] = {}
        self._failure: Exception | None = None
        core = self._llm.llm_engine.engine_core.engine_core
        self._statistics = EngineStatistics(core.scheduler, PrefixCacheStats())
        self._thread = threading.Thread(target=self._drive, name="vllm-engine", daemon=True)
        self._thread.start()

    def describe(self) -> dict[str, Any]:
        """Say what really runs here: engine type, weight-transfer engine, process id."""
        worker = self._llm.llm_engine.model_executor.driver_worker.worker
        return {
            "engine": type(self._llm.llm_engine).__module__
            + "."
            + type(self._llm.llm_engine).__qualname__,
            "weight_transfer": type(worker.weight_transfer_engine).__qualname__,
            "pid": os.getpid(),
            "node": node_id(),
        }

    def submit(self, requests: Sequence[GenerationRequest], weight_version: int) -> None:
        """Queue requests; their samples are collected with ``poll`` as they finish.

        Raises:
            StaleWeightsError: the engine's weights are not of ``weight_version``, or none were
                loaded yet: what vLLM read from disk lacks a tied head.
        """
        if weight_version != self._weight_version or weight_version < 0:
            raise StaleWeightsError(
                f"asked for weights {weight_version}, this generator has {self._weight_version}"
            )
        with self._wake:
            self._inbox.extend(requests)
            self._wake.notify()

    def poll(self, timeout_s: float) -> list[Turn]:
        """Return finished samples: wait for the first, then take all that are ready.

        Args:
            timeout_s: longest wait in seconds; an empty list when nothing finished by then.

        Raises:
            Exception: whatever stopped the engine's thread.
        """
        results: list[Turn] = []
        try:
            item = self._outbox.get(timeout=timeout_s)
            while True:
                if isinstance(item, BaseException):
                    raise item
                results.append(item)
                item = self._outbox.get_nowait()
        except queue.Empty:
            return results

    def abort(self, samples: Iterable[tuple[Key, int]]) -> None:
        """Give samples up: each that is still under way is returned as ``aborted``."""
        self._between_steps(lambda: self._abort(set(samples)))

    def init_weight_transfer(self, info: dict[str, Any]) -> None:
        """Prepare vLLM's weight-transfer engine for a sender; ``info`` is the transport's own."""
        self._between_steps(lambda: self._llm.init_weight_transfer_engine({"init_info": info}))

    def start_weight_update(self, version: int) -> None:
        """Begin to swap in one version of the weights; nothing is served until it is all there.

        Samples under way stand still meanwhile. May be called again after an update that failed or
        was abandoned.
        """
        self._between_steps(lambda: self._start_update(version))

    def _start_update(self, version: int) -> None:
        # Whatever goes wrong from here on, nothing is served until a later update went right.
        self._weight_version = -1
        self._updating = version
        worker = self._llm.llm_engine.model_executor.driver_worker.worker
        worker._weight_update_active = False
        self._llm.start_weight_update()

    def update_weights(self, info: dict[str, Any]) -> None:
        """Take a part of the weights; ``info`` is the transport's own.

        Raises:
            BucketError: it is missing, damaged or out of order. The update has failed: no version
                is served until another one succeeds.
        """
        try:
            self._between_steps(lambda: self._llm.update_weights({"update_info": info}))
        except BaseException:
            self._updating = None
            raise

    def finish_weight_update(self, version: int) -> int:
        """Serve the new weights; samples under way go on with them.

        The keys and values of what these have said so far are dropped, and computed again.

        Returns:
            The version now in use.

        Raises:
            StaleWeightsError: this is not the version whose update is under way.
            BucketError: parts are missing.
            RuntimeError: cached prefixes can't be dropped.
        """
        self._between_steps(lambda: self._finish_update(version))
        return version

    def _finish_update(self, version: int) -> None:
        if self._updating != version:
            raise StaleWeightsError(
                f"weights {version} can't be finished: the update under way is of {self._updating}"
            )
        self._updating = None
        self._llm.finish_weight_update(str(version))
        # Cached prefixes hold keys and values of the old weights.
        under_way = bool(self._under_way)
        if not self._llm.llm_engine.reset_prefix_cache(reset_running_requests=under_way):
            raise RuntimeError("vLLM could not drop its prefix cache after a weight update")
        self._weight_version = version
        for sample in self._under_way.values():
            if sample.state is not None:
                runs = sample.state.versions
                if runs[-1][0] == sample.state.tokens:
                    runs.pop()
                runs.append((sample.state.tokens, version))

    def statistics(self) -> dict[str, float]:
        """Return what the engine did since the last call; see ``EngineStatistics.collect``."""
        return self._statistics.collect()

    def _between_steps(self, call: Callable[[], T]) -> T:
        """Have the engine's thread make a call; returns, or raises, what it did."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(call())
            except Exception as error:  # noqa: BLE001  (raised again where it was asked for)
                future.set_exception(error)

        with self._wake:
            if self._failure is not None:
                raise RuntimeError(f"the engine stopped: {self._failure!r}")
            self._calls.append(run)
            self._wake.notify()
        return future.result()

    def _abort(self, samples: set[tuple[Key, int]]) -> None:
        ids = [
            name
            for name, sample in self._under_way.items()
            if (sample.request.key, sample.index) in samples
        ]
        self._llm.llm_engine.abort_request(ids)
        for name in ids:
            sample = self._under_way.pop(name)
            self._forget(name)
            self._outbox.put(Turn(sample.request.key, sample.index, [], None, "", "aborted", ()))

    @property
    def _can_step(self) -> bool:
        """There is something to generate, and whole weights to do it with."""
        return bool(self._under_way) and self._weight_version >= 0

    def _drive(self) -> None:
        """The engine's thread: do what was asked, queue what came in, step, hand out results."""
        engine = self._llm.llm_engine
        try:
            while True:
                with self._wake:
                    while not (self._inbox or self._calls or self._can_step):
                        self._wake.wait()
                    arrived, calls = list(self._inbox), list(self._calls)
                    self._inbox.clear()
                    self._calls.clear()
                for call in calls:
                    call()
                begin = time.perf_counter()
                for request in arrived:
                    self._add(request)
                if self._can_step:
                    finished = [output for output in engine.step() if output.finished]
                    turns = self._turns(finished)
                    tokens = sum(len(turn.token_ids) for turn in turns)
                    self._statistics.stepped(time.perf_counter() - begin, tokens)
                    for turn in turns:
                        self._outbox.put(turn)
        except Exception as error:  # noqa: BLE001  (handed to whoever polls: a dead thread must not look idle)
            with self._wake:
                self._failure = error
                abandoned = list(self._calls)
                self._calls.clear()
            for call in abandoned:
                call()
            self._outbox.put(error)

    def _add(self, request: GenerationRequest) -> None:
        from granite_rl.actors.sampler import EXTRA, SAMPLING_STATES, SamplingState

        for position, index in enumerate(request.samples):
            name = f"{request.key[0]}.{request.key[1]}.{index}.{len(request.prompt_ids)}"
            sample = _Sample(request, index, None, self._weight_version)
            extra = None
            if request.seeds is not None:
                keeps = request.logprobs and self._sampler_is_here
                sample.state = SAMPLING_STATES[name] = SamplingState(
                    request.seeds[position],
                    request.temperature,
                    request.top_p,
                    [] if keeps else None,
                    versions=[(0, self._weight_version)],
                )
                extra = {
                    "id": name,
                    "seed": request.seeds[position],
                    "temperature": request.temperature,
                    "top_p": request.top_p,
                }
            self._under_way[name] = sample
            # vLLM makes request ids unique by a random suffix; the output carries ours.
            self._llm.llm_engine.add_request(
                name,
                {"prompt_token_ids": list(request.prompt_ids)},
                self._parameters(request, {EXTRA: extra} if extra else None),
            )

    def _parameters(self, request: GenerationRequest, extra: dict[str, Any] | None) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        return SamplingParams(
            # Greedy for vLLM: our sampler leaves it one token to choose.
            temperature=0.0,
            max_tokens=request.max_tokens,
            stop_token_ids=[self._tokenizer.eos_token_id],
            logprobs=0 if request.logprobs and not self._sampler_is_here else None,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
            extra_args=extra,
        )

    def _turns(self, outputs: Sequence[RequestOutput]) -> list[Turn]:
        if not outputs:
            return []
        tokens = [list(output.outputs[0].token_ids) for output in outputs]
        texts = self._tokenizer.batch_decode(tokens, skip_special_tokens=True)
        turns = []
        for output, token_ids, text in zip(outputs, tokens, texts, strict=True):
            sample = self._under_way.pop(output.request_id)
            self._forget(output.request_id)
            said = output.outputs[0]
            logprobs = None if sample.state is None else sample.state.logprobs
            if said.logprobs is not None:
                logprobs = [
                    entry[token].logprob
                    for entry, token in zip(said.logprobs, token_ids, strict=True)
                ]
            if logprobs is not None and len(logprobs) != len(token_ids):
                raise RuntimeError(
                    f"{output.request_id}: {len(token_ids)} tokens, {len(logprobs)} logprobs"
                )
            versions = [(0, sample.version)] if sample.state is None else sample.state.versions
            turns.append(
                Turn(
                    sample.request.key,
                    sample.index,
                    token_ids,
                    logprobs,
                    text,
                    "length" if said.finish_reason == "length" else "stop",
                    tuple(run for run in versions if run[0] < len(token_ids)),
                )
            )
        return turns

    def _forget(self, name: str) -> None:
        from granite_rl.actors.sampler import SAMPLING_STATES

        SAMPLING_STATES.pop(name, None)


@dataclass
class _Sample:
    """A sample that the engine works on."""

    request: GenerationRequest
    index: int
    state: SamplingState | None
    """None: greedy."""
    version: int
    """Weights it began with."""


def model_directory(path: Path) -> str:
    """Return a checkpoint's path as vLLM wants it: absolute, so never taken for a hub id."""
    return str(path.resolve())
