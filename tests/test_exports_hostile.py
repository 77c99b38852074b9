"""Files that are damaged, or made to do harm: each a clear refusal with where and what to do."""

import io
import json
import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.artifact import Artifact
from pipelines.errors import DuetError, ExportError
from pipelines.exports import encode, open_bytes
from pipelines.exports.containers import PNG_SIGNATURE
from pipelines.exports.documents import Document
from pipelines.exports.films import GifWriter, Mp4Writer, WebpWriter
from pipelines.request import Offset, Request, Weights
from pipelines.timeline import Timeline

REQUEST = Request(
    "tiny",
    Weights("ab" * 32),
    seed=7,
    directions=(Offset("cd" * 32, 1.5, name="warmth"),),
    controls={"species": "pear", "truncation_psi": 0.5},
)
IMAGE = Image.linear_gradient("L").resize((32, 24)).convert("RGB")
WORK = Artifact("picture", IMAGE, REQUEST)
FILM = Timeline.through([REQUEST, REQUEST.but(seed=8)], seconds=0.5, fps=8, size=32)
STILLS = {format: encode(WORK, format)[0] for format in ("png", "webp", "gif", "json")}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One real file of every format."""
    folder = tmp_path_factory.mktemp("films")
    made = dict(STILLS)
    for name, kind in (("mp4", Mp4Writer), ("film.webp", WebpWriter), ("film.gif", GifWriter)):
        writer = kind(folder / name, (32, 24), 8, loop=True)
        for _ in range(4):
            writer.add(IMAGE)
        writer.close(Document(FILM))
        made[name] = (folder / name).read_bytes()
    return made


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*middle, size=(4, 4)):
    head = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 13 * 4)
    parts = [chunk(b"IHDR", head), *middle, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(parts)


def recipe_chunk(text):
    return chunk(b"duEt", zlib.compress(text if isinstance(text, bytes) else text.encode()))


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


DOCUMENT = json.loads(Document.of(WORK).text())


def altered(**changes):
    return json.dumps({**DOCUMENT, **changes})


def deep(depth):
    return '{"duet":' * depth + "1" + "}" * depth


BOMB = zlib.compress(b" " * 60_000_000, 9)
GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 50_000, 50_000, 0, 0, 0)
WIDE_WEBP = b"VP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff" * 2
HOSTILE = {
    "nothing": (b"", "empty_file"),
    "too large": (b"\0" * 64_000_001, "file_too_large"),
    "a zip": (b"PK\3\4" + b"\0" * 40, "unknown_file"),
    "a page": (b"<html><script>", "unknown_file"),
    "png signature only": (PNG_SIGNATURE, "damaged_file"),
    "png cut short": (STILLS["png"][:-40], "damaged_file"),
    "png wrong checksum": (STILLS["png"][:60] + b"\1" + STILLS["png"][61:], "damaged_file"),
    "png 50,000 px": (png(size=(50_000, 50_000)), "picture_too_large"),
    "png 0 px": (png(size=(0, 4)), "damaged_picture"),
    "png 100 MB chunk": (
        png()[:33] + struct.pack(">I", 100_000_000) + b"duEt",
        "damaged_file",
    ),
    "png two recipes": (png(*[recipe_chunk(json.dumps(DOCUMENT))] * 2), "two_recipes"),
    "png recipe bomb": (png(chunk(b"duEt", BOMB)), "recipe_too_large"),
    "png recipe cut": (png(chunk(b"duEt", zlib.compress(b"{}" * 99)[:-6])), "damaged_file"),
    "png recipe not packed": (png(chunk(b"duEt", b"{}")), "damaged_file"),
    "png and zip": (png() + b"PK\3\4", "trailing_bytes"),
    "png header twice": (png(png()[8:33]), "damaged_file"),
    "png pixels cut": (
        PNG_SIGNATURE + png()[8:33] + chunk(b"IDAT", b"x") + chunk(b"IEND", b""),
        "damaged_picture",
    ),
    "png no pixels": (PNG_SIGNATURE + png()[8:33] + chunk(b"IEND", b""), "damaged_picture"),
    "png countless parts": (png(*[chunk(b"duEx", b"")] * 400_001), "damaged_file"),
    "webp head only": (b"RIFF\4\0\0\0WEBP", "damaged_file"),
    "webp cut short": (STILLS["webp"][:-9], "damaged_file"),
    "webp 16,777,216 px": (
        b"RIFF" + struct.pack("<I", 4 + len(WIDE_WEBP)) + b"WEBP" + WIDE_WEBP,
        "picture_too_large",
    ),
    "webp and more": (STILLS["webp"] + b"<html>", "trailing_bytes"),
    "gif head only": (b"GIF89a", "damaged_file"),
    "gif 50,000 px": (GIF_HEAD + b"\x3b", "picture_too_large"),
    "gif cut short": (STILLS["gif"][:-5], "damaged_file"),
    "gif and more": (STILLS["gif"] + b"PK", "trailing_bytes"),
    "mp4 box beyond the end": (box(b"ftyp", b"isom") + b"\x7f\0\0\0moov", "damaged_file"),
    "mp4 box of no size": (box(b"ftyp", b"isom") + b"\0\0\0\4moov", "damaged_file"),
    "json too deep": (deep(100_000).encode(), "bad_recipe"),
    "json not a number": (altered().replace("1.5", "NaN").encode(), "bad_recipe"),
    "json infinite": (altered().replace("1.5", "1e999").encode(), "bad_recipe"),
    "json cut short": (altered()[:-9].encode(), "bad_recipe"),
    "json half a character": (b'{"duet":"\\ud800"}', "bad_recipe"),
    "json empty": (b"{}", "bad_recipe"),
    "json of the future": (altered(export=2).encode(), "unknown_schema"),
    "recipe of the future": (
        altered(request={**DOCUMENT["request"], "schema": 2}).encode(),
        "unknown_schema",
    ),
    "json more fields": (altered(more=1).encode(), "bad_recipe"),
    "json wrong fingerprint": (altered(fingerprint="../../etc").encode(), "bad_recipe"),
    "json two recipes": (altered(timeline=FILM.to_dict()).encode(), "bad_recipe"),
    "recipe more fields": (
        altered(request={**DOCUMENT["request"], "run": "rm"}).encode(),
        "bad_recipe",
    ),
    "film of one work": (
        json.dumps({**FILM.to_dict(), "keys": FILM.to_dict()["keys"][:1]}).encode(),
        "out_of_range",
    ),
    "film of a year": (
        FILM.to_json().replace('"seconds":0.5', '"seconds":3e7').encode(),
        "out_of_range",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_refused_with_where_and_what_to_do(case):
    data, code = HOSTILE[case]
    start = time.monotonic()
    with pytest.raises(DuetError) as caught:
        open_bytes(data, "pear.png")
    error = caught.value
    assert error.code == code
    assert error.name
    assert error.rule
    assert error.remedy
    assert len(str(error)) < 500
    assert time.monotonic() - start < 10


def test_the_offset_is_where_it_is():
    data = STILLS["png"]
    for cut in (20, 60, len(data) - 3):
        with pytest.raises(ExportError) as caught:
            open_bytes(data[:cut], "pear.png")
        assert caught.value.name == "pear.png"
    start = data.index(b"IDAT") - 4
    broken = data[: start + 20] + bytes([data[start + 20] ^ 1]) + data[start + 21 :]
    with pytest.raises(ExportError) as caught:
        open_bytes(broken)
    unit = {"B": 1, "KB": 1000}[caught.value.value.split()[1]]
    assert abs(float(caught.value.value.split()[0]) * unit - start) <= 100


def test_a_hostile_name_is_cleaned():
    with pytest.raises(ExportError) as caught:
        open_bytes(b"", "../../etc/\n\x1b[31mpass" + "w" * 500)
    assert "/" not in caught.value.name
    assert caught.value.name.isprintable()
    assert len(caught.value.name) <= 80


def test_a_bomb_takes_no_memory():
    tracemalloc.start()
    for case in ("png recipe bomb", "png 50,000 px", "gif 50,000 px", "webp 16,777,216 px"):
        with pytest.raises(ExportError):
            open_bytes(HOSTILE[case][0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_other_parts_of_a_png_are_never_unpacked():
    """A text bomb and a colour profile bomb beside the pixels: Pillow never sees them."""
    text = chunk(b"zTXt", b"a\0\0" + BOMB)
    profile = chunk(b"iCCP", b"a\0\0" + BOMB)
    assert open_bytes(png(profile, text)).image.size == (4, 4)


def test_a_recipe_in_xmp_twice_is_refused():
    xmp = b'<x duet:recipe="{}"><duet:recipe>{}</duet:recipe></x>'
    buffer = io.BytesIO()
    IMAGE.save(buffer, "WEBP", xmp=xmp)
    with pytest.raises(ExportError) as caught:
        open_bytes(buffer.getvalue())
    assert caught.value.code == "two_recipes"


def tolerated(data):
    """Opens, or is refused in words: never anything else."""
    try:
        opened = open_bytes(data, "fuzz")
    except DuetError as error:
        str(error).encode()
        return
    assert opened.kind in ("work", "film", "picture")
    if opened.recipe is not None:
        opened.recipe.to_json().encode()


mutations = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.floats(0, 1), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 4000)),
        st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("repeat"), st.floats(0, 1), st.integers(1, 400)),
        st.tuples(st.just("end"), st.floats(0, 1), st.just(0)),
    ),
    min_size=1,
    max_size=4,
)


def mutated(data, changes):
    for kind, where, what in changes:
        at = int(where * max(len(data) - 1, 0))
        if kind == "set":
            data = data[:at] + bytes([what]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at] + data[at + what :]
        elif kind == "insert":
            data = data[:at] + what + data[at:]
        elif kind == "repeat":
            data = data[: at + what] + data[at:]
        else:
            data = data[:at]
    return data


NAMES = ("png", "webp", "gif", "json", "mp4", "film.webp", "film.gif")
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(changes=mutations)
def test_mutated_files(files, name, changes):
    tolerated(mutated(files[name], changes))


@FUZZ
@given(data=st.data())
def test_mutated_parts_with_right_checksums(data):
    """Past the checksums, into the pixels and the recipe."""
    parts, offset = [], 8
    while offset < len(STILLS["png"]):
        size, kind = struct.unpack_from(">I4s", STILLS["png"], offset)
        parts.append((kind, STILLS["png"][offset + 8 : offset + 8 + size]))
        offset += 12 + size
    index = data.draw(st.integers(0, len(parts) - 2))
    parts[index] = (parts[index][0], mutated(parts[index][1], data.draw(mutations)))
    tolerated(PNG_SIGNATURE + b"".join(chunk(kind, body) for kind, body in parts))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def paths(tree, at=()):
    yield at
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, item in items:
        if isinstance(item, dict | list):
            yield from paths(item, (*at, key))
        else:
            yield (*at, key)


def replaced(tree, path, value):
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("tree", [DOCUMENT, FILM.to_dict()], ids=["work", "film"])
@settings(FUZZ, max_examples=200)
@given(data=st.data())
def test_mutated_documents(tree, data):
    tree = json.loads(json.dumps(tree))
    path = data.draw(st.sampled_from(list(paths(tree))))
    tolerated(json.dumps(replaced(tree, path, data.draw(values))).encode())


@settings(FUZZ, max_examples=200)
@given(
    st.binary(max_size=200), st.sampled_from([b"", b"GIF89a", b"\0\0\0\x10ftyp", b"\xff\xd8\xff"])
)
def test_any_bytes(data, head):
    tolerated(head + data)
