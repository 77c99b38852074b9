"""Control vectors: they steer, are named in the recipe, stay on the way, and are measured."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.errors import ControlError, LatentError, WeightsError
from pipelines.explore import morph, nearby
from pipelines.exports import encode, open_bytes
from pipelines.latents import Direction
from pipelines.networks.decoding import PoemDecoder
from pipelines.request import Offset
from pipelines.training.control_vectors import Reach, find, passes, table
from pipelines.training.dimensions import save_directions
from pipelines.training.direction_gate import Probe
from pipelines.training.hidden_contrasts import fit
from pipelines.verse.english_imagery import contrasts as english
from pipelines.verse.imagery import contrasts
from tests.tiny_verse import write_poems


def mood(poet, offset, **settings):
    return poet.request(seed=3, mood=offset, **settings)


def test_a_slider_steers_and_at_rest_does_nothing(tiny_poet):
    plain, *moved = (tiny_poet.render(mood(tiny_poet, x)).data for x in (0.0, 1.0, 2.0, -2.0))
    assert tiny_poet.render(tiny_poet.request(seed=3)).data == plain
    assert len({plain, *moved}) == 4
    kept = mood(tiny_poet, 2.0, kept_lines="白日依山盡黃河///", form="7x4")
    assert tiny_poet.render(kept).data.startswith("白日依山盡黃河"), "what is given is not steered"


def test_it_is_what_is_added_to_every_layer(tiny_poet):
    pipeline = tiny_poet.pipeline
    poet, vectors = pipeline.poet, {one.name: one.vector for one in pipeline.vectors}
    request = tiny_poet.request(mood=1.5, distance=-0.5)
    added = pipeline.added(request)
    assert np.allclose(added, 1.5 * vectors["mood"] - 0.5 * vectors["distance"])
    tokens = torch.tensor([pipeline.reading("白日依山盡，\n黃河入海流。", "5x4")])
    hooks = [
        layer.register_forward_hook(lambda part, given, x, i=i: x + torch.from_numpy(added[i]))
        for i, layer in enumerate(poet.model.layers)
    ]
    with torch.inference_mode():
        wanted = poet(tokens)[0, -1]
        for hook in hooks:
            hook.remove()
        assert (poet(tokens)[0, -1] - wanted).abs().max() > 0.1
        found = poet.extend(poet.begin(added=torch.from_numpy(added)), tokens)[0]
    assert (found - wanted).abs().max() < 1e-3 * wanted.abs().max()
    decoder = PoemDecoder.of(poet)
    quick = decoder.extend(decoder.begin(added), tokens[0].tolist())
    assert abs(quick - wanted.numpy()).max() < 1e-3 * wanted.abs().max()


def test_words_at_a_place_are_those_that_steering_makes_likely(tiny_poet):
    work = tiny_poet.render(mood(tiny_poet, 2.0))
    steered = tiny_poet.pipeline.words_at(work, 1, 2, 6)
    plain = replace(work, request=work.request.but(directions=()))
    assert tiny_poet.pipeline.words_at(plain, 1, 2, 6) != steered


def test_it_stays_in_the_recipe_on_every_way(tiny_poet):
    request = mood(tiny_poet, 1.0)
    (offset,) = request.directions
    assert offset.id == tiny_poet.pipeline.vectors[0].id
    assert not offset.vector
    work = tiny_poet.render(request)
    again = open_bytes(encode(work, "json")[0]).recipe
    assert again == request
    assert tiny_poet.render(again).fingerprint == work.fingerprint
    for one in (
        *nearby(tiny_poet, request, num=3, locked=("mood",)),
        *morph(tiny_poet, request, tiny_poet.request(seed=9), num=4)[:2],
    ):
        assert one.directions == request.directions
    pipeline = tiny_poet.pipeline
    assert (pipeline.place(request) == pipeline.place(request.but(directions=()))).all()


def test_what_is_no_vector_of_the_model_is_refused(tiny_poet, tang_root, tmp_path):
    with pytest.raises(ControlError, match=r"mood=2\.5 is outside"):
        tiny_poet.request(mood=2.5)
    unknown = tiny_poet.request().but(directions=(Offset("0" * 64, 1.0, name="joy"),))
    with pytest.raises(LatentError, match="not a direction of this model"):
        tiny_poet.render(unknown)
    for number, vector in enumerate((np.ones((2, 31)), np.ones((3, 32)))):
        folder = tmp_path / str(number) / "tiny-tang"
        shutil.copytree(tang_root / "tiny-tang", folder)
        save_directions([Direction("mood", vector.astype(np.float32), kind="control")], folder)
        with pytest.raises(WeightsError):
            Catalog((folder.parent,)).load("tiny-tang")
    save_directions([Direction("mood", np.ones((2, 32), np.float32))], folder)
    with pytest.raises(WeightsError):
        Catalog((folder.parent,)).load("tiny-tang")


def test_contrasts_are_words_of_each_language():
    assert contrasts("玉簾金殿珠")["ornateness"] > contrasts("田家無一事")["ornateness"]
    assert contrasts("萬里關塞遠")["distance"] > 0 > contrasts("門前一杯酒")["distance"]
    assert english("A distant sail on the ocean")["distance"] > 0
    assert english("The lamp in my room")["distance"] < 0
    assert english("A jewelled crown")["ornateness"] > 0


def test_a_fitted_vector_is_what_one_contrast_changes(tiny_poet):
    """Poems that differ in distance alone: the vector is the difference of their means."""
    far, near = "白日依山千，\n春日入海流。", "白日依山眠，\n春日入海流。"
    poems = [(far, "5x4"), (near, "5x4")] * 3
    found = fit(tiny_poet.pipeline, poems)
    assert set(found) == {"distance"}, "what does not differ has no vector"
    seen = []
    hooks = [
        layer.register_forward_hook(lambda part, given, x: seen.append(x[0, 1:].mean(0)))
        for layer in tiny_poet.pipeline.poet.model.layers
    ]
    with torch.no_grad():
        for text, form in poems[:2]:
            tiny_poet.pipeline.poet(torch.tensor([tiny_poet.pipeline.reading(text, form)[:-1]]))
    for hook in hooks:
        hook.remove()
    wanted = (torch.stack(seen[:2]) - torch.stack(seen[2:])).numpy() / 2
    assert np.allclose(found["distance"], wanted, atol=1e-4)
    assert np.abs(wanted).max() > 0.01


GOOD = Reach(
    Probe("mood", np.zeros((2, 4), np.float32), {"mood": 0.6, "people": 0.5}, 0.93),
    {-2: -0.2, -1: -0.1, 0: 0.0, 1: 0.1, 2: 0.2},
    {-2: 3.1, -1: 3.0, 0: 3.0, 1: 3.1, 2: 3.5},
)


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, probe=replace(GOOD.probe, effect={"mood": 0.4, "people": 0.1})),
        replace(GOOD, probe=replace(GOOD.probe, effect={"mood": 0.6, "people": -0.7})),
        replace(GOOD, probe=replace(GOOD.probe, monotone=0.85)),
        replace(GOOD, means={**GOOD.means, 1: -0.01}),
        replace(GOOD, nats={**GOOD.nats, -2: 3.7}),
    ],
    ids=["weak", "not its own", "not on most", "not at every step", "costly"],
)
def test_only_what_passes_is_shipped(bad):
    assert passes(GOOD)
    assert not passes(bad)


def test_everything_measured_is_written_down(tang_root, tmp_path):
    folder = tmp_path / "tiny-tang"
    shutil.copytree(tang_root / "tiny-tang", folder)
    reached = find(folder, write_poems(tmp_path / "data"), count=4, check=2, num=60)
    assert {"mood", "distance", "landscape"} <= {one.probe.name for one in reached}
    poet = Catalog((tmp_path,)).load("tiny-tang")
    shown = {one.probe.name for one in reached if passes(one)}
    assert {one.name for one in poet.pipeline.vectors} == shown
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert table(reached) in card
    assert poet.render(poet.request(seed=1)).data
