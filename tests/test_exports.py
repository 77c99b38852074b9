"""A work in a file and back: the recipe in every format, the pixels in lossless ones, verdicts."""

import io
import json
import shutil
import struct
import subprocess
import sys
import tomllib
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.errors import ExportError, RequestError
from pipelines.exports import FORMATS, encode, open_bytes, save, verdict
from pipelines.exports.comparing import SAME
from pipelines.exports.documents import VERSION, Document
from pipelines.request import Point, Weights

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny networks gain nothing from more, and lose much beside other programs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def work(tiny):
    return tiny.render(tiny.request(seed=5, warmth=1.5, style_mixing=2, species="pear"))


def recipes(tiny):
    plain = tiny.request(seed=2**32 - 1)
    latent = tiny.pipeline.place(plain)
    yield plain
    yield tiny.request(seed=3, warmth=-2.5, pca_1=1, truncation_psi=0.25)
    yield tiny.request(style_mixing=3, mix_seed=9, wander=0.5)
    yield plain.but(point=Point.of(latent))
    yield plain.but(point=Point(seeds=((1, 0.5), (2, 0.5))))


def chunks(data):
    """The parts of a PNG as pngcheck reads them."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    offset, found = 8, []
    while offset < len(data):
        size, kind = struct.unpack_from(">I4s", data, offset)
        body = data[offset + 8 : offset + 8 + size]
        assert struct.unpack_from(">I", data, offset + 8 + size)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        offset += 12 + size
    return found


def repainted(data, change, **keep):
    """The PNG with its pixels changed by another program that keeps unknown parts."""
    pixels = np.asarray(Image.open(io.BytesIO(data))).copy()
    change(pixels)
    return with_pixels(data, Image.fromarray(pixels), **keep)


def with_pixels(data, image, **options):
    from PIL.PngImagePlugin import PngInfo

    info, buffer = PngInfo(), io.BytesIO()
    info.add(b"duEt", next(body for kind, body in chunks(data) if kind == b"duEt"))
    image.save(buffer, "PNG", pnginfo=info, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_round_trip(tiny, format):
    for request in recipes(tiny):
        made = tiny.render(request)
        data, mime = encode(made, format)
        assert mime == FORMATS[format]
        opened = open_bytes(data, f"a.{format}")
        assert (opened.kind, opened.format) == ("work", format)
        assert opened.recipe == request
        assert opened.fingerprint == made.fingerprint
        assert opened.meta["engine"] == "torch-cpu-f32"
        assert {"torch", "numpy", "python"} <= set(opened.meta["versions"])
        assert opened.meta["cpu"]["features"]
        assert opened.lossless == (format in ("png", "webp"))
        if opened.lossless:
            assert np.array_equal(np.asarray(opened.image), np.asarray(made.data))
        assert verdict(opened, tiny.render(opened.recipe)).kind == "identical"


def test_equal_works_give_equal_bytes(tiny, work):
    for format in FORMATS:
        assert encode(work, format) == encode(tiny.render(work.request), format)


def test_the_name_does_not_matter(work):
    assert open_bytes(encode(work, "png")[0], "holiday.gif").format == "png"


def test_png_is_a_plain_png(work):
    data, _ = encode(work, "png")
    parts = chunks(data)
    kinds = [kind for kind, _ in parts]
    assert kinds[0] == b"IHDR"
    assert kinds[-1] == b"IEND"
    assert kinds.count(b"duEt") == 1
    assert kinds.index(b"duEt") < kinds.index(b"IDAT")
    document = json.loads(zlib.decompress(dict(parts)[b"duEt"]))
    assert document["request"] == json.loads(work.request.to_json())
    with Image.open(io.BytesIO(data)) as image:
        assert image.text["Software"].startswith("Duet")
        assert "seed 5" in image.text["Description"]


@pytest.mark.parametrize("format", ["png", "webp", "gif"])
def test_other_programs_read_it(work, tmp_path, format):
    path = save(work, tmp_path / f"a.{format}")
    with Image.open(path) as image:
        image.load()
        assert image.size == work.data.size
    if shutil.which("identify"):
        told = subprocess.run(["identify", path], capture_output=True, text=True, check=True)
        assert f"{format.upper()} 128x128" in told.stdout


def test_a_recipe_larger_than_a_text_chunk_may_be(tiny, work):
    """Pillow refuses text parts over 1 MB; ours is neither text nor limited to that."""
    noise = np.random.default_rng(0).standard_normal(180_000).astype("<f4")
    large = replace(work, request=work.request.but(point=Point.of(noise)))
    data, _ = encode(large, "png")
    assert open_bytes(data).recipe == large.request
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def test_lossy_webp_keeps_the_recipe(tiny, work):
    data, _ = encode(work, "webp", lossless=False, quality=60)
    opened = open_bytes(data)
    assert not opened.lossless
    assert opened.recipe == work.request
    found = verdict(opened, work)
    assert (found.kind, found.why) == ("identical", "lossy_file")
    assert found.max > 0
    kept = verdict(opened, work, original=work.data)
    assert (kept.kind, kept.max, kept.why) == ("identical", 0, "")


def test_a_lossy_file_that_was_painted_over_differs(work):
    image = work.data.copy()
    image.paste((0, 0, 255), (16, 16, 64, 64))
    data, _ = encode(replace(work, data=image), "webp", lossless=False)
    honest = Document.of(work).text()
    forged = replace(open_bytes(data), fingerprint=json.loads(honest)["fingerprint"])
    found = verdict(forged, work)
    assert (found.kind, found.why) == ("differs", "pixels_changed")


@pytest.mark.parametrize("step", [1, 2, 3, 17, 90])
def test_one_flipped_pixel(tiny, work, step):
    data, _ = encode(work, "png")

    def flip(pixels):
        value = int(pixels[40, 50, 1])
        pixels[40, 50, 1] = value + step if value < 128 else value - step

    found = verdict(open_bytes(repainted(data, flip)), tiny.render(work.request))
    assert found.kind == ("same" if step <= SAME else "differs")
    assert found.max == step
    assert found.mean == pytest.approx(step / (128 * 128 * 3))
    assert found.why == "pixels_changed"


def test_another_size_differs(work):
    data = with_pixels(encode(work, "png")[0], work.data.resize((64, 64)))
    found = verdict(open_bytes(data), work)
    assert (found.kind, found.why) == ("differs", "size_changed")


def test_an_opaque_alpha_channel_changes_nothing_seen(work):
    data = with_pixels(encode(work, "png")[0], work.data.convert("RGBA"))
    assert verdict(open_bytes(data), work).kind == "identical"
    half = work.data.convert("RGBA")
    half.putalpha(128)
    assert verdict(open_bytes(with_pixels(data, half)), work).max == 127


def test_other_reasons(tiny, work):
    opened = open_bytes(encode(work, "png")[0])
    sidecar = open_bytes(encode(work, "json")[0])
    other = tiny.render(work.request.but(seed=6))
    retrained = replace(other, request=other.request.but(weights=Weights("0" * 64)))
    elsewhere = {**opened.meta, "cpu": {"machine": "aarch64", "features": "NEON", "threads": 4}}

    assert verdict(sidecar, work).kind == "identical"
    assert verdict(sidecar, work).why == "no_pixels"
    assert verdict(sidecar, other).kind == "unknown"
    assert verdict(sidecar, retrained).why == "other_weights"
    assert verdict(replace(sidecar, meta=elsewhere), other).why == "other_engine_or_cpu"

    found = verdict(opened, retrained)
    assert (found.kind, found.why) == ("differs", "other_weights")
    exact = np.abs(np.asarray(work.data).astype(int) - np.asarray(other.data).astype(int))
    assert (found.max, found.mean) == (exact.max(), pytest.approx(exact.mean(), rel=1e-5))
    assert verdict(opened, other).why == "other_engine_or_cpu"

    unsigned = replace(opened, fingerprint=None)
    assert (verdict(unsigned, work).kind, verdict(unsigned, work).why) == (
        "same",
        "no_fingerprint",
    )
    forged = replace(opened, fingerprint="0" * 64)
    assert verdict(forged, work).why == "fingerprint_changed"
    bare = open_bytes(work.request.to_json().encode())
    assert (verdict(bare, work).kind, verdict(bare, work).why) == ("unknown", "no_pixels")


def test_a_fast_frame_is_no_reference(work):
    fast = replace(work, engine="openvino-f32")
    assert open_bytes(encode(fast, "png")[0]).fingerprint is None
    with pytest.raises(ExportError) as caught:
        verdict(open_bytes(encode(work, "png")[0]), fast)
    assert caught.value.code == "not_reference"


def test_an_opened_file_is_written_again_as_what_it_was(work):
    """From another machine, in another format: what made it is still told."""
    opened = open_bytes(encode(work, "png")[0])
    elsewhere = replace(opened, meta={**opened.meta, "versions": {"torch": "1.0"}})
    for format in FORMATS:
        again = open_bytes(encode(elsewhere, format)[0])
        assert (again.recipe, again.fingerprint) == (work.request, work.fingerprint)
        assert again.meta == elsewhere.meta
        assert verdict(again, work).kind == "identical"
    buffer = io.BytesIO()
    work.data.save(buffer, "PNG")
    with pytest.raises(RequestError):
        encode(open_bytes(buffer.getvalue()), "webp")


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION


def test_a_picture_without_a_recipe_is_only_a_picture(work):
    for format in ("PNG", "WEBP", "GIF", "JPEG"):
        buffer = io.BytesIO()
        work.data.save(buffer, format)
        opened = open_bytes(buffer.getvalue())
        assert (opened.kind, opened.recipe, opened.image.size) == ("picture", None, (128, 128))


def test_saving_is_by_suffix(work, tmp_path):
    assert work.save(tmp_path / "pear.PNG") == tmp_path / "pear.PNG"
    assert work.save(tmp_path / "pear.json").read_bytes() == encode(work, "json")[0]
    for name in ("pear", "pear.bmp", "pear.mp4"):
        with pytest.raises(ExportError) as caught:
            work.save(tmp_path / name)
        assert caught.value.code == "unknown_format"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pear.PNG", "pear.json"]


def test_replay_in_another_process_with_nothing_kept(work, tiny_root, tmp_path):
    """A file, the model, and no library: the same fingerprint and the same pixels."""
    path = save(work, tmp_path / "a.png")
    code = (
        "import sys; from pathlib import Path\n"
        "from pipelines import exports\n"
        "from pipelines.catalog import Catalog\n"
        "opened = exports.open_bytes(Path(sys.argv[1]).read_bytes())\n"
        "tiny = Catalog((Path(sys.argv[2]),)).load(opened.recipe.pipeline)\n"
        "again = tiny.render(opened.recipe)\n"
        "print(again.fingerprint, exports.verdict(opened, again).kind)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, path, tiny_root],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    assert told.stdout.split() == [work.fingerprint, "identical"]
