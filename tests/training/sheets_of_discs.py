"""Discs of paint on paper, which captions can be told of."""

import numpy as np
from PIL import Image, ImageDraw

PAPER = (244, 236, 216)
RED, YELLOW, GREEN, FLESH = (180, 30, 25), (225, 190, 40), (70, 120, 40), (240, 225, 180)


def sheet(*discs: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> np.ndarray:
    made = Image.new("RGB", (128, 128), PAPER)
    for box, colour in discs:
        ImageDraw.Draw(made).ellipse(box, fill=colour, outline=(90, 60, 30))
    return np.asarray(made)
