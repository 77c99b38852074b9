"""From one medium to another: what a work says, the table, and the recipe that it leads to."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.across import TABLE, Link, Reading, carry, links_of, reading_of, takes
from pipelines.across.reading import BRIGHTNESS
from pipelines.artifact import Artifact
from pipelines.atlas import Atlas
from pipelines.catalog import Catalog
from pipelines.errors import ControlError

MODELS = Path(__file__).resolve().parents[1] / "assets" / "models"


def sheet(tiny, colour) -> Artifact:
    """A disc of one colour on cream paper."""
    rows, columns = np.mgrid[-1:1:64j, -1:1:64j]
    inside = (rows**2 + columns**2 < 0.4)[..., None]
    pixels = np.where(inside, colour, (250, 244, 226)).astype(np.uint8)
    return Artifact("picture", Image.fromarray(pixels), tiny.request(seed=1), "torch-cpu-f32")


def asked(crossing) -> dict:
    return {one.link.target: one.value for one in crossing.carried if one.control}


def test_a_warm_picture_says_so_and_a_tune_says_its_mode_and_tempo(tiny, tiny_tunes):
    warm = reading_of(sheet(tiny, (220, 90, 20))).values
    cold = reading_of(sheet(tiny, (20, 90, 160))).values
    assert warm["warmth"] > cold["warmth"] + 2
    assert all(abs(z) <= 2.5 for z in (*warm.values(), *cold.values()))
    tunes = [
        reading_of(tiny_tunes.render(tiny_tunes.request(seed=3, mode=mode, tempo=tempo))).values
        for mode, tempo in (("minor", 62), ("major", 110), ("dorian", 230))
    ]
    assert [one["mode"] for one in tunes] == [BRIGHTNESS[m] for m in ("minor", "major", "dorian")]
    assert tunes[0]["mode"] < tunes[2]["mode"] < 0 < tunes[1]["mode"]
    assert [one["tempo"] for one in tunes] == pytest.approx([-2, 0, 2.5], abs=1e-4)


def test_an_atlas_says_what_is_usual_for_the_model():
    pear = Catalog().load("pomona")
    atlas = Atlas.load(MODELS / "pomona" / "atlas.npz")
    told = [
        reading_of(pear.render(pear.request(seed=s), quality="fast"), atlas) for s in range(24)
    ]
    for name in ("warmth", "lightness", "size"):
        values = [one.values[name] for one in told]
        assert abs(np.mean(values)) < 0.6
        assert 0.5 < np.std(values) < 1.6


def test_modes_go_from_dark_to_bright_and_sliders_stay_within_their_bounds(tiny_tunes):
    links = (Link("warmth", "mode"), Link("size", "density", 2), Link("detail", "tempo"))
    steps = np.linspace(-2.5, 2.5, 11)
    heard = [
        asked(carry(Reading("picture", {"warmth": z, "size": z, "detail": z}), tiny_tunes, links))
        for z in steps
    ]
    brightness = [("minor", "dorian", "mixolydian", "major").index(one["mode"]) for one in heard]
    assert brightness == sorted(brightness)
    assert set(brightness) == {0, 1, 2, 3}
    assert [one["density"] for one in heard][::5] == [-3.0, 0.0, 3.0]
    assert [one["tempo"] for one in heard][::5] == [50, 110, 170]


def test_a_line_can_be_turned_switched_off_and_added_up(tiny_tunes):
    told = Reading("picture", {"warmth": 1.0, "size": 0.5})

    def pitch(*links):
        return asked(carry(told, tiny_tunes, links)).get("pitch")

    assert pitch(Link("warmth", "pitch")) == 1.0
    assert pitch(Link("warmth", "pitch", -0.5)) == -0.5
    assert pitch(Link("warmth", "pitch", 0)) is None
    assert pitch(Link("warmth", "pitch"), Link("size", "pitch")) == 1.5
    assert pitch(Link("nothing of it", "pitch")) is None
    crossing = carry(told, tiny_tunes, [Link("warmth", "no such quality")], seed=9)
    assert asked(crossing) == {}
    assert crossing.request == tiny_tunes.request(seed=9)
    with pytest.raises(ControlError, match="2"):
        Link("warmth", "pitch", 2.5)


def test_a_beat_has_the_tempo_of_its_tune_and_a_tune_that_of_its_beat(tiny_tunes, tiny_drummer):
    there, back = links_of("music", "drums"), links_of("drums", "music")
    for tempo in (62, 110, 203):  # farther than two and a half standard deviations too
        tune = reading_of(tiny_tunes.render(tiny_tunes.request(seed=3, tempo=tempo)))
        beat = carry(tune, tiny_drummer, there, seed=3).request
        assert tiny_drummer.values(beat)["tempo"] == tempo
        told = reading_of(tiny_drummer.render(beat))
        assert "mode" not in told.values
        assert tiny_tunes.values(carry(told, tiny_tunes, back).request)["tempo"] == tempo
    turned = carry(tune, tiny_drummer, [Link("tempo", "tempo", -0.5)]).request
    assert tiny_drummer.values(turned)["tempo"] == 110 - round((203 - 110) / 2)
    off = carry(tune, tiny_drummer, [Link("tempo", "tempo", 0)]).request
    usual = tiny_drummer.values(tiny_drummer.request())["tempo"]
    assert tiny_drummer.values(off)["tempo"] == usual


def test_what_kind_of_tune_it_was_stays(tiny_tunes):
    onto = {"instrument": "violin", "key": "A", "mode": "minor"}
    found = carry(
        Reading("picture", {"warmth": 2.0}), tiny_tunes, links_of("picture", "music"), onto=onto
    )
    assert {name: found.request.controls[name] for name in onto} == {**onto, "mode": "major"}
    with pytest.raises(ControlError):
        carry(Reading("picture"), tiny_tunes, (), onto={"instrument": "kazoo"})


def test_words_become_those_that_a_model_knows_or_a_kind(tiny, tiny_diffusion):
    links = links_of("verse", "picture")
    poem = Reading("verse", {"warmth": 1.0, "lightness": 0.1}, "一樹紅梨花落晚風。\n")
    painted = carry(poem, tiny_diffusion, links)
    assert painted.request.controls["prompt"] == "red pear"
    assert {one.link.source: one.control for one in painted.carried}["lightness"] == ""
    kind = carry(poem, tiny, links)
    assert kind.request.controls["species"] == "pear"
    english = carry(Reading("verse", {}, "Ripe PEARS, and an apple"), tiny, links)
    assert english.request.controls["species"] == "pear"
    none = carry(Reading("verse", {}, "Nothing to see"), tiny, links)
    assert "species" not in none.request.controls
    cold = carry(Reading("music", {"mode": -1.15}), tiny_diffusion, links_of("music", "picture"))
    assert cold.request.controls["prompt"] == "green"


def test_the_way_back_is_the_way_there_read_backwards():
    for one, other in (("picture", "music"), ("picture", "drums"), ("music", "drums")):
        there = {(link.source, link.target, link.weight) for link in links_of(one, other)}
        back = {(link.target, link.source, link.weight) for link in links_of(other, one)}
        assert there == back
    with pytest.raises(ControlError) as told:
        links_of("music", "music")
    assert told.value.code == "no_way_across"


def test_every_line_is_taken_by_some_bundled_model():
    catalog = Catalog()
    taken: dict[str, set[str]] = {}
    for card in catalog.available():
        taken.setdefault(card.medium, set()).update(takes(catalog.load(card.id)))
    for (_, target), links in TABLE.items():
        assert {link.target for link in links} <= taken[target], target


@pytest.mark.parametrize(
    ("model", "asked_for"),
    [
        ("ceilidh", [("detail", "density"), ("lightness", "pitch"), ("warmth", "mode")]),
        ("paradiddle", [("saturation", "tempo"), ("contrast", "backbeat"), ("size", "kick")]),
    ],
)
def test_what_a_picture_asks_for_is_heard(model, asked_for):
    """Of 24 pictures: more detail, more notes; lighter, higher; more colour, quicker; by rank."""
    catalog = Catalog()
    pears, tunes = catalog.load("pomona"), catalog.load(model)
    atlas, heard = Atlas.load(MODELS / "pomona" / "atlas.npz"), []
    links = links_of("picture", tunes.card.medium)
    for seed in range(24):
        told = reading_of(pears.render(pears.request(seed=seed), quality="fast"), atlas)
        tune = tunes.render(carry(told, tunes, links, seed=seed).request)
        heard.append((told.values, reading_of(tune).values))
    for seen, sounding in asked_for:
        pairs = np.array([(one[seen], other[sounding]) for one, other in heard])
        assert np.corrcoef(pairs.argsort(0).argsort(0).T)[0, 1] > 0.55, (seen, sounding)
