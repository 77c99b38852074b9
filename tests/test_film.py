"""Films: the plan is a value, the way is smooth, and the file plays whatever happens."""

import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines import film as filming
from pipelines.errors import ControlError, ExportError, RequestError
from pipelines.exports import Verdict, encode, film_verdict, open_bytes
from pipelines.exports.documents import Document
from pipelines.exports.films import MIME, writer
from pipelines.film import Key, Timeline, at, render_film
from pipelines.request import Request, Weights

ROOT = Path(__file__).parent.parent
REQUEST = Request("tiny", Weights("ab" * 32))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """See `tests.test_exports`."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def works(tiny):
    return [
        tiny.request(seed=1, species="apple", warmth=1),
        tiny.request(seed=2, species="pear", style_mixing=2),
        tiny.request(seed=3, truncation_psi=0.5),
    ]


@pytest.fixture(scope="module")
def timeline(works):
    return Timeline.through(works, seconds=1.5, fps=8, size=96)


@pytest.fixture(scope="module")
def made(tiny, timeline, tmp_path_factory):
    """One film of every format, and what was told on the way."""
    folder = tmp_path_factory.mktemp("films")
    told = []
    films = {}
    for format in MIME:
        path = folder / f"fruit.{format}"
        films[format] = render_film(
            tiny, timeline, path, on_progress=lambda *step: told.append(step)
        )
    assert sorted(path.name for path in folder.iterdir()) == [f"fruit.{f}" for f in sorted(MIME)]
    return films, told


def place(tiny, request):
    return tiny.pipeline.place(request)


def decoded(path):
    """Every frame of an MP4 as RGB, and its stream."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        context = stream.codec_context
        told = {
            "codec": context.name,
            "pix_fmt": context.pix_fmt,
            "size": (context.width, context.height),
            "fps": stream.average_rate,
            "frames": stream.frames,
            "colour": (context.colorspace, context.color_trc, context.color_primaries),
            "seconds": container.duration / 1e6,
            "metadata": dict(container.metadata),
        }
    return pictures, told


def test_a_plan_is_a_value(timeline):
    assert Timeline.from_json(timeline.to_json()) == timeline
    assert Timeline.from_dict(json.loads(timeline.to_json())).sha256 == timeline.sha256
    assert timeline.but(fps=12).sha256 != timeline.sha256
    data, mime = encode(timeline, "json")
    assert mime == "application/json"
    opened = open_bytes(data)
    assert (opened.kind, opened.recipe) == ("film", timeline)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fps": 0}, "out_of_range"),
        ({"fps": 61}, "out_of_range"),
        ({"size": 2050}, "out_of_range"),
        ({"size": 511}, "odd_size"),
        ({"seconds": 251}, "out_of_range"),
        ({"seconds": float("nan")}, "out_of_range"),
        ({"seconds": float("inf")}, "out_of_range"),
        ({"seconds": 1.0}, "film_too_short"),
        ({"seconds": 0.1}, "out_of_range"),
        ({"easing": "bounce"}, "not_an_option"),
        ({"keys": ()}, "out_of_range"),
    ],
)
def test_a_plan_that_cannot_be_filmed(timeline, changes, code):
    with pytest.raises(ControlError) as caught:
        timeline.but(**changes)
    assert caught.value.code == code
    assert caught.value.remedy


def test_keys_rise_from_zero(works):
    for times in ([0.5, 1], [0, 0], [0, 2, 1]):
        keys = tuple(Key(work, t) for work, t in zip(works, times, strict=False))
        with pytest.raises(ControlError) as caught:
            Timeline(keys, 4)
        assert caught.value.code == "bad_times"
    assert Timeline((Key(works[0], 0), Key(works[1], 4)), 4, loop=False).num_frames == 96


def test_frames_are_bounded_and_so_are_keys(works):
    assert Timeline.through(works, seconds=2000 / 24, fps=24).num_frames == 2000
    with pytest.raises(ControlError) as caught:
        Timeline.through(works, seconds=2001 / 24, fps=24)
    assert caught.value.name == "frames"
    with pytest.raises(ControlError):
        Timeline.through(works * 22, seconds=10)


def test_unknown_fields_and_schemas_are_refused(timeline):
    values = timeline.to_dict()
    for changes, code in (({"more": 1}, "bad_recipe"), ({"schema": 2}, "unknown_schema")):
        with pytest.raises(RequestError) as caught:
            Timeline.from_dict({**values, **changes})
        assert caught.value.code == code


def test_keys_are_met_exactly(tiny, works, timeline):
    for key in timeline.keys:
        assert at(tiny, timeline, key.time_s) == key.request
    assert at(tiny, timeline, timeline.seconds) == works[0]
    assert at(tiny, timeline, timeline.seconds + 0.25) == at(tiny, timeline, 0.25)
    held = timeline.but(loop=False)
    assert at(tiny, held, 99) == at(tiny, held, held.seconds) == works[-1]
    assert at(tiny, held, -1) == works[0]
    assert at(tiny, held, held.times()[-1]) == works[-1]


@pytest.mark.parametrize("easing", ["linear", "smooth"])
def test_the_way_is_continuous_and_smooth_has_a_continuous_speed(tiny, timeline, easing):
    plan = timeline.but(easing=easing)
    times = np.linspace(0, plan.seconds, 301)
    path = np.stack([place(tiny, at(tiny, plan, float(t))) for t in times])
    steps = np.abs(np.diff(path, axis=0)).max((1, 2))
    assert steps.max() < 0.12 * np.ptp(path)
    speeds = np.diff(path, axis=0)
    turn = np.abs(np.diff(speeds, axis=0)).max((1, 2))
    assert (turn.max() < 0.25 * steps.max()) == (easing == "smooth")


def test_a_loop_closes(tiny, timeline):
    """The step from the last frame to the first is a step like any other."""
    plan = timeline.but(fps=24)
    path = [place(tiny, at(tiny, plan, t)) for t in plan.times()]
    steps = [float(np.abs(b - a).max()) for a, b in pairwise([*path, path[0]])]
    assert 0 < steps[-1] <= max(steps[:-1])
    assert len(path) == plan.num_frames == 36


def test_progress_is_told(made, timeline):
    films, told = made
    count = timeline.num_frames
    assert [step[:2] for step in told] == [(i + 1, count) for i in range(count)] * len(films)
    assert all(step[2] >= 0 for step in told)
    assert told[-1][2] == 0


def test_mp4_is_what_players_expect(made, timeline):
    film = made[0]["mp4"]
    pictures, told = decoded(film.path)
    assert film.complete
    assert len(pictures) == told["frames"] == film.num_frames == timeline.num_frames
    assert (told["codec"], told["pix_fmt"], told["size"]) == ("h264", "yuv420p", (96, 96))
    assert told["fps"] == timeline.fps
    assert told["seconds"] == pytest.approx(timeline.seconds, abs=0.01)
    assert told["colour"] == (1, 1, 1)
    data = film.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert told["metadata"]["comment"].startswith("A film of 3 works")
    if shutil.which("ffprobe"):
        command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json"]
        shown = subprocess.run([*command, film.path], capture_output=True, check=True)
        stream = json.loads(shown.stdout)["streams"][0]
        assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")
        assert int(stream["nb_read_frames"]) == film.num_frames


def test_mp4_shows_the_frames(tiny, made, timeline):
    pictures, _ = decoded(made[0]["mp4"].path)
    artifacts = list(filming.frames(tiny, timeline))
    for picture, artifact in zip(pictures, artifacts, strict=True):
        wanted = np.asarray(artifact.data.resize((96, 96), Image.Resampling.LANCZOS), int)
        blocks = (wanted - picture).reshape(12, 8, 12, 8, 3).mean((1, 3))
        assert np.abs(blocks).max() < 6


def test_mp4_colours_are_what_its_tags_say(tmp_path):
    """Pure red is Y 63, Cb 102, Cr 240 in BT.709 of limited range; BT.601 would give 82."""
    import av

    output = writer("mp4", tmp_path / "a.mp4", (32, 32), 8, loop=False)
    output.add(Image.new("RGB", (32, 32), (255, 0, 0)))
    output.close(Document.of(Timeline.through([REQUEST, REQUEST], seconds=1)))
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        planes = [np.frombuffer(plane, np.uint8)[: plane.width].mean() for plane in frame.planes]
    assert planes == pytest.approx([63, 102, 240], abs=2)


def test_gif_leaves_frames_out_above_its_fastest(tmp_path):
    output = writer("gif", tmp_path / "a.gif", (16, 16), 60, loop=False)
    for index in range(60):
        output.add(Image.new("RGB", (16, 16), (index * 4, 0, 0)))
    output.close(Document.of(Timeline.through([REQUEST, REQUEST], seconds=1)))
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 50
        assert "loop" not in image.info


@pytest.mark.parametrize("format", ["webp", "gif"])
def test_animations_play(made, timeline, format):
    film = made[0][format]
    with Image.open(film.path) as image:
        assert (image.n_frames, image.size) == (timeline.num_frames, (96, 96))
        assert image.info["loop"] == 0
        lasts = []
        for index in range(image.n_frames):
            image.seek(index)
            image.load()
            lasts.append(image.info["duration"])
    assert sum(lasts) == timeline.seconds * 1000
    if shutil.which("identify"):
        told = subprocess.run(["identify", film.path], capture_output=True, text=True, check=True)
        assert f"{format.upper()} 96x96" in told.stdout


@pytest.mark.parametrize("format", MIME)
def test_the_plan_travels_in_the_film(tiny, made, timeline, format):
    film = made[0][format]
    opened = open_bytes(film.path.read_bytes(), film.path.name)
    assert (opened.kind, opened.format, opened.recipe) == ("film", format, timeline)
    assert opened.fingerprint == film.fingerprint == made[0]["mp4"].fingerprint
    assert (opened.meta["frames"], opened.meta["complete"]) == (film.num_frames, True)
    assert (opened.image is None) == (format == "mp4")


def test_a_film_is_replayed(tiny, made, timeline):
    opened = open_bytes(made[0]["mp4"].path.read_bytes())
    again = filming.replay(tiny, opened.recipe, num_frames=opened.meta["frames"])
    assert film_verdict(opened, again) == Verdict("identical", why="lossy_file")
    other = filming.replay(tiny, timeline, num_frames=3)
    assert film_verdict(opened, other).kind == "unknown"


@pytest.mark.parametrize("format", MIME)
def test_a_cancelled_film_plays(tiny, timeline, tmp_path, format):
    seen = []
    film = render_film(
        tiny,
        timeline,
        tmp_path / "part",
        format=format,
        on_progress=lambda done, total, left: seen.append(done),
        cancelled=lambda: len(seen) == 5,
    )
    assert (film.num_frames, film.complete) == (5, False)
    assert [path.name for path in tmp_path.iterdir()] == ["part"]
    opened = open_bytes(film.path.read_bytes())
    assert opened.recipe == timeline
    assert (opened.meta["frames"], opened.meta["complete"]) == (5, False)
    if format == "mp4":
        pictures, told = decoded(film.path)
        assert len(pictures) == told["frames"] == 5
    else:
        with Image.open(film.path) as image:
            assert image.n_frames == 5


def test_a_cancel_at_once_keeps_one_frame(tiny, timeline, tmp_path):
    film = render_film(tiny, timeline, tmp_path / "a.mp4", cancelled=lambda: True)
    assert film.num_frames == len(decoded(film.path)[0]) == 1


@pytest.mark.parametrize("format", MIME)
def test_a_failure_leaves_the_old_file(tiny, timeline, tmp_path, format):
    path = tmp_path / f"a.{format}"
    path.write_bytes(b"the film of yesterday")

    def fail(done, total, left):
        if done == 3:
            raise ExportError("unknown_format", name="test")

    with pytest.raises(ExportError):
        render_film(tiny, timeline, path, on_progress=fail)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"the film of yesterday"


def test_refusals(tiny, timeline, works, tmp_path):
    with pytest.raises(ExportError) as caught:
        render_film(tiny, timeline, tmp_path / "a.avi")
    assert caught.value.code == "unknown_format"
    with pytest.raises(ExportError) as caught:
        render_film(tiny, timeline, tmp_path / "nowhere" / "a.mp4")
    assert caught.value.code == "cannot_write"
    with pytest.raises(ControlError):
        render_film(tiny, timeline, tmp_path / "a.mp4", size=4096)
    foreign = Timeline.through([works[0], works[1].but(pipeline="other")], seconds=1)
    with pytest.raises(RequestError) as caught:
        render_film(tiny, foreign, tmp_path / "a.mp4")
    assert caught.value.code == "unknown_model"
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, sys
from pathlib import Path
from PIL import Image
from pipelines.errors import ExportError
from pipelines.exports import files, films
path, format = Path(sys.argv[1]), sys.argv[2]
import av
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = Image.effect_noise((256, 256), 100).convert("RGB")
try:
    if format == "png":
        files.write(path, b"0" * 30_000)
    else:
        with files.replacing(path) as temporary:
            writer = films.writer(format, temporary, (256, 256), 8, loop=True)
            try:
                for _ in range(20):
                    writer.add(noise)
                writer.close(None)
            except BaseException:
                try:
                    writer.discard()
                except OSError:
                    pass
                raise
except ExportError as error:
    print(error.code, int(error.value) >= 0)
"""


@pytest.mark.parametrize("format", ["png", *MIME])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, format):
    """The system's own limit on the size of a file stands in for a disk without room."""
    told = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / f"a.{format}", format],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert told.stdout.split() == ["disk_full", "True"]
    assert list(tmp_path.iterdir()) == []
