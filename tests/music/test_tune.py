"""Dance tunes as an instrument: exact in what was asked, kept bars stay, and what is refused."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from pipelines.controls import Choice, Slider
from pipelines.errors import ControlError
from pipelines.explore import another, breed, morph, nearby
from pipelines.music.grid import FIRST, HOLD, KEYS, LOWEST, METRES, Note, tokens_of, transposition
from pipelines.music.keeping import kept_text
from pipelines.music.tune_decoding import Fiddler
from pipelines.music.tune_grid import (
    BEYOND,
    DANCES,
    LOOKS,
    MOST_BARS,
    NOTHING,
    bars_of,
    event,
    events_of,
    look,
    symbol_of,
)
from pipelines.music.tune_writing import SHAPE
from pipelines.music.writing import STEP, sharps
from pipelines.networks.tune_files import load_tune
from pipelines.run import Interrupted
from pipelines.scores import end_of
from pipelines.sound import PROGRAMS
from pipelines.training.tune import padded
from pipelines.training.tune_data import Part, read
from pipelines.training.tune_data import Tune as RealTune


def tokens_in(score, values):
    """What a score says, in C on the grid, shape [bars, steps of a bar]."""
    shift = transposition(KEYS.index(values["key"]))
    steps = METRES[DANCES[values["dance"]]].steps
    notes = [
        Note(one.time // STEP, one.duration // STEP, one.pitch - shift)
        for one in score.tracks[0].notes
    ]
    return tokens_of(notes, end_of(score) // STEP).reshape(-1, steps)


def check(instrument, request):
    """Everything that a score has to obey; returns its tokens."""
    values, score = instrument.values(request), instrument.render(request).data
    metre, bars = METRES[DANCES[values["dance"]]], int(values["num_bars"])
    assert end_of(score) == bars * metre.steps * STEP
    assert score.tempos[0].mspq == round(60e6 / values["tempo"])
    (signature,) = score.time_signatures
    assert (signature.numerator, signature.denominator) == (metre.beats, metre.unit)
    (key,) = score.key_signatures
    minor = int(values["mode"] in ("minor", "dorian"))
    assert (key.key, key.tonality) == (sharps(values["key"], values["mode"]), minor)
    (track,) = score.tracks
    assert track.program == PROGRAMS[values["instrument"]]
    notes = sorted(track.notes, key=lambda one: one.time)
    ends = [0, *(one.time + one.duration for one in notes)]
    for note, before in zip(notes, ends, strict=False):
        assert note.time >= before, "one note at a time"
        assert note.duration > 0
        assert note.time % STEP == note.duration % STEP == 0
    assert ends[-1] <= end_of(score)
    if values["cadence"] == "tonic" and not values["kept_notes"]:
        assert ends[-1] == end_of(score)
        assert (notes[-1].pitch - KEYS.index(values["key"])) % 12 == 0, "ends on the keynote"
        assert notes[-1].duration >= 4 * STEP, "which is a quarter at least"
        assert abs(notes[-1].pitch - notes[-2].pitch) <= 12, "and near"
    return tokens_in(score, values)


def test_every_control_is_obeyed_at_both_bounds(tiny_fiddler):
    for control in tiny_fiddler.controls:
        ends = ()
        if isinstance(control, Slider):
            ends = (control.minimum, control.maximum)
        elif isinstance(control, Choice):
            ends = control.options
        for value in ends:
            check(tiny_fiddler, tiny_fiddler.request(seed=3, **{control.name: value}))


@pytest.mark.parametrize("seed", range(8))
def test_recipes_of_random_values_are_exact(tiny_fiddler, seed):
    drawn = np.random.Generator(np.random.Philox(seed))
    values = {
        one.name: str(drawn.choice(one.options))
        for one in tiny_fiddler.controls
        if isinstance(one, Choice)
    }
    tempo = int(drawn.integers(30, 240))
    check(tiny_fiddler, tiny_fiddler.request(seed=seed, tempo=tempo, **values))


def test_lengths_add_up_in_every_bar(tiny_fiddler):
    for seed, dance in enumerate(DANCES):
        values = tiny_fiddler.values(tiny_fiddler.request(seed=seed, dance=dance))
        noise = tiny_fiddler.pipeline.place(tiny_fiddler.request(seed=seed)).reshape(SHAPE)
        grown = list(tiny_fiddler.pipeline.write(values, noise))
        steps = METRES[DANCES[dance]].steps
        assert [len(one) for one in grown] == [steps * (1 + i) for i in range(MOST_BARS)]
        for before, after in pairwise(grown):
            assert np.array_equal(after[: len(before)], before), "what was written stays"


def test_without_accidentals_every_note_is_in_the_scale(tiny_fiddler):
    from pipelines.music.grid import SCALES

    outside = 0
    for seed, mode in enumerate(SCALES):
        for accidentals in ("none", "free"):
            request = tiny_fiddler.request(seed=seed, mode=mode, accidentals=accidentals)
            tokens = check(tiny_fiddler, request)
            pitches = (tokens[tokens >= FIRST] - FIRST + LOWEST) % 12
            if accidentals == "none":
                assert np.isin(pitches, SCALES[mode]).all()
            else:
                outside += int((~np.isin(pitches, SCALES[mode])).sum())
    assert outside > 0


def test_temperature_top_p_and_top_k_narrow_what_is_drawn(tiny_fiddler):
    def prints(**values):
        requests = (tiny_fiddler.request(seed=s, num_bars="8", **values) for s in range(4))
        return len({tiny_fiddler.render(one).fingerprint for one in requests})

    assert prints() == 4
    assert prints(temperature=0.0) == 1, "the likeliest tune is one, whatever the noise"
    assert prints(top_k=1) == 1


def test_a_shorter_tune_is_counted_to_its_own_end(tiny_fiddler):
    long, short = (
        check(tiny_fiddler, tiny_fiddler.request(seed=5, num_bars=bars)) for bars in ("16", "8")
    )
    assert not np.array_equal(long[:8], short)


def test_kept_bars_stay_and_the_others_are_drawn_again(tiny_fiddler):
    base = tiny_fiddler.request(seed=4)
    before = check(tiny_fiddler, base)
    drawn = np.random.Generator(np.random.Philox(1))
    for seed in (5, 6, 7):
        kept = drawn.random(MOST_BARS) < 0.5
        text = kept_text(before.reshape(-1), "6/8", list(kept))
        after = check(tiny_fiddler, tiny_fiddler.change(base, seed=seed, kept_notes=text))
        starts = kept.copy()
        assert np.array_equal(after[starts][:, 1:], before[starts][:, 1:])
        assert not np.array_equal(after[~kept], before[~kept])


def test_a_kept_note_is_not_made_longer(tiny_fiddler):
    kept = " | ".join(["*", "C5:12"] * 8)
    for seed in range(40):
        tokens = check(tiny_fiddler, tiny_fiddler.request(seed=seed, kept_notes=kept))
        assert (tokens[2::2, 0] != HOLD).all()


def test_what_is_given_ahead_is_heard_by_the_bar_before(tiny_fiddler):
    """The first note of a bar that stays is told to the bar before it."""
    seen = set()
    for pitch in ("C4", "G4", "C5", "G5", "C6", "G6"):
        request = tiny_fiddler.request(seed=2, kept_notes=f"* | * | {pitch}:12 | *")
        tokens = check(tiny_fiddler, request)
        seen.add(tokens[1].tobytes())
        assert np.array_equal(tokens[2, 1:], np.full(11, HOLD))
    assert len(seen) > 1


def test_kept_as_a_whole_it_is_itself(tiny_fiddler):
    base = tiny_fiddler.request(seed=4, dance="reel")
    text = kept_text(check(tiny_fiddler, base).reshape(-1), "4/4", [True] * MOST_BARS)
    again = tiny_fiddler.change(base, seed=11, temperature=1.5, kept_notes=text)
    assert tiny_fiddler.render(again).fingerprint == tiny_fiddler.render(base).fingerprint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("E5:4", "bar_length"),
        ("H5:12", "not_notes"),
        ("C1:12", "pitch_range"),
        (" | ".join(["*"] * 17), "too_many_bars"),
        ("🎻", "not_notes"),
    ],
)
def test_what_cannot_be_kept_is_refused(tiny_fiddler, text, code):
    with pytest.raises(ControlError) as caught:
        tiny_fiddler.render(tiny_fiddler.request(kept_notes=text))
    assert caught.value.code == code


def test_it_grows_bar_by_bar_and_can_be_stopped(tiny_fiddler):
    grown = list(tiny_fiddler.stream(tiny_fiddler.request(seed=6, num_bars="8")))
    counts = [len(one.data.tracks[0].notes) for one in grown]
    assert len(grown) == 8
    assert counts == sorted(counts)
    assert grown[-1].fingerprint == tiny_fiddler.render(grown[-1].request).fingerprint
    asked = []
    stopped = lambda: asked.append(1) or len(asked) > 3  # noqa: E731
    with pytest.raises(Interrupted):
        tiny_fiddler.render(tiny_fiddler.request(), stopped=stopped)
    assert len(asked) == 4


def test_nearby_morph_breed_and_another_travel_in_the_noise(tiny_fiddler):
    a, b = tiny_fiddler.request(seed=1), tiny_fiddler.request(seed=2)
    for request in (
        *(child.request for child in breed(tiny_fiddler, a, b, num=2)),
        *morph(tiny_fiddler, a, b, num=4),
        another(tiny_fiddler, a, seed=3),
    ):
        check(tiny_fiddler, request)
    here, apart = check(tiny_fiddler, a), {}
    for distance in (0.02, 1.0):
        near = nearby(tiny_fiddler, a, num=6, distance=distance)
        apart[distance] = np.mean([check(tiny_fiddler, one) != here for one in near])
    assert apart[0.02] < apart[1.0]


def test_numpy_writes_what_torch_would(tune_root):
    model = load_tune(tune_root / "tiny-tune")
    fiddler, drawn = Fiddler.of(model), np.random.Generator(np.random.Philox(3))
    bars = tuple(
        tuple(event(int(drawn.integers(0, 48)), 4) for _ in range(3)) for _ in range(MOST_BARS)
    )
    tune = RealTune("", "jig", "6/8", "dorian", (bars,), "train")
    reading = read(Part(tune, bars))
    before, looks, told, events = padded([reading])
    logits = model(before, looks, told)[0].numpy()
    memory = fiddler.begin()
    for at, one in enumerate(events[0].tolist()):
        last = None if at == 0 else int(before[0, at])
        mine = fiddler.listen(memory, last, looks[0, at].tolist(), told[0, at].tolist())
        assert np.allclose(mine, logits[at], atol=1e-3), at
        assert 0 <= one < len(mine)


def test_events_say_what_the_grid_says():
    bar = [HOLD, HOLD, 26, HOLD, HOLD, 1, HOLD, 30, 31, HOLD, HOLD, HOLD]
    assert bars_of([events_of(bar), events_of(bar)]).tolist() == bar * 2
    assert [symbol_of(one) for one in events_of(bar)] == [
        (0, 2),
        (26, 3),
        (1, 2),
        (30, 1),
        (31, 4),
    ]


def test_looking_back_finds_what_began_at_the_same_place():
    bars = [[event(20 + i, 6), event(40, 6)] for i in range(9)]
    assert look(bars, 8, 0) == tuple(event(20 + 8 - back, 6) for back in LOOKS)
    assert look(bars, 8, 6) == (event(40, 6),) * len(LOOKS)
    assert look(bars, 8, 3) == (NOTHING,) * len(LOOKS)
    assert look(bars, 1, 0) == (event(20, 6), BEYOND, BEYOND, BEYOND)


def test_one_thread_writes_what_many_write(tiny_fiddler):
    before, request = torch.get_num_threads(), tiny_fiddler.request(seed=3)
    prints = set()
    for threads in (1, 4):
        torch.set_num_threads(threads)
        prints.add(tiny_fiddler.render(request).fingerprint)
    torch.set_num_threads(before)
    assert len(prints) == 1
