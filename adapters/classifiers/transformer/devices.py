"""The device and the precision of a training."""

from pathlib import Path

from adapters.classifiers.transformer.options import TransformerOptions

_FAST_BFLOAT16 = ("avx512_bf16", "amx_bf16")


def describe_device() -> str:
    """Returns the Keras backend and its device, for a log line."""
    import keras

    backend = keras.backend.backend()
    return f"{backend} on {_accelerator(backend) or 'CPU'}"


def dtype_policy(options: TransformerOptions) -> str:
    """Returns Keras' policy for the encoder. It is mixed precision if that is faster on the device."""
    if options.precision == "auto":
        return "mixed_bfloat16" if _has_fast_bfloat16() else "float32"
    return "float32" if options.precision == "float32" else f"mixed_{options.precision}"


def _has_fast_bfloat16() -> bool:
    import keras

    backend = keras.backend.backend()
    accelerator = _accelerator(backend)
    if accelerator is not None:
        return accelerator.startswith("CUDA")
    # On a CPU, JAX gains only 7 %, TensorFlow 35 % and torch 70 % (measured).
    return backend in ("tensorflow", "torch") and any(flag in _processor_flags() for flag in _FAST_BFLOAT16)


def _accelerator(backend: str) -> str | None:
    if backend == "torch":
        return _torch_accelerator()
    if backend == "tensorflow":
        import tensorflow

        return "CUDA" if tensorflow.config.list_physical_devices("GPU") else None
    import jax

    kind = jax.default_backend()
    return None if kind == "cpu" else {"gpu": "CUDA"}.get(kind, kind)


def _torch_accelerator() -> str | None:
    import torch

    if torch.cuda.is_available():
        return f"CUDA ({torch.cuda.get_device_name()})"
    return "Apple MPS" if torch.backends.mps.is_available() else None


def _processor_flags() -> str:
    """Returns the flags of the first processor on Linux, else an empty text."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return ""
    return next((line for line in text.splitlines() if line.startswith("flags")), "")
