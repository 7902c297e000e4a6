"""AdamW with a learning rate per layer (Loshchilov and Hutter 2019, layer-wise decay as in Howard and Ruder 2018)."""

from typing import Any

import keras
from keras import ops

from adapters.classifiers.transformer.options import TransformerOptions

_UNDECAYED = ["bias", "gamma", "beta", "norm"]


@keras.saving.register_keras_serializable("arxiv_classifier")
class LayerwiseAdamW(keras.optimizers.AdamW):  # type: ignore[misc]  # Keras ships no types
    """AdamW whose rate for a variable is the schedule's times the multiplier of its layer.

    `multipliers` maps layer names to factors. The factor of any other layer is 1.
    """

    def __init__(self, learning_rate: Any = 1e-3, multipliers: dict[str, float] | None = None, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.multipliers = dict(multipliers or {})
        self.exclude_from_weight_decay(var_names=_UNDECAYED)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Changes every variable by AdamW's step times the variable's factor.

        The torch backend bypasses `update_step`, so this method is overridden. The copies take 1 % of a step on a CPU.
        """
        # JAX passes no variables. Then Keras uses those of `build`, which have no public name.
        variables = list(self._trainable_variables if trainable_variables is None else trainable_variables)
        factors = [self.multiplier(variable.path) for variable in variables]
        before = [ops.copy(v) if f != 1.0 else None for v, f in zip(variables, factors, strict=True)]
        super().apply(grads, trainable_variables)
        for variable, factor, old in zip(variables, factors, before, strict=True):
            if old is not None:
                variable.assign(old + factor * (variable - old))

    def multiplier(self, path: str) -> float:
        """Returns the factor for the variable at that path."""
        parts = path.split("/")
        return next((factor for name, factor in self.multipliers.items() if name in parts), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments from which Keras rebuilds the optimiser."""
        return {**super().get_config(), "multipliers": self.multipliers}


def optimiser(options: TransformerOptions, blocks: int, steps: int) -> LayerwiseAdamW:
    """Returns an optimiser whose rate rises during the warm-up, then falls along a cosine to 0."""
    warm_up = max(1, round(steps * options.warm_up))
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=options.learning_rate / warm_up,
        decay_steps=max(1, steps - warm_up),
        warmup_target=options.learning_rate,
        warmup_steps=warm_up,
    )
    return LayerwiseAdamW(
        rate,
        multipliers(options, blocks),
        weight_decay=options.weight_decay,
        global_clipnorm=options.clip_norm,
        beta_2=0.98,
    )


def multipliers(options: TransformerOptions, blocks: int) -> dict[str, float]:
    """Returns the factor of each layer's rate: 1 for the highest block, `layer_decay` times less for each one below."""
    head = options.head_learning_rate / options.learning_rate
    factors = {f"block_{n}": options.layer_decay ** (blocks - 1 - n) for n in range(blocks)}
    factors |= {"embeddings": options.layer_decay**blocks, "pooler": 1.0}
    return factors | {"head_hidden": head, "logits": head}
