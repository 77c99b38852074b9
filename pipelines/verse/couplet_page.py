"""A couplet that is being written: what stands there, and where the next word comes."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.verse.couplet_words import END, PAD

__all__ = ["Page"]


@dataclass
class Page:
    """One couplet that is being written.

    Attributes:
        tokens: What stands there.
        line: 0 or 1.
        place: Tokens of the line.
        syllables: Of the line.
        words: Of the line.
        first: Syllables of the first line, once it is written.
        answer: Its last word.
        last: The last word of the line.
        recent: The last few of its words.
        mood: Of its words, the sum; see `pipelines.verse.couplet_tilt`.
    """

    tokens: list[int] = field(default_factory=list)
    line: int = 0
    place: int = 0
    syllables: int = 0
    words: int = 0
    first: int = 0
    answer: int = PAD
    last: int = PAD
    recent: list[int] = field(default_factory=list)
    mood: float = 0.0

    @property
    def done(self) -> bool:
        """Whether both lines are written."""
        return bool(self.tokens) and self.tokens[-1] == END
