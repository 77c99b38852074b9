"""What must hold for every model: the bundled ones and a tiny real network of each family."""

import io
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines import catalog
from pipelines.abilities import Drafting
from pipelines.catalog import Catalog
from pipelines.compiling import compile_openvino, compile_torch
from pipelines.controls import Choice, Prompt, Seed, Slider
from pipelines.errors import ControlError, DuetError, LatentError, RequestError, WeightsError
from pipelines.explore import blend
from pipelines.finishing import OPERATIONS
from pipelines.latents import normal
from pipelines.pipeline import Instrument
from pipelines.request import Offset, Point, Request, Step
from pipelines.training.subject import network_inputs
from tests.tiny_music import figures

BUNDLED = [card.id for card in catalog.available()]


TINY = {
    "tiny": "tiny",
    "tiny-sketch": "tiny_sketcher",
    "tiny-diffusion": "tiny_diffusion",
    "tiny-vae": "tiny_vae",
    "tiny-vq": "tiny_codes",
    "tiny-pattern": "tiny_pattern",
    "tiny-star": "tiny_translator",
    "tiny-sprites": "tiny_sprites",
    "tiny-dcgan": "tiny_dcgan",
    "tiny-tang": "tiny_poet",
    "tiny-stanza": "tiny_stanzas",
    "tiny-char-rnn": "tiny_letters",
    "tiny-couplet": "tiny_couplets",
    "tiny-melody": "tiny_tunes",
    "tiny-chorale": "tiny_choir",
    "tiny-tune": "tiny_fiddler",
    "tiny-muse-gan": "tiny_consort",
    "tiny-groove": "tiny_drummer",
}
"""Fixture by id."""


@pytest.fixture(scope="module", params=[*TINY, *BUNDLED])
def instrument(request) -> Instrument:
    if request.param in TINY:
        return request.getfixturevalue(TINY[request.param])
    return catalog.load(request.param)


@pytest.fixture(scope="module")
def folder_of(request) -> dict[str, Path]:
    """Folders of the tiny models; bundled ones are found by their id."""
    names = [name.removeprefix("tiny-").replace("-", "_") for name in TINY]
    roots = [request.getfixturevalue(f"{name}_root") for name in names]
    return {name: root / name for name, root in zip(TINY, roots, strict=True)}


LONGEST_TEXT = 4096


def pixels(artifact):
    """The pixels of a picture, the code points of a text and blanks, the figures of a score."""
    data = artifact.data
    if artifact.medium in ("music", "drums"):
        return figures(data)
    signs = data.ljust(LONGEST_TEXT) if isinstance(data, str) else ""
    return np.asarray([ord(sign) for sign in signs] if signs else data).astype(int)


def controls(instrument, kind):
    return [control for control in instrument.controls if isinstance(control, kind)]


def known(instrument, **values):
    """Those of the values that the model has a control for."""
    names = {control.name for control in instrument.controls}
    return {name: value for name, value in values.items() if name in names}


def all_at_work(instrument, seed):
    """A recipe in which every control has something to act on: words, and a picture to change."""
    request = instrument.request(seed=seed, **known(instrument, prompt="a red apple"))
    names = [one.name for one in instrument.pipeline.inputs if one.name == "picture"]
    sheet = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(sheet, "PNG")
    return instrument.attach(request, **dict.fromkeys(names, sheet.getvalue()))


def test_pomona_is_bundled():
    assert "pomona" in BUNDLED


def test_the_result_is_a_whole_work(instrument):
    artifact = instrument.render(instrument.request(seed=7))
    assert artifact.medium == instrument.card.medium
    assert pixels(artifact).std() > 1
    if artifact.medium == "verse":
        assert len(artifact.data.splitlines()) >= 2  # a couplet
    elif artifact.medium in ("music", "drums"):
        assert sum(len(track.notes) for track in artifact.data.tracks) >= 4
    else:
        assert min(artifact.data.size) >= 32
        assert artifact.data.mode in ("RGB", "RGBA")


def test_same_seed_same_work_other_seed_other_work(instrument):
    one, again, other = (instrument.render(instrument.request(seed=s)) for s in (7, 7, 8))
    assert one.fingerprint == again.fingerprint
    assert one.fingerprint != other.fingerprint


def test_every_control_at_both_bounds(instrument):
    for control in instrument.controls:
        ends = (0, 2**32 - 1)
        if isinstance(control, Slider):
            ends = (control.minimum, control.maximum)
        elif isinstance(control, Choice):
            ends = (control.options[0], control.options[-1])
        elif isinstance(control, Prompt):
            ends = ("", "x" * control.max_length)
        for value in ends:
            request = instrument.request(**{control.name: value})
            assert instrument.values(request)[control.name] == value
            assert np.isfinite(instrument.pipeline.place(request)).all()
            text = "no such option" * 999
            beyond = text if isinstance(control, Choice | Prompt) else -(10**6)
            with pytest.raises(ControlError):
                instrument.request(**{control.name: beyond})


def test_every_slider_changes_the_work(instrument):
    """Of some seed: where a model is sure, a little more freedom draws the same again."""
    for control in controls(instrument, Slider):
        value = control.maximum if control.default != control.maximum else control.minimum
        assert any(_moves(instrument, seed, **{control.name: value}) for seed in (7, 8, 9, 10)), (
            control.name
        )


def _moves(instrument, seed, **values):
    base = all_at_work(instrument, seed)
    works = (instrument.render(one) for one in (base, instrument.change(base, **values)))
    before, after = (pixels(one) for one in works)
    return np.abs(after - before).max() > 2


def test_style_mixing_at_every_layer_changes_the_picture(instrument):
    layers = instrument.latent_space.shape[0]
    if layers == 1:
        assert not known(instrument, style_mixing=0), "one layer, and nothing to mix"
        return
    base = instrument.request(seed=7, mix_seed=8)
    seen = [instrument.render(instrument.change(base, style_mixing=n)) for n in range(layers + 1)]
    for fewer, more in pairwise(seen):
        assert np.abs(pixels(fewer) - pixels(more)).max() > 0
    whole = instrument.render(instrument.request(**_species(instrument, base), seed=8))
    assert seen[-1].fingerprint == whole.fingerprint


def _species(instrument, request):
    return dict(instrument.pipeline.resolve(request))


def test_request_round_trip_renders_the_same(instrument):
    names = [c.name for c in controls(instrument, Slider) if c.direction][:3]
    more = known(instrument, truncation_psi=0.7, prompt="a pear", guidance_scale=3.0)
    request = instrument.request(seed=3, **dict.fromkeys(names, 1.5), **more)
    again = Request.from_json(request.to_json())
    assert again == request
    assert instrument.render(again).fingerprint == instrument.render(request).fingerprint


def test_defaults_draw_as_trained(instrument):
    values = instrument.values(instrument.request())
    assert values.get("truncation_psi", 1.0) == 1.0
    assert values.get("prompt", "") == ""
    assert values.get("species", "any") == "any"


def test_baking_keeps_the_picture(instrument):
    drawn = known(instrument, truncation_psi=0.6, wander=1.0, prompt="a pear", warmth=1.0)
    request = instrument.request(seed=3, **drawn)
    baked = instrument.pipeline.bake(request, instrument.pipeline.place(request))
    assert instrument.render(baked).fingerprint == instrument.render(request).fingerprint


def test_interpolation_endpoints_are_the_works_themselves(instrument):
    a = instrument.request(seed=1, **known(instrument, truncation_psi=0.5))
    b = instrument.request(seed=2)
    assert blend(instrument, a, b, 0.0) == a
    assert blend(instrument, a, b, 1.0) == b
    near = pixels(instrument.render(blend(instrument, a, b, 1e-6)))
    assert np.abs(near - pixels(instrument.render(a))).max() <= 2


def test_fast_engine_agrees_with_the_reference(instrument):
    request = instrument.request(seed=7)
    instrument.engines.warm(instrument.pipeline)
    fast = instrument.render(request, quality="fast")
    if instrument.pipeline.networks():
        assert fast.engine != "torch-cpu-f32"
    apart = np.abs(pixels(fast) - pixels(instrument.render(request)))
    if fast.engine.endswith("f32"):
        assert apart.max() <= 2
    assert apart.mean() <= 1
    assert np.percentile(apart, 99) <= 12


def test_openvino_in_full_precision_is_the_same_to_the_eye(instrument):
    for name, inputs in network_inputs(instrument, instrument.request(seed=7)).items():
        network = instrument.pipeline.network(name)
        fast, exact = (
            compiled(inputs)
            for compiled in (compile_openvino(network, None), compile_torch(network, "cpu"))
        )
        for output, values in exact.items():
            assert np.abs(fast[output] - values).max() <= 2 / 127.5


def test_what_stands_in_for_a_network_in_drafts_paints_nearly_the_same(instrument):
    pipeline = instrument.pipeline
    if not isinstance(pipeline, Drafting):
        return
    for seed in (7, 8, 9):
        inputs = network_inputs(instrument, instrument.request(seed=seed))
        for name, draft in pipeline.drafts.items():
            made, exact = (
                compile_torch(pipeline.network(one), "cpu")(inputs[name]) for one in (draft, name)
            )
            for output, values in exact.items():
                assert made[output].shape == values.shape
                apart = np.clip(made[output], -1, 1) - np.clip(values, -1, 1)
                assert np.abs(apart).mean() <= 6 / 127.5


def test_weighted_seeds_are_a_point(instrument):
    base = instrument.request(seed=5, **_species(instrument, instrument.request(seed=5)))
    same = base.but(point=Point(seeds=((5, 1.0),)))
    assert instrument.render(same).fingerprint == instrument.render(base).fingerprint


def test_a_taught_direction_travels_in_the_recipe(instrument):
    from pipelines.latents import Direction

    vector = normal(11, instrument.latent_space.shape, "taught") * instrument.latent_space.spread
    taught = Direction("mine", vector.astype(np.float32), kind="taught")
    packed = Point.of(taught.vector).latent
    base = instrument.request(seed=7)
    moved = base.but(directions=(Offset(taught.id, 2.0, packed, "mine"),))
    assert instrument.render(moved).fingerprint != instrument.render(base).fingerprint
    with pytest.raises(LatentError, match="not a direction"):
        instrument.render(base.but(directions=(Offset("00" * 32, 2.0, packed, "mine"),)))
    with pytest.raises(LatentError):
        instrument.render(base.but(directions=(Offset("00" * 32, 2.0),)))


def test_recipes_of_others_are_refused(instrument):
    good = instrument.request(seed=7)
    weights = type(good.weights)("00" * 32)
    shape = instrument.latent_space.shape
    plain = next(c.name for c in controls(instrument, Slider) if not c.direction)
    cases = [
        (good.but(pipeline="orchard-2"), RequestError, "unknown_model"),
        (good.but(weights=weights), WeightsError, "unknown_weights"),
        (good.but(sampler=2), RequestError, "unknown_sampler"),
        (good.but(steps=(Step("blur"),)), RequestError, "unknown_step"),
        (good.but(seed=-1), ControlError, "out_of_range"),
        (good.but(controls={"warmht": 1}), ControlError, "unknown_control"),
        (good.but(controls={plain: 1e9}), ControlError, "out_of_range"),
        (good.but(point=Point.of(np.zeros((2, 3), np.float32))), LatentError, "wrong_shape"),
        (good.but(point=Point.of(np.full(shape, 3e38, np.float32))), LatentError, "too_far"),
        (good.but(directions=(Offset("00" * 32, 1e30),)), ControlError, "out_of_range"),
    ]
    if "grain" in OPERATIONS[instrument.card.medium]:
        grain = good.but(steps=(Step("grain", {"grain": 2}),))
        cases.append((grain, ControlError, "out_of_range"))
    for request, error, code in cases:
        with pytest.raises(error) as caught:
            instrument.render(request)
        assert caught.value.code == code
        assert isinstance(caught.value, DuetError)


def test_labels_and_docs_are_sentences(instrument):
    names = [control.name for control in instrument.controls]
    assert len(names) == len(set(names))
    for control in instrument.controls:
        assert control.label
        assert control.doc.endswith(".")
        assert isinstance(control, Slider | Choice | Seed | Prompt)


PROCESS = """
import json, sys
from pathlib import Path
from pipelines import catalog, exports
for line in sys.stdin:
    folder, file = json.loads(line)
    model = catalog.load(folder)
    saved = exports.open_bytes(Path(file).read_bytes())
    for attached in saved.attached.values():
        model.attachments.put(attached)
    print(model.render(saved.recipe).fingerprint, flush=True)
"""


@pytest.fixture(scope="module")
def elsewhere():
    """Renders a saved work of a model's folder in another process; gives the fingerprint."""
    arguments = [sys.executable, "-W", "ignore", "-c", PROCESS]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, **pipes) as process:

        def render(folder, saved) -> str:
            process.stdin.write(json.dumps([str(folder), str(saved)]) + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        yield render
        process.stdin.close()
        assert process.wait(60) == 0


def test_another_process_gives_the_same_fingerprint(instrument, folder_of, elsewhere, tmp_path):
    """Everything random is in the saved file: species, mixing, wander, words, attachments."""
    directions = [c.name for c in controls(instrument, Slider) if c.direction][:1]
    drawn = {"truncation_psi": 0.8, "style_mixing": 2, "wander": 0.5, "prompt": "a red pear"}
    moved = dict.fromkeys(directions, 1.25)
    request = instrument.request(seed=12345, **moved, **known(instrument, **drawn))
    made = instrument.render(request)
    saved = made.save(tmp_path / "work.json")
    folder = folder_of.get(instrument.card.id, instrument.card.id)
    assert elsewhere(folder, saved) == made.fingerprint


def test_weights_that_do_not_fit_are_refused(tiny_root, tmp_path):
    import shutil

    from tests.tiny import tiny_folder

    folder = tiny_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["network"]["w_dim"] = 24
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="damaged or not of its configuration"):
        Catalog((tmp_path,)).load("tiny")
    shutil.copy(tiny_root / "tiny" / "config.json", folder / "config.json")
    whole = (folder / "weights.safetensors").read_bytes()
    (folder / "weights.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny")
    (folder / "config.json").write_text("{")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("no such model")
