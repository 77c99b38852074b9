"""A triptych: three works of three media as a film with sound and as a plate."""

import av
import numpy as np
import pytest
from PIL import Image

from pipelines import exports
from pipelines.errors import ControlError, RequestError
from pipelines.exports.documents import Document
from pipelines.plans import fingerprint_of, plan_from_json
from pipelines.scores import seconds
from pipelines.sound import TAIL, render
from pipelines.triptych import Triptych
from pipelines.triptych_film import (
    HEAD,
    plate_file,
    plate_of,
    render_triptych,
)

SONG = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:8 C5:8"


@pytest.fixture(scope="module")
def works(tiny, tiny_poet, tiny_tunes):
    tune = tiny_tunes.request(kept_notes=SONG, tempo=200, time_signature="4/4")
    return [
        tiny.render(tiny.request(seed=4)),
        tiny_poet.render(tiny_poet.request(seed=2)),
        tiny_tunes.render(tune),
    ]


@pytest.fixture(scope="module")
def hung(works) -> Triptych:
    return Triptych(tuple(work.request for work in works), fps=8, size=480)


@pytest.fixture(scope="module")
def filmed(works, hung, tmp_path_factory):
    return render_triptych(hung, works, tmp_path_factory.mktemp("triptych") / "hung.mp4")


def frames(path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in file.decode(video=0)]


def test_the_film_has_pictures_and_sound_as_long_as_the_tune(works, hung, filmed):
    lasts = seconds(works[2].data) + TAIL
    with av.open(str(filmed.path)) as file:
        picture, heard = file.streams.video[0], file.streams.audio[0]
        assert (picture.codec_context.name, heard.codec_context.name) == ("h264", "aac")
        assert (picture.width, picture.height) == plate_of(works, hung.size).size
        assert picture.codec_context.pix_fmt == "yuv420p"
        samples = np.concatenate([f.to_ndarray() for f in file.decode(audio=0)], axis=1)
    assert filmed.complete
    assert filmed.num_frames / hung.fps == pytest.approx(lasts, abs=1 / hung.fps)
    assert samples.shape[1] / 48_000 == pytest.approx(lasts, abs=0.15)
    loud = np.abs(samples).max(axis=0)
    assert 0.05 < loud.max() < 1
    played = np.abs(render(works[2].data)).max(axis=1)
    meant, told = (
        one[: len(played) // 480 * 480 - 960].reshape(-1, 480).max(axis=1)
        for one in (played, loud)
    )
    assert np.corrcoef(meant, told)[0, 1] > 0.9, "it is the tune that sounds"
    for quarter in np.array_split(loud[: int(seconds(works[2].data) * 48_000)], 4):
        assert quarter.max() > 0.02, "it sounds all the way"


def test_the_poem_is_written_and_the_playhead_moves_while_it_plays(works, hung, filmed):
    shown = frames(filmed.path)
    plate = np.asarray(plate_of(works, hung.size)).astype(int)
    assert np.abs(shown[-1] - plate).mean() < 5, "the end is the plate"
    third = slice(hung.size // 3, 2 * hung.size // 3)
    ink = [(frame[:, third].min(axis=2) < 120).sum() for frame in shown]
    assert ink[0] < 0.6 * ink[-1]
    assert ink[int(0.82 * seconds(works[2].data) * hung.fps)] > 0.9 * ink[-1]
    red = [np.abs(frame[:, third.stop :] - HEAD).sum(axis=2) < 150 for frame in shown]
    at = [int(np.median(np.nonzero(one)[1])) for one in red if one.sum() > 40]
    assert len(at) > 20
    assert (np.diff(at) > 0).mean() > 0.9


def test_the_recipes_are_inside_and_make_the_same_again(works, hung, filmed):
    data = filmed.path.read_bytes()
    opened = exports.open_bytes(data)
    assert (opened.kind, opened.format, opened.recipe) == ("film", "mp4", hung)
    assert exports.film_verdict(opened, fingerprint_of(works) or "").kind == "identical"
    others = [works[0], works[1], works[2]]
    assert exports.film_verdict(opened, fingerprint_of(others[:2]) or "").kind == "unknown"
    plate = exports.open_bytes(plate_file(hung, works))
    assert (plate.format, plate.recipe, plate.lossless) == ("png", hung, True)
    assert np.array_equal(plate.image, plate_of(works, hung.size))
    assert plan_from_json(hung.to_json()) == hung
    assert Document.read(hung.to_json(), "bare").recipe == hung
    text, _ = exports.encode(opened, "json")
    assert exports.open_bytes(text).recipe == hung


def test_cancel_keeps_what_was_made(works, hung, tmp_path):
    told = []
    film = render_triptych(
        hung,
        works,
        tmp_path / "part.mp4",
        on_progress=lambda *one: told.append(one),
        cancelled=lambda: len(told) == 5,
    )
    assert (film.num_frames, film.complete) == (5, False)
    assert len(frames(film.path)) == 5
    assert [one[0] for one in told] == [1, 2, 3, 4, 5]
    assert exports.open_bytes(film.path.read_bytes()).meta["complete"] is False


def test_each_work_has_a_panel_of_its_own(works):
    plate = plate_of(works, 800)
    assert plate.width == 800
    alone = np.asarray(works[0].data.convert("RGB").resize((240, 240), Image.Resampling.LANCZOS))
    assert np.array_equal(np.asarray(plate)[22:262, 22:262], alone)


def test_what_cannot_be_hung_says_so(works, hung, tiny_tunes, tmp_path):
    with pytest.raises(ControlError) as told:
        plate_of([works[0], works[0], works[2]])
    assert told.value.code == "not_three_media"
    slow = tiny_tunes.render(tiny_tunes.request(num_bars="4", time_signature="4/4", tempo=30))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.triptych_film.LONGEST", 20.0)
        with pytest.raises(ControlError, match="seconds"):
            render_triptych(hung, [*works[:2], slow], tmp_path / "long.mp4")
    silent = tiny_tunes.render(
        tiny_tunes.request(kept_notes=" | ".join(["r:16"] * 4), time_signature="4/4")
    )
    with pytest.raises(Exception, match="note"):
        render_triptych(hung, [*works[:2], silent], tmp_path / "silent.mp4")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ControlError, match="size"):
        Triptych(hung.works, size=1441)
    for broken in ({"works": []}, {"works": [1, 2, 3]}, hung.to_dict() | {"more": 1}):
        with pytest.raises(RequestError):
            Triptych.from_dict(broken)
