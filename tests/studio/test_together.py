"""Works of two models cannot be mixed, whoever asks: Morph, Pad, Breed or a film."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.errors import ControlError
from studio.bodies import Film
from studio.errors import TuningError
from studio.filming import plan
from studio.house import House
from studio.persons import LOCAL
from studio.tuning.choosing import Choice, choose, state
from tests.studio.boxes import house_of
from tests.tiny import tiny_folder, tiny_sketch


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    models = tmp_path_factory.mktemp("two models")
    tiny_folder(models)
    tiny_sketch(models)
    with house_of(models, tmp_path_factory.mktemp("together") / "library") as made:
        yield made


def test_works_of_two_models_are_refused_by_name(house):
    both = [house.shelf.instrument(name).request(seed=1) for name in ("tiny", "tiny-sketch")]
    with pytest.raises(ControlError, match="choose works of one model") as refused:
        house.together(both)
    assert (refused.value.code, refused.value.value) == ("two_models", "tiny-sketch")
    film = Film(works=[], requests=[one.to_dict() for one in both], seconds=1.0)
    with pytest.raises(ControlError, match="choose works of one model"):
        plan(house, LOCAL, film)
    assert len(house.together(both[:1] * 2)[1]) == 2


def test_a_model_that_cannot_be_taught_says_so(house):
    assert state(house, LOCAL, "tiny-sketch")["methods"] == []
    for method in (None, "prior"):
        with pytest.raises(TuningError) as refused:
            choose(house, LOCAL, Choice("tiny-sketch", [], method, 0.5, 0.5, {}))
        assert (refused.value.code, refused.value.value) == ("not_teachable", "tiny-sketch")
