"""When a moving hand is shown what stands in: where frames are slow, and until it rests."""

import pytest

from pipelines.pace import LOOK, REST, SLOW, Pace

QUICK, LATE = SLOW / 2, 2 * SLOW


class Hand:
    """Asks for frames, one after the other, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pace = Pace(lambda: self.now)

    def moves(self, *spent: float) -> list[bool]:
        """Whether each frame was drafted; a drafted one takes no time to speak of."""
        found = []
        for seconds in spent:
            frame = self.pace.begin()
            frame.spent = seconds
            self.now += 1 / 60
            found.append(frame.draft)
        return found


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_quick_frames_are_the_real_thing(hand: Hand) -> None:
    assert not any(hand.moves(*[QUICK] * 50))


def test_slow_frames_are_stood_in_for_until_the_hand_rests(hand: Hand) -> None:
    assert hand.moves(*[LATE] * (LOOK + 20)) == [False] * LOOK + [True] * 20
    hand.now += REST
    assert hand.moves(*[LATE] * 20) == [False] + [True] * 19, "one is tried, and is slow still"
    hand.now += REST
    assert not any(hand.moves(*[QUICK] * 20)), "one is tried, and is quick now"
    assert hand.moves(*[LATE] * (LOOK + 1))[-1]


def test_one_late_frame_is_forgiven(hand: Hand) -> None:
    assert not any(hand.moves(*[QUICK, QUICK, LATE, QUICK, QUICK, LATE] * 9))


def test_a_short_pause_is_no_rest(hand: Hand) -> None:
    hand.moves(*[LATE] * LOOK)
    hand.now += REST / 2
    assert all(hand.moves(*[LATE] * 5))


def test_frames_on_their_way_say_nothing(hand: Hand) -> None:
    """Several hands: a frame begins before the one before it is painted."""
    assert not any(hand.moves(*[0.0] * 50))
    hand.moves(*[LATE] * LOOK)
    hand.now += REST
    assert hand.moves(0.0, 0.0, LATE, LATE) == [False, False, False, True]
