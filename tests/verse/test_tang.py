"""Tang verse as an instrument: forms, wishes, kept lines, growth, and what is refused."""

import json
import shutil

import pytest
import torch

from pipelines.atlas import measured
from pipelines.catalog import Catalog
from pipelines.errors import ControlError, ExportError, WeightsError
from pipelines.explore import another, breed, morph, nearby
from pipelines.exports import encode, open_bytes
from pipelines.networks.verse_files import TOKENIZER
from pipelines.request import Step
from pipelines.verse.forms import FORMS, lines_of, text_of
from pipelines.verse.tang_files import TABLES
from pipelines.verse.wishes import kept_text
from tests.tiny_verse import RHYMES


def lines(instrument, request):
    return lines_of(instrument.render(request).data)


@pytest.mark.parametrize("form", FORMS)
def test_a_poem_has_its_form_and_its_marks(tiny_poet, form):
    text = tiny_poet.render(tiny_poet.request(seed=3, form=form)).data
    length, count = (int(part) for part in form.split("x"))
    rows = text.split("\n")
    assert len(rows) == count
    assert all(len(row) == length + 1 for row in rows)
    assert [row[-1] for row in rows] == ["，", "。"] * (count // 2)


def test_the_first_line_and_the_acrostic_are_heard(tiny_poet):
    request = tiny_poet.request(seed=1, form="5x4", first_line="白日依山盡，", acrostic="白河")
    first, second, *_ = lines(tiny_poet, request)
    assert first == "白日依山盡"
    assert second[0] == "河"
    free = lines(tiny_poet, tiny_poet.request(seed=1, form="5x4"))
    assert free[0] != first
    rare = tiny_poet.request(seed=1, form="5x4", first_line="白日依山龘")
    assert lines(tiny_poet, rare)[0] == "白日依山龘", "a character that the model never read"


def test_kept_lines_stay_while_the_others_are_drawn_again(tiny_poet):
    before = lines(tiny_poet, tiny_poet.request(seed=4, form="7x4"))
    kept = kept_text(before, [True, False, True, False])
    same = tiny_poet.request(seed=4, form="7x4", kept_lines=kept)
    assert lines(tiny_poet, same) == before, "kept with its own seed, a poem is itself"
    for seed in (5, 6, 7):
        after = lines(tiny_poet, tiny_poet.change(same, seed=seed))
        assert [after[0], after[2]] == [before[0], before[2]]
        assert after[1] != before[1]
        assert after[3] != before[3]


def test_a_kept_rhyme_is_kept_by_the_lines_before_it(tiny_poet):
    parts = tiny_poet.pipeline.parts
    for seed in range(4):
        request = tiny_poet.request(seed=seed, form="5x4", kept_lines="///白日依山鳥")
        ends = [line[-1] for line in lines(tiny_poet, request)[1::2]]
        assert parts.rhymes[parts.number(ends[0])] == parts.rhymes[parts.number("鳥")]
        assert ends[0] != "鳥"


def test_it_grows_line_by_line(tiny_poet):
    grown = []
    request = tiny_poet.request(seed=2, form="5x8")
    last = tiny_poet.render(request, show=lambda one: grown.append(one.data))
    assert [len(lines_of(text)) for text in grown] == list(range(1, 8))
    assert all(last.data.startswith(text) for text in grown)
    (alone,) = tiny_poet.stream(request, previews=False)
    assert alone.data == last.data
    assert alone.engine == "torch-cpu-f32"


def test_it_can_be_stopped(tiny_poet):
    from pipelines.run import Interrupted

    asked = []
    with pytest.raises(Interrupted):
        tiny_poet.render(tiny_poet.request(), stopped=lambda: asked.append(1) or len(asked) > 2)


def test_travel_reaches_poems(tiny_poet):
    a, b = tiny_poet.request(seed=1), tiny_poet.request(seed=2)
    way = [tiny_poet.render(one).data for one in morph(tiny_poet, a, b, num=5)]
    assert way[0] == tiny_poet.render(a).data
    assert way[-1] == tiny_poet.render(b).data
    kept = tiny_poet.change(a, kept_lines="白日依山盡黃河")
    for one in nearby(tiny_poet, kept, num=3):
        assert lines(tiny_poet, one)[0] == "白日依山盡黃河"
    children = [child.request for child in breed(tiny_poet, kept, b, num=4)]
    heads = [lines(tiny_poet, one)[0] == "白日依山盡黃河" for one in children]
    assert heads == [True, False] * 2, "each child keeps what its first parent keeps"


REFUSED = [
    ({"first_line": "🙂🙂🙂🙂🙂"}, "no_characters", "first_line"),
    ({"first_line": "the sun"}, "no_characters", "first_line"),
    ({"first_line": "白日"}, "line_length", "first_line"),
    ({"acrostic": "Q"}, "no_characters", "acrostic"),
    ({"acrostic": "龘"}, "begins_no_line", "acrostic"),
    ({"acrostic": "白日依山盡"}, "acrostic_length", "acrostic"),
    ({"kept_lines": "////白日依山盡"}, "too_many_lines", "kept_lines"),
    ({"kept_lines": "白日"}, "line_length", "kept_lines"),
    ({"first_line": "白日依山盡", "kept_lines": "黃河入海流"}, "at_odds", "first_line"),
    ({"first_line": "白日依山盡", "acrostic": "黃"}, "at_odds", "acrostic"),
]


@pytest.mark.parametrize(("values", "code", "name"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_cannot_be_written_is_refused(tiny_poet, values, code, name):
    request = tiny_poet.request(form="5x4", **values)
    with pytest.raises(ControlError) as caught:
        tiny_poet.render(request)
    error = caught.value
    assert (error.code, error.name) == (code, name)
    assert error.value
    assert error.rule
    assert error.remedy


def test_a_first_line_of_ten_thousand_characters_is_refused_at_once(tiny_poet):
    with pytest.raises(ControlError, match="longer than") as caught:
        tiny_poet.request(first_line="白" * 10_000)
    assert len(str(caught.value)) < 300


def test_saved_as_text_its_recipe_lies_beside_it(tiny_poet, tmp_path):
    poem = tiny_poet.render(tiny_poet.request(seed=9, form="5x8", acrostic="白日"))
    saved = poem.save(tmp_path / "poem.txt")
    assert saved.read_text(encoding="utf-8") == poem.data + "\n"
    opened = open_bytes((tmp_path / "poem.json").read_bytes())
    assert tiny_poet.render(opened.recipe).fingerprint == opened.fingerprint == poem.fingerprint
    with pytest.raises(ExportError, match="choose one of png, webp, gif, json, txt, md"):
        poem.save(tmp_path / "poem.mid")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["poem.json", "poem.txt"]


def test_lines_and_text_are_each_others_inverse():
    assert lines_of(text_of(["白日依山盡", "黃河入海流"])) == ["白日依山盡", "黃河入海流"]


@pytest.mark.parametrize("name", ["model.safetensors", TOKENIZER, TABLES, "config.json"])
def test_a_folder_that_is_not_whole_is_refused(tang_root, tmp_path, name):
    shutil.copytree(tang_root / "tiny-tang", tmp_path / "broken")
    (tmp_path / "broken" / name).write_text("{")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("broken")


def test_a_network_of_other_characters_is_refused(tang_root, tmp_path):
    folder = shutil.copytree(tang_root / "tiny-tang", tmp_path / "other")
    told = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    told["model"]["vocab"]["龘"] = len(told["model"]["vocab"])
    (folder / TOKENIZER).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(WeightsError, match="damaged or not of its configuration"):
        Catalog((tmp_path,)).load("other")


def test_another_poem_keeps_what_was_written_and_set_aside(tiny_poet):
    request = tiny_poet.request(
        seed=4, form="5x4", acrostic="白黃", kept_lines="//欲窮千里目/", temperature=0.5
    )
    fresh = tiny_poet.values(another(tiny_poet, request, seed=9))
    assert fresh["seed"] == 9
    assert fresh["temperature"] == 0.8
    for name in ("form", "acrostic", "kept_lines"):
        assert fresh[name] == request.controls[name]


def test_words_are_as_likely_as_the_network_says(tiny_poet):
    poem = tiny_poet.render(tiny_poet.request(seed=6, form="5x4"))
    pipeline, rows = tiny_poet.pipeline, lines_of(poem.data)
    parts = pipeline.parts
    found = pipeline.words_at(poem, 1, 2, 5)
    seen = ["<5x4>", *rows[0], "，", *rows[1][:2]]
    logits = parts.poet(torch.tensor([[parts.number(one) for one in seen]]))[0, -1]
    p = logits[torch.from_numpy(parts.characters)].softmax(0)
    assert [share for _, share in found] == pytest.approx(p.topk(5).values.tolist(), rel=1e-4)
    everything = pipeline.words_at(poem, 1, 2, len(parts.tokens))
    assert sum(share for _, share in everything) == pytest.approx(1)


def test_a_word_that_rhymes_has_rivals_that_rhyme(tiny_poet):
    poem = tiny_poet.render(tiny_poet.request(seed=6, form="5x4"))
    rhyme = lines_of(poem.data)[1][-1]
    (group,) = (one for one in RHYMES if rhyme in one)
    found = tiny_poet.pipeline.words_at(poem, 3, 4, 50)
    assert found
    assert {word for word, _ in found} <= set(group) - {rhyme}


@pytest.mark.parametrize("place", [(4, 0), (0, 5), (-1, 0)])
def test_a_place_outside_the_poem_is_refused(tiny_poet, place):
    poem = tiny_poet.render(tiny_poet.request(seed=6, form="5x4"))
    with pytest.raises(ControlError) as caught:
        tiny_poet.pipeline.words_at(poem, *place, 3)
    assert caught.value.code == "no_such_place"


SIMPLE = (Step("script", {"script": "simplified"}),)


def test_simplified_characters_are_a_finish_and_keep_what_was_written(tiny_poet):
    request = tiny_poet.request(seed=6, form="5x4", kept_lines="白日依山盡/黃河入海流")
    plain, simple = (tiny_poet.render(one) for one in (request, request.but(steps=SIMPLE)))
    assert simple.data.splitlines()[:2] == ["白日依山尽，", "黄河入海流。"]
    assert simple.words == plain.words == plain.data
    assert simple.fingerprint != plain.fingerprint
    assert encode(simple, "txt")[0].decode() == simple.data + "\n"
    assert measured(simple) == measured(plain)


def test_a_simplified_character_is_heard_as_the_traditional_one(tiny_poet):
    request = tiny_poet.request(seed=6, form="5x4", first_line="黃河入海流")
    typed = tiny_poet.change(request, first_line="黄河入海流")
    plain, simple = (lines(tiny_poet, one) for one in (request, typed))
    assert simple[0] == "黄河入海流"
    assert simple[1:] == plain[1:]
