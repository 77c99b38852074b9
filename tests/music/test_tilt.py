"""The pull of attributes on the next token: what it asks for is what is written."""

import numpy as np
import pytest

from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import FIRST, HOLD, LOWEST, METRES, NUM_TOKENS
from pipelines.music.tilt import Context, tilts

STRENGTHS = METRES["4/4"].strengths


def drawn(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.Generator(np.random.Philox(seed))
    tokens = rng.integers(FIRST + 10, FIRST + 30, (count, 32))
    tokens[rng.random(tokens.shape) < 0.5] = HOLD
    return tokens


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_pull_by_an_attribute_writes_more_of_it(name):
    """Random choices, tipped by one attribute alone."""
    at, rng = ATTRIBUTES.index(name), np.random.Generator(np.random.Philox(3))
    noise = rng.gumbel(size=(400, 32, NUM_TOKENS)).astype(np.float32)
    noise[..., FIRST : FIRST + 14] -= 50  # two octaves and a half are enough
    noise[..., HOLD] += 3
    found = []
    for pull in (-1.0, 0.0, 1.0):
        context, written = Context.empty(400), []
        for t in range(32):
            strength = float(STRENGTHS[t % 16])
            logits = pull * context.features(strength)[:, at] + noise[:, t]
            written.append(logits.argmax(axis=1))
            context = context.after(written[-1], strength)
        found.append(measure(np.stack(written, axis=1), "4/4")[name].mean())
    assert found[0] < found[1] < found[2], found


def test_features_hear_what_came_before_and_nothing_after():
    tokens = drawn(20)
    whole = tilts(tokens, STRENGTHS)
    assert whole.shape == (20, 32, len(ATTRIBUTES), NUM_TOKENS)
    changed = tokens.copy()
    changed[:, 20:] = FIRST + 5
    again = tilts(changed, STRENGTHS)
    np.testing.assert_array_equal(whole[:, :21], again[:, :21])
    assert (whole[:, 21:] != again[:, 21:]).any()


def test_turns_leaps_and_held_notes_are_told_by_the_line():
    up = [FIRST + 20, HOLD, FIRST + 24, HOLD]  # four semitones up; then the third quarter
    found = tilts(np.array([up + [HOLD] * 28]), STRENGTHS)[0]
    calm, leaps = (found[:, ATTRIBUTES.index(one)] for one in ("calm", "leaps"))
    last = LOWEST + 24
    for pitch in range(LOWEST, LOWEST + 46):
        token = FIRST + pitch - LOWEST
        assert calm[4, token] == (-2.0 if pitch < last else 0.0)
        assert leaps[4, token] == pytest.approx(np.log2(1 + abs(pitch - last)) / 2)
    off = found[:, ATTRIBUTES.index("syncopation")]
    assert off[3, HOLD] == 0, "held over a weaker step"
    assert off[8, HOLD] == STRENGTHS[8] - STRENGTHS[2], "held over a stronger one"
    assert (found[0, ATTRIBUTES.index("leaps")] == 0).all(), "nothing was heard yet"
