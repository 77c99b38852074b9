"""The errors of the machine: each carries a code and values, never a finished sentence.

The studio holds one sentence per code and language; English is also what ``str`` gives, so that a
script or a log reads well without a catalogue of messages.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ControlError",
    "DuetError",
    "ExportError",
    "LatentError",
    "PipelineError",
    "RequestError",
    "TrainingError",
    "WeightsError",
    "no_model",
    "outside",
    "shorten",
    "unfit",
]


class DuetError(Exception):
    """Something a person can act on.

    Args:
        code: Key of the sentence in the locale files, such as ``out_of_range``.
        name: What is at fault: a control, a field, a file.
        value: The value that was refused, shortened for reading.
        rule: What would be accepted, such as ``outside [0, 1.5]``.
        remedy: What to do, in the imperative, such as ``lower it``.
        details: Further values for the sentences of other languages, such as the bounds.
    """

    def __init__(
        self,
        code: str,
        *,
        name: str,
        value: object = "",
        rule: str = "",
        remedy: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.name = name
        self.value = shorten(value)
        self.rule = rule
        self.remedy = remedy
        self.details = dict(details or {})
        super().__init__(str(self))

    def __str__(self) -> str:
        """English: ``name=value is rule; remedy``."""
        subject = f"{self.name}={self.value}" if self.value else self.name
        head = f"{subject} is {self.rule}" if self.rule else subject
        return f"{head}; {self.remedy}" if self.remedy else head

    def as_dict(self) -> dict[str, str]:
        """The parts, as the live channel and the HTTP routes send them."""
        return {
            "code": self.code,
            "name": self.name,
            "value": self.value,
            "rule": self.rule,
            "remedy": self.remedy,
            **self.details,
        }


class PipelineError(DuetError):
    """Raised by ``pipelines``; the base of the errors below."""


class ControlError(PipelineError):
    """A control has a value it does not accept, or does not exist."""


class LatentError(PipelineError):
    """A latent, a direction or a point has the wrong shape or is not finite."""


class WeightsError(PipelineError):
    """Weights are missing, damaged, of another architecture or another version."""


class RequestError(PipelineError):
    """A recipe cannot be read: wrong schema, unknown field, wrong type."""


class TrainingError(PipelineError):
    """A training cannot start, go on or be written down."""


class ExportError(PipelineError):
    """A file cannot be written, or holds no recipe, or is damaged or hostile."""


def outside(name: str, value: float, minimum: float, maximum: float) -> ControlError:
    """The error for a number outside ``[minimum, maximum]``.

    >>> str(outside("guidance_scale", 40, 0, 30))
    'guidance_scale=40 is outside [0, 30]; lower it'
    """
    return ControlError(
        "out_of_range",
        name=name,
        value=value,
        rule=f"outside [{minimum:g}, {maximum:g}]",
        remedy="lower it" if value > maximum else "raise it",
        details={"minimum": f"{minimum:g}", "maximum": f"{maximum:g}"},
    )


def no_model(name: str) -> WeightsError:
    """The error for a model that is not here, or that whoever asks may not see.

    >>> no_model("moon").code
    'no_model'
    """
    return WeightsError(
        "no_model",
        name="model",
        value=name,
        rule="not a model that is here",
        remedy="choose one from the Models page",
    )


def unfit(name: str, error: Exception) -> WeightsError:
    """The error for a model called ``name`` whose files ``error`` says cannot be used together.

    >>> unfit("pomona", KeyError()).rule
    'damaged or not of its configuration (KeyError)'
    """
    return WeightsError(
        "bad_weights",
        name="weights",
        value=name,
        rule=f"damaged or not of its configuration ({type(error).__name__})",
        remedy="get the model again",
    )


def shorten(value: object, limit: int = 80) -> str:
    """A value as text of at most ``limit`` characters, for messages.

    >>> shorten("x" * 100, limit=5)
    'xxxx…'
    """
    text = value if isinstance(value, str) else repr(value)
    text = text if value != "" else ""
    return text if len(text) <= limit else text[: limit - 1] + "…"
