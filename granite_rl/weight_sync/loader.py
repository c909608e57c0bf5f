"""Loads a bucket's tensors into the weights that vLLM's kernels use.

vLLM's own way (`LayerwiseLoader`) works everywhere: each layer is rebuilt in its loadable form in
fresh memory, filled, processed for its kernel and copied back. On CPU that is three copies and
three times the page faults of what is needed, so `InPlaceLoader` does less, with the same kernels:

- A linear layer's kernel keeps a packed copy and drops the plain weight. The packed copy is made
  straight from the bucket; stacked matrices (query, key, value; gate, up) lie there side by side
  and are packed as one. Only where they don't (a bucket ends in between, another dtype, tensor
  parallelism) are they put together in scratch memory first.
- Everything else (embeddings, norms, layers without a packed kernel) is written where it is.
- The embedding's own packed copy is dropped: it serves only tied heads, which our engines don't
  have, and nothing would keep it up to date.
- Packed copies are allocated anew at each update, by vLLM's interface. `keep_freed_memory` lets the
  next layer have the last one's pages, instead of faulting in as many as the model has.

Unlike vLLM's loader it fails an update that lacks a parameter, and after a failed update it begins
from nothing.
"""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from vllm.model_executor.layers.linear import UnquantizedLinearMethod
from vllm.model_executor.layers.vocab_parallel_embedding import (
    ParallelLMHead,
    UnquantizedEmbeddingMethod,
)
from vllm.model_executor.model_loader.reload import (
    finalize_layerwise_reload,
    initialize_layerwise_reload,
)
from vllm.model_executor.model_loader.reload.layerwise import (
    _place_kernel_tensors,
    get_layerwise_info,
)
from vllm.model_executor.model_loader.reload.meta import get_numel_loaded, materialize_meta_tensor
from vllm.model_executor.model_loader.reload.sanitize import restore_layer_refs
from vllm.model_executor.model_loader.weight_utils import default_weight_loader
from vllm.platforms import current_platform

from granite_rl.weight_sync.bucket import BucketError, Entry

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_STACK_ORDER = {"q": 0, "k": 1, "v": 2}


class Loader(Protocol):
    """Loads one update of the weights into vLLM's model."""

    def begin(self) -> None:
        """Start an update, whether or not the one before succeeded."""

    def load(self, tensors: Iterable[tuple[str, Tensor]]) -> None:
        """Load some of the weights; their memory may be overwritten after the next call."""

    def finish(self) -> None:
        """Make the model servable once all weights are loaded."""


def create_loader(model: nn.Module, model_config: Any, tensor_parallel: int) -> Loader:
    """Choose the in-place loader where it knows every layer, else vLLM's layer-wise one."""
    if current_platform.is_cpu() and all(_known(module) for module in model.modules()):
        return InPlaceLoader(model, tensor_parallel)
    return LayerwiseLoader(model, model_config)


class LayerwiseLoader:
    """Loads an update with vLLM's layer-wise reload."""

    def __init__(self, model: nn.Module, model_config: Any) -> None:
        self._model = model
        self._model_config = model_config

    def begin(self) -> None:
        """Bring the layers into their loadable form, those of an abandoned update included."""
        for module in self._model.modules():
            info = get_layerwise_info(module)
            if info.can_load():
                # Otherwise its tensors of the abandoned update would count towards this one.
                _place_kernel_tensors(module, info)
                info.reset()
        initialize_layerwise_reload(self._model)

    def load(self, tensors: Iterable[tuple[str, Tensor]]) -> None:
        """Load the tensors; what vLLM holds back until its layer is complete is copied out of the
        bucket."""
        self._model.load_weights(tensors)  # type: ignore[operator]
        for module in self._model.modules():
            for _, bound in get_layerwise_info(module).loaded_weights:
                for name, value in bound.arguments.items():
                    if name != "param" and isinstance(value, Tensor):
                        shard = getattr(value, "shard_id", None)
                        bound.arguments[name] = value.clone()
                        if shard is not None:
                            bound.arguments[name].shard_id = shard

    def finish(self) -> None:
        """Process the layers that vLLM has not processed yet."""
        finalize_layerwise_reload(self._model, self._model_config)


class InPlaceLoader:
    """Packs linear layers from the bucket and writes the rest in place; for CPU and unquantized
    layers without bias.

    Args:
        model: vLLM's model, loaded once.
        tensor_parallel: workers that share the model.
    """

    def __init__(self, model: nn.Module, tensor_parallel: int) -> None:
        self._model = model
        self._layers: list[_Layer] = []
        for name, module in model.named_modules():
            for parameter_name, parameter in module.named_parameters(recurse=False):
                full_name = f"{name}.{parameter_name}"
                if parameter.numel() == 0:
                    self._layers.append(_PackedLayer(full_name, module, tensor_parallel > 1))
                else:
                    self._layers.append(_PlainLayer(full_name, module, parameter))
            if _is_embedding(module) and not isinstance(module, ParallelLMHead):
                module.cpu_linear = _no_kernel
        keep_freed_memory()

    def begin(self) -> None:
        """Start an update in which every parameter must arrive."""
        for layer in self._layers:
            layer.begin()

    def load(self, tensors: Iterable[tuple[str, Tensor]]) -> None:
        """Let the model's own loader find each tensor's layer, which takes it in."""
        self._model.load_weights(tensors)  # type: ignore[operator]
        for layer in self._layers:
            layer.release()

    def finish(self) -> None:
        """Check that every parameter has arrived, and finish each layer.

        Raises:
            BucketError: some have not; the model is unusable.
        """
        missing = [layer.name for layer in self._layers if not layer.complete]
        if missing:
            raise BucketError(f"the update did not bring {', '.join(missing[:5])}")
        for layer in self._layers:
            layer.finish()


class _Layer:
    """Tracks how much of one parameter of one module an update has loaded."""

    def __init__(self, name: str, module: nn.Module) -> None:
        self.name = name
        self.module = module
        self.total = 0
        self.loaded = 0

    @property
    def complete(self) -> bool:
        return self.loaded == self.total

    def begin(self) -> None:
        self.loaded = 0

    def release(self) -> None:
        """Copy what is still needed of the bucket's memory, which is about to be overwritten."""

    def finish(self) -> None:
        """Clean up after the update."""


class _PlainLayer(_Layer):
    """Loads a parameter that its kernel uses as it is, or packs beside it (heads)."""

    def __init__(self, name: str, module: nn.Module, parameter: nn.Parameter) -> None:
        super().__init__(name, module)
        self.total = parameter.numel()
        loader = getattr(parameter, "weight_loader", None)
        if loader is None:
            loader = default_weight_loader
        parameter.weight_loader = self._load  # type: ignore[attr-defined]
        self._loader = loader

    def _load(self, param: nn.Parameter, loaded_weight: Tensor, *args: Any) -> None:
        arguments = inspect.signature(self._loader).bind(param, loaded_weight, *args)
        self.loaded += get_numel_loaded(self._loader, arguments)[0]
        if _is_embedding(self.module):
            self.loaded = self.total  # the rows that fill up the vocabulary are zero
            if isinstance(self.module, ParallelLMHead):
                _drop_kernel(self.module)
                self.module.quant_method.process_weights_after_loading(self.module)


class _PackedLayer(_Layer):
    """Loads a linear layer whose plain weight is gone: gathers its parts and packs them as one."""

    def __init__(self, name: str, module: nn.Module, sharded: bool) -> None:
        super().__init__(name, module)
        self._sharded = sharded
        self._parts: list[tuple[Tensor, tuple[Any, ...]]] = []
        self._scratch: Tensor | None = None
        meta = get_layerwise_info(module).restore_metadata[0]["weight"]
        self._meta = restore_layer_refs(meta, module)
        self._loader = self._meta.weight_loader
        self.total = self._meta.numel()

    def begin(self) -> None:
        super().begin()
        self._parts, self._scratch = [], None
        # vLLM's kernels leave an empty parameter behind; load_weights must find it.
        self.module.weight = nn.Parameter(torch.empty(0), requires_grad=False)
        self.module.weight.weight_loader = self._load  # type: ignore[attr-defined]

    def _load(self, param: nn.Parameter, loaded_weight: Tensor, *args: Any) -> None:
        self._parts.append((loaded_weight, args))
        if self._sharded:
            self.release()  # only its loader knows which part of it this worker has
        else:
            self.loaded += loaded_weight.numel()
        if self.complete:
            self._pack()

    def release(self) -> None:
        """Copy what still lies in the bucket into scratch memory."""
        if not self._parts:
            return
        if self._scratch is None:
            self._scratch = materialize_meta_tensor(self._meta)
            # With rows padded as in a bucket, for the same speed.
            entry = Entry.of(self.name, self._meta, 0)
            self._scratch.data = entry.view(torch.empty(entry.size, dtype=torch.uint8))
        for part, args in self._parts:
            arguments = inspect.signature(self._loader).bind(self._scratch, part, *args)
            copied = get_numel_loaded(self._loader, arguments)[0]
            self.loaded += copied if self._sharded else 0
        self._parts = []

    def _pack(self) -> None:
        whole = None if self._scratch is not None else self._side_by_side()
        if whole is None:
            self.release()
            whole = self._scratch
        assert whole is not None
        self._parts, self._scratch = [], None
        _drop_kernel(self.module)
        self.module.weight = nn.Parameter(whole.data, requires_grad=False)
        self.module.quant_method.process_weights_after_loading(self.module)  # type: ignore[union-attr,operator]
        if self.module.weight.numel():
            raise RuntimeError(f"{self.name}: vLLM did not pack the layer, as it did at the start")

    def _side_by_side(self) -> Tensor | None:
        """Return the parts as one matrix without a copy, if they lie in order in one piece."""
        parts = [part for part, _ in sorted(self._parts, key=_stack_position)]
        first, begin = parts[0], parts[0].data_ptr()
        for part in parts:
            if part.data_ptr() != begin or part.dtype != self._meta.dtype or part.dim() != 2:
                return None
            begin += part.shape[0] * first.stride(0) * first.itemsize
        return first.as_strided(self._meta.shape, first.stride())


def _stack_position(part: tuple[Tensor, tuple[Any, ...]]) -> int:
    tensor, args = part
    shard = args[0] if args else getattr(tensor, "shard_id", 0)
    return _STACK_ORDER[shard] if isinstance(shard, str) else int(shard)


def _known(module: nn.Module) -> bool:
    """Return whether `InPlaceLoader` can load all of a module's own parameters."""
    names = [name for name, _ in module.named_parameters(recurse=False)]
    method = getattr(module, "quant_method", None)
    if not names or method is None:
        return True
    if type(method) is UnquantizedLinearMethod:
        return names == ["weight"]
    # A bias may be part of what a kernel packs.
    return type(method) is UnquantizedEmbeddingMethod and names == ["weight"]


def _is_embedding(module: nn.Module) -> bool:
    return type(getattr(module, "quant_method", None)) is UnquantizedEmbeddingMethod


def _drop_kernel(module: nn.Module) -> None:
    """Free a packed copy before its successor is made, so that a large head is never held twice."""
    module.cpu_linear = None  # type: ignore[assignment]


def _no_kernel(*_: Any) -> Tensor:
    raise RuntimeError("an embedding does not multiply; the head of a tied model is sent by itself")


def keep_freed_memory() -> None:
    """Have the C library reuse freed memory of any size instead of returning it to the system.

    By default glibc maps large blocks anew each time, and touching a fresh page costs more than
    filling it. Nothing happens where the C library has no ``mallopt``.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
