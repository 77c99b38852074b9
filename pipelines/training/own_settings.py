"""Which settings of a recipe may be asked for where everyone asks, and within which bounds.

On a command line ``--set`` takes any; a server is asked by anyone, and a network that fills its
memory would take the studio with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.errors import ControlError, outside

__all__ = ["named", "settings", "usual", "written"]

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "learning_rate": (1e-6, 0.1),
    "batch_size": (1, 256),
    "z_dim": (2, 256),
    "width": (2, 128),
}
_WHOLE = frozenset({"batch_size", "z_dim", "width"})
_OF: Mapping[str, tuple[str, ...]] = {
    "morphs": ("learning_rate", "batch_size", "z_dim"),
    "paintings": ("learning_rate", "batch_size"),
    "patterns": ("learning_rate", "batch_size"),
    "small": ("learning_rate", "batch_size", "z_dim", "width"),
}


def named(makes: str) -> tuple[str, ...]:
    """Names of the settings that a kind of model has.

    >>> named("patterns")
    ('learning_rate', 'batch_size')
    """
    return _OF[makes]


def settings(makes: str, given: Mapping[str, float]) -> tuple[str, ...]:
    """What was asked for as ``NAME=VALUE``.

    Raises:
        ControlError: For a setting that is unknown, out of range, or not whole where it must be.

    >>> settings("small", {"width": 8, "learning_rate": 1e-3})
    ('width=8', 'learning_rate=0.001')
    """
    for name, value in given.items():
        if name not in _OF[makes]:
            raise ControlError(
                "unknown_control",
                name=name,
                rule="not a setting of this training",
                remedy=f"use {', '.join(_OF[makes])}",
            )
        low, high = _BOUNDS[name]
        if not low <= value <= high or (name in _WHOLE and value != int(value)):
            raise outside(name, value, low, high)
    return written(given)


def written(given: Mapping[str, float]) -> tuple[str, ...]:
    """Settings as ``NAME=VALUE``.

    >>> written({"width": 8.0, "learning_rate": 1e-3})
    ('width=8', 'learning_rate=0.001')
    """
    return tuple(
        f"{name}={int(value) if name in _WHOLE else value:g}" for name, value in given.items()
    )


def usual(makes: str) -> dict[str, float]:
    """The recipe's own settings, those that `named` names.

    >>> usual("paintings")
    {'learning_rate': 0.002, 'batch_size': 32}
    """
    from pipelines.training.dcgan import DCGANRecipe
    from pipelines.training.pattern import PatternRecipe
    from pipelines.training.style_gan_recipe import StyleGanRecipe
    from pipelines.training.vae import VAERecipe

    recipes = {
        "morphs": VAERecipe,
        "paintings": StyleGanRecipe,
        "patterns": PatternRecipe,
        "small": DCGANRecipe,
    }
    recipe = recipes[makes]()
    return {name: getattr(recipe, name) for name in named(makes)}
