"""A score as a picture: a piano roll, time to the right, pitch upwards.

It is what stands for a tune wherever pictures are shown. Lines mark bars and every C; a track has
an ink of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.scores import bar_of, end_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from symusic.core import ScoreTick

__all__ = ["MARGIN", "place_of", "roll_of"]

SIDE = 512
PAPER, LINE, FAINT = (250, 246, 238), (205, 196, 180), (232, 225, 212)
INKS = ((38, 74, 140), (150, 60, 40), (60, 110, 70), (110, 80, 130))
MARGIN = 0.08
"""Share of the side that stays free all around."""
FEWEST = 24
"""Semitones that are shown at least."""
OCTAVE = 12


def place_of(share: float, side: int = SIDE) -> float:
    """Where on a roll of whole bars a share of its time is, pixels from the left edge."""
    return side * (MARGIN + share * (1 - 2 * MARGIN))


def roll_of(score: ScoreTick, side: int = SIDE) -> Image:
    """Draw a score on a square of ``side`` pixels.

    Args:
        score: Notes in ticks.
        side: Width and height, pixels.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (side, side), PAPER)
    notes = [(note, number) for number, track in enumerate(score.tracks) for note in track.notes]
    if not notes:
        return image
    draw, edge = ImageDraw.Draw(image), MARGIN * side
    low = min(note.pitch for note, _ in notes)
    high = max(note.pitch for note, _ in notes)
    spare = max(0, FEWEST - (high - low + 1))
    low, high = low - spare // 2, high + spare - spare // 2
    bar = bar_of(score)
    bars = max(1, -(-end_of(score) // bar))
    across = (side - 2 * edge) / (bars * bar)
    up = (side - 2 * edge) / (high - low + 1)

    def y(pitch: float) -> float:
        return float(side - edge - (pitch - low) * up)

    for pitch in range(low, high + 1):
        if pitch % OCTAVE == 0:
            draw.line((edge, y(pitch), side - edge, y(pitch)), FAINT, 1)
    for number in range(bars + 1):
        x = edge + number * bar * across
        draw.line((x, edge, x, side - edge), LINE, 1)
    for note, number in notes:
        left, right = edge + note.start * across, edge + note.end * across - 1
        box = (left, y(note.pitch + 1) + 1, max(left + 1, right), y(note.pitch) - 1)
        draw.rounded_rectangle(box, min(3, up / 3), INKS[number % len(INKS)])
    return image
