"""What is liked in one medium says what is liked in another, as long as that helps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from studio.house import House
from studio.library import Event
from studio.persons import LOCAL
from studio.taste.belief import Belief, Choice, scales, settled, update
from studio.taste.carried import alike, carried
from tests.atlases import PAINTED, with_atlas
from tests.studio.boxes import ANNA, house_of
from tests.tiny import tiny_folder
from tests.tiny_music import tiny_melody_folder

WORKS = 48


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    root = tmp_path_factory.mktemp("two media")
    with_atlas(tiny_folder, PAINTED)(root)
    with_atlas(tiny_melody_folder, WORKS)(root)
    with house_of(root, tmp_path_factory.mktemp("one taste") / "library") as opened:
        yield opened


def prefer(house: House, model: str, attribute: str, person, pairs: int, sign: int = 1) -> None:
    """Choose, of two works, the one with more (or less) of something."""
    instrument = house.shelf.instrument(model)
    for number in range(pairs):
        works = [
            house.render(instrument.request(seed=2 * number + 1_000 + side)) for side in (0, 1)
        ]
        for work in works:
            house.minds.seen.add(work)
        tiles = [house.minds.seen.get(work.request.sha256) for work in works]
        values = [tile.attributes[attribute] for tile in tiles]
        left, right = (work.request.to_dict() for work in works)
        answer = "left" if sign * (values[0] - values[1]) > 0 else "right"
        about = works[0 if answer == "left" else 1].request.to_json()
        event = Event(
            "pair", request=about, payload={"left": left, "right": right, "answer": answer}
        )
        house.minds.note(person, event)
        house.library.record(person, event)


def liking(house: House, person, attribute: str) -> float:
    lens = house.minds.lenses.of("tiny-melody")
    belief = house.minds.mind(person).belief(lens)
    return float(belief.mean[lens.atlas.names.index(attribute)])


def test_who_likes_detailed_pictures_is_taken_to_like_dense_tunes(house):
    assert liking(house, LOCAL, "density") == 0
    prefer(house, "tiny", "detail", LOCAL, 12)
    assert liking(house, LOCAL, "density") > 0.2
    lens = house.minds.lenses.of("tiny-melody")
    place = house.minds.mind(LOCAL).belief(lens).mean[len(lens.atlas.names) :]
    assert not place.any(), "of where a tune lies in its model a picture says nothing"


def test_where_tastes_differ_tunes_alone_are_listened_to(house):
    prefer(house, "tiny", "detail", ANNA, 12)
    assert liking(house, ANNA, "density") > 0.2
    prefer(house, "tiny-melody", "density", ANNA, 12, sign=-1)
    assert liking(house, ANNA, "density") < -0.2
    mind, lens = house.minds.mind(ANNA), house.minds.lenses.of("tiny-melody")
    own = [choice for choice in mind.choices(lens) if not choice.carried]
    assert (len(own), len(mind.choices(lens))) == (12, 24)
    alone = update(mind.prior(lens), own)
    assert np.allclose(mind.own(lens).mean, alone.mean, atol=1e-4)


def test_names_and_the_table_say_what_means_the_same():
    told = {"detail": 1.5, "lightness": -1.0, "warmth": 0.5, "paper": float("nan")}
    tune = ("density", "pitch", "calm")
    assert carried(told, ("picture", "music"), tune).tolist() == [1.5, -1.0, 0.0]
    assert carried(told, ("picture", "verse"), ("warmth", "mood")).tolist() == [0.5, 0.0]
    assert carried({"saturation": 1.0}, ("picture", "verse"), ("mood", "people")).tolist() == [
        1,
        0,
    ]
    drums = {"density": 2.0, "pitch": 1.0}
    assert carried(drums, ("music", "drums"), ("kick", "density")).tolist() == [0.0, 2.0]
    assert carried(told, ("picture", "picture"), ("paper", "warmth")).tolist() == [0.0, 0.5]
    there, back = alike("picture", "music"), alike("music", "picture")
    assert {(one.source, one.target) for one in there} == {(b.target, b.source) for b in back}


def _chosen(hidden: np.ndarray, num: int, seed: int, *, carried: bool) -> list[Choice]:
    chance = np.random.default_rng(seed)
    choices = []
    for _ in range(num):
        works = chance.standard_normal((12, len(hidden)))
        best = int(np.argmax(works @ hidden))
        apart = works[best] - np.delete(works, best, axis=0)
        choices.append(Choice(apart, carried=carried))
    return choices


@pytest.mark.parametrize("seed", range(5))
def test_choices_of_elsewhere_count_as_long_as_they_help(seed):
    prior = Belief.prior(scales(6, 6))
    hidden = np.random.default_rng(seed).standard_normal(6)
    own = _chosen(hidden, 4, seed + 10, carried=False)
    alike_, against = (_chosen(sign * hidden, 15, seed + 20, carried=True) for sign in (1.0, -1.0))
    assert np.array_equal(settled(prior, alike_).mean, update(prior, alike_).mean)
    assert np.array_equal(settled(prior, [*against, *own]).mean, update(prior, own).mean)
    assert np.array_equal(
        settled(prior, [*alike_, *own]).mean, update(prior, [*alike_, *own]).mean
    )
