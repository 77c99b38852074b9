"""Files that recipes name: found by their digest, carried in exports, refused when wrong."""

import base64
import json

import numpy as np
import pytest

from pipelines import exports
from pipelines.attachments import MAX_BYTES, Memory, sha256_of
from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.errors import RequestError
from pipelines.explore import another, breed, morph, nearby
from pipelines.film import Timeline, render_film
from pipelines.image.sketch_files import read_sketch, write_sketch
from tests.tiny import SKETCH_SIDE, tiny_drawing


@pytest.fixture
def elsewhere(sketch_root) -> object:
    """The same model in a process that has seen no drawing but its own examples."""
    return Catalog((sketch_root,)).load("tiny-sketch", Engines(device="cpu"))


def drawn(instrument, number=3, **values):
    return instrument.attach(
        instrument.request(**values), sketch=write_sketch(tiny_drawing(number))
    )


def test_a_sketch_is_read_as_it_was_written():
    sketch = tiny_drawing()
    again = read_sketch(write_sketch(sketch), SKETCH_SIDE)
    assert np.abs(again - sketch).max() <= 1 / 127.5
    assert (again[4] == sketch[4]).all()
    assert (again[1:4, again[4] == 0] == 0).all()


def test_an_artists_own_white_is_a_hint():
    sketch = tiny_drawing()
    sketch[1:4, sketch[4] > 0] = 1
    assert (read_sketch(write_sketch(sketch), SKETCH_SIDE)[4] == sketch[4]).all()


@pytest.mark.parametrize("data", [b"", b"GIF89a", write_sketch(np.zeros((5, 16, 16), np.float32))])
def test_what_is_no_sketch_is_refused(tiny_sketcher, data):
    request = tiny_sketcher.attach(tiny_sketcher.request(), sketch=data)
    with pytest.raises(RequestError) as caught:
        tiny_sketcher.render(request)
    assert caught.value.code == "bad_sketch"


def test_another_sketch_is_another_picture_and_variations_keep_it(tiny_sketcher):
    base, other = drawn(tiny_sketcher, 1), drawn(tiny_sketcher, 2)
    assert tiny_sketcher.render(base).fingerprint != tiny_sketcher.render(other).fingerprint
    for request in (*nearby(tiny_sketcher, base, num=2), another(tiny_sketcher, base, seed=9)):
        assert request.inputs == base.inputs
    for child in breed(tiny_sketcher, base, other, num=4):
        assert child.request.inputs == (base if child.form == "a" else other).inputs
    way = morph(tiny_sketcher, base, other, num=4)
    assert [one.inputs for one in way] == [base.inputs] * 2 + [other.inputs] * 2


@pytest.mark.parametrize("kind", ["png", "webp", "json", "gif"])
def test_an_export_brings_its_sketch_along(tiny_sketcher, elsewhere, kind):
    made = tiny_sketcher.render(drawn(tiny_sketcher, seed=5))
    opened = exports.open_bytes(exports.encode(made, kind)[0])
    with pytest.raises(RequestError) as caught:
        elsewhere.render(opened.recipe)
    assert caught.value.code == "no_attachment"
    for file in opened.attached.values():
        elsewhere.attachments.put(file)
    assert elsewhere.render(opened.recipe).fingerprint == made.fingerprint
    assert exports.encode(made, kind) == exports.encode(made, kind)


def test_a_film_brings_all_its_sketches_along(tiny_sketcher, tmp_path):
    keys = [drawn(tiny_sketcher, 1), drawn(tiny_sketcher, 2)]
    timeline = Timeline.through(keys, seconds=0.5, fps=8, size=64, loop=False)
    film = render_film(tiny_sketcher, timeline, tmp_path / "film.mp4")
    opened = exports.open_bytes(film.path.read_bytes())
    named = {digest for key in keys for digest in key.inputs.values()}
    assert set(opened.attached) == named == {sha256_of(f) for f in opened.attached.values()}


def test_an_attachment_that_is_not_what_its_name_says_is_refused(tiny_sketcher):
    text, _ = exports.encode(tiny_sketcher.render(drawn(tiny_sketcher)), "json")
    values = json.loads(text)
    (name,) = values["attachments"]
    for wrong in (base64.b64encode(b"other").decode(), "?"):
        values["attachments"][name] = wrong
        with pytest.raises(RequestError) as caught:
            exports.open_bytes(json.dumps(values).encode())
        assert caught.value.code == "bad_attachment"


def test_inputs_that_a_model_does_not_know_are_refused(tiny, tiny_sketcher):
    for instrument, inputs, code in (
        (tiny, {"sketch": "0" * 64}, "unknown_steps"),
        (tiny_sketcher, {"photo": "0" * 64}, "unknown_steps"),
        (tiny_sketcher, {"sketch": "../../etc/passwd"}, "bad_attachment"),
        (tiny_sketcher, {"sketch": "0" * 64}, "no_attachment"),
        (tiny_sketcher, {}, "no_sketch"),
    ):
        with pytest.raises(RequestError) as caught:
            instrument.render(instrument.request().but(inputs=inputs))
        assert caught.value.code == code


def test_memory_lets_go_of_what_was_not_asked_for_longest():
    memory = Memory(held_bytes=25)
    first, second = memory.put(b"a" * 10), memory.put(b"b" * 10)
    memory.get(first)
    third = memory.put(b"c" * 10)
    assert memory.get(first)
    assert memory.get(third)
    with pytest.raises(RequestError, match="not a file that is here"):
        memory.get(second)
    with pytest.raises(RequestError) as caught:
        memory.put(bytes(MAX_BYTES + 1))
    assert caught.value.code == "attachment_too_large"
