"""A model's folder may come from anywhere: what it says is refused before anything is made of it.

Every family is read with every number of its configuration changed in a dozen ways, in a process
of its own whose memory is watched: it is refused in words, or paints as before.
"""

from __future__ import annotations

import copy
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from pipelines import bounds
from pipelines.bounds import bounded, check_config
from pipelines.catalog import Catalog
from pipelines.errors import DuetError, WeightsError
from pipelines.music import melody_inversion
from tests.tiny import (
    tiny_dcgan_folder,
    tiny_diffusion_folder,
    tiny_folder,
    tiny_pattern_folder,
    tiny_sketch,
    tiny_sprites_folder,
    tiny_star,
    tiny_vae_folder,
    tiny_vq,
)
from tests.tiny_couplet import tiny_couplet_folder
from tests.tiny_music import (
    tiny_chorale_folder,
    tiny_groove_folder,
    tiny_melody_folder,
    tiny_muse_gan_folder,
    tiny_tune_folder,
)
from tests.tiny_stanza import tiny_char_rnn_folder, tiny_stanza_folder
from tests.tiny_verse import tiny_tang_folder

FAMILIES: dict[str, Callable[[Path], Path]] = {
    "style-gan": tiny_folder,
    "pix2pix": tiny_sketch,
    "diffusion": tiny_diffusion_folder,
    "vae": tiny_vae_folder,
    "vq": tiny_vq,
    "pattern": tiny_pattern_folder,
    "star-gan": tiny_star,
    "sprites": tiny_sprites_folder,
    "dcgan": tiny_dcgan_folder,
    "tang": tiny_tang_folder,
    "stanza": tiny_stanza_folder,
    "couplet": tiny_couplet_folder,
    "char-rnn": tiny_char_rnn_folder,
    "melody": tiny_melody_folder,
    "chorale": tiny_chorale_folder,
    "tune": tiny_tune_folder,
    "muse-gan": tiny_muse_gan_folder,
    "groove": tiny_groove_folder,
}
SIZES = ("network", "autoencoder", "prior")
"""Where a configuration has the sizes of its networks; Llamas have them at the top."""
LLAMA = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")
LLAMA += ("num_attention_heads",)
LATER = ("reading", "num_classes")
"""Of an encoder, which is read when it is asked for, or of a part that a family leaves out."""
UNREAD = ("pad_token_id", "eos_token_id", "num_key_value_heads", "rope_parameters")
"""For transformers alone; Duet does not read them."""
DIFFUSERS = ("block_out_channels", "layers_per_block", "hidden_size", "num_hidden_layers")
"""Of the many values that diffusers and transformers write, some that are sizes."""
FEW = ("absurd", "rather large", "text")
"""Which of the ways are tried on them: these networks take longest to read."""
GONE = object()
HOSTILE: dict[str, Any] = {
    "absurd": 10**9,
    "beyond numbers": 10**400,
    "not a number": math.nan,
    "endless": math.inf,
    "large": 10**6,
    "rather large": 5_000,
    "negative": -1,
    "zero": 0,
    "text": "64",
    "nothing": None,
    "a list": [[8]],
    "an object": {"a": 1},
    "half": 2.5,
    "missing": GONE,
}
WRONG = {"rather large", "negative", "a list", "an object"}
"""These no size of a network may be."""
ALWAYS = ("absurd", "beyond numbers", "not a number", "endless")
"""These no configuration may have anywhere."""
MEMORY, SECONDS = 400, 20
"""MiB and seconds that reading one such folder may take; usually it is a tenth of them."""


def numbers(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of the numbers of a configuration; of a list the first."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from numbers(one, (*path, key))
    elif isinstance(value, list):
        if value:
            yield from numbers(value[0], (*path, 0))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def at(config: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        config = config[key]
    return config


def changed(config: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    made = copy.deepcopy(config)
    holder = at(made, path[:-1])
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return made


def read(root: Path, name: str) -> str:
    """What reading and painting says: a code, or nothing."""
    try:
        instrument = Catalog((root,)).load(name)
        instrument.render(instrument.request(seed=1))
    except DuetError as error:
        return error.code if error.name and error.rule and error.remedy else "says too little"
    return ""


def attack(folder: str, family: str) -> None:
    """Read a family's folder changed in every way; what is wrong goes to standard output."""
    root = Path(folder)
    name = FAMILIES[family](root).name
    assert read(root, name) == ""
    for file in sorted((root / name).glob("**/config.json")):
        text = file.read_text()
        config = json.loads(text)
        own = file.parent.name == name
        for path in numbers(config):
            if path[0] in UNREAD or not (own or path[0] in DIFFUSERS):
                continue
            refused = set()
            for kind in HOSTILE if own else FEW:
                value = HOSTILE[kind]
                file.write_text(json.dumps(changed(config, path, value)))
                before, began = peak(), time.monotonic()
                try:
                    code = read(root, name)
                except BaseException as error:
                    code = f"raises {error!r}"
                    print(family, path, kind, code, flush=True)
                refused |= {kind} if code else set()
                if peak() - before > MEMORY or time.monotonic() - began > SECONDS:
                    print(family, path, kind, f"takes {peak() - before} MiB", flush=True)
                if kind in ALWAYS and code != "bad_config":
                    print(family, path, kind, f"says {code!r}", flush=True)
            size = path[0] in SIZES or (len(path) == 1 and path[0] in LLAMA)
            size = size and isinstance(at(config, path), int) and path[-1] not in LATER
            if size and own and not refused >= WRONG:
                print(family, path, "is read as", sorted(WRONG - refused), flush=True)
        file.write_text(text)


def peak() -> int:
    """MiB that this process ever took."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


@pytest.mark.parametrize("family", FAMILIES)
def test_no_configuration_takes_memory_or_falls_over(family, tmp_path):
    room = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({16 << 30},) * 2)"
    run = f"from tests.test_bounds import attack; attack({str(tmp_path)!r}, {family!r})"
    told = subprocess.run(
        [sys.executable, "-c", f"{room}; import tests; {run}"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert told.stdout == ""


@pytest.fixture
def tiny_here(tmp_path: Path) -> Path:
    """A folder of models with one that is as it should be, and one to spoil."""
    tiny_folder(tmp_path)
    tiny_folder(tmp_path, "spoilt")
    return tmp_path


def refused(root: Path, name: str = "spoilt") -> WeightsError:
    with pytest.raises(WeightsError) as caught:
        Catalog((root,)).load(name)
    return caught.value


NESTED = "[" * 40 + "]" * 40


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_model"),
        ("{", "no_model"),
        ("[" * 200_000, "no_model"),
        ("[]", "unknown_family"),
        ("null", "unknown_family"),
        ('{"family": ["style-gan"]}', "unknown_family"),
        ('{"family": {"style-gan": 1}}', "unknown_family"),
        ('{"family": "style-gan"}', "bad_weights"),
        ('{"family": "style-gan", "network": 3}', "bad_weights"),
        ('{"family": "style-gan", "network": ' + NESTED + "}", "bad_config"),
        ('{"family": "style-gan", "id": "' + "x" * 20_000 + '"}', "bad_config"),
        ('{"family": "style-gan", "a": [' + "0," * 200_000 + "0]}", "bad_config"),
        ('{"family": "style-gan"}' + " " * (5 << 20), "bad_config"),
    ],
)
def test_a_configuration_that_is_none_is_refused_and_the_others_play(tiny_here, text, code):
    (tiny_here / "spoilt" / "config.json").write_text(text)
    found = refused(tiny_here)
    assert found.code == code
    assert len(str(found)) < 600
    assert "tiny" in [card.id for card in Catalog((tiny_here,)).available()]
    assert read(tiny_here, "tiny") == ""


@pytest.mark.parametrize(
    "card",
    [
        b"\xff\xfe",
        b"---\norder: first\n---\n",
        b"---\nmedium: cheese\n---\n",
        b"---\nmedium: [picture]\n---\n",
        b"---\ntitle: {unclosed\n---\n",
    ],
)
def test_a_card_that_cannot_be_read_takes_its_own_model_away_alone(tiny_here, card):
    (tiny_here / "spoilt" / "card.md").write_bytes(card)
    assert [one.id for one in Catalog((tiny_here,)).available()] == ["tiny"]
    assert refused(tiny_here).code == "bad_weights"


@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_weights_that_are_cut_short_are_refused(tiny_here, size):
    file = tiny_here / "spoilt" / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:size])
    assert refused(tiny_here).code == "bad_weights"


def test_a_taught_version_is_bound_by_the_same(tiny_here, tmp_path):
    base = Catalog((tiny_here,)).load("tiny").pipeline.weights.base
    folder = tmp_path / "versions" / base
    folder.parent.mkdir()
    (tiny_here / "spoilt").rename(folder)
    (folder / "version.json").write_text(json.dumps({"model": "tiny"}))
    config = json.loads((folder / "config.json").read_text())
    catalog = Catalog((tiny_here,), versions=folder.parent)
    assert catalog.load_version("tiny", base).card.id == "tiny"
    for value, code in ((10**9, "bad_config"), (5_000, "bad_weights"), ("8", "bad_weights")):
        spoilt = changed(config, ("network", "z_dim"), value)
        (folder / "config.json").write_text(json.dumps(spoilt))
        with pytest.raises(WeightsError) as caught:
            catalog.load_version("tiny", base)
        assert caught.value.code == code
    assert read(tiny_here, "tiny") == ""


def test_an_encoder_that_is_read_later_is_bound_too(tmp_path):
    folder = tiny_melody_folder(tmp_path)
    tunes = Catalog((tmp_path,)).load("tiny-melody")
    config = json.loads((folder / "config.json").read_text())
    for value, code in ((10**9, "bad_config"), (10**6, "bad_config"), ("8", "bad_weights")):
        (folder / "config.json").write_text(
            json.dumps(changed(config, ("network", "reading"), value))
        )
        with pytest.raises(WeightsError) as caught:
            melody_inversion.read(tunes.pipeline)
        assert caught.value.code == code


def test_nothing_is_made_that_no_weights_could_fill(tiny_here, monkeypatch):
    """The numbers are within bounds, and each alone is harmless."""
    import torch

    monkeypatch.setattr(bounds, "LEAST_ELEMENTS", 1 << 10)
    folder = tiny_here / "spoilt"
    (folder / "weights.safetensors").write_bytes(b"")
    (folder / "directions.safetensors").unlink(missing_ok=True)
    for make in (
        lambda: torch.empty(1 << 40),
        lambda: torch.zeros((1 << 20, 1 << 20)),
        lambda: torch.nn.Linear(1 << 20, 1 << 20),
        lambda: torch.arange(1 << 40),
        lambda: torch.eye(1 << 20),
        lambda: torch.full(size=(1 << 40,), fill_value=0.0),
        lambda: [torch.empty(1 << 9) for _ in range(1 << 20)],
        lambda: [torch.empty(1) for _ in range(1 << 20)],
        lambda: torch.nn.LSTM(1, 1, num_layers=1 << 20),
    ):
        with pytest.raises(WeightsError) as caught, bounded(folder, {}):
            make()
        assert caught.value.code == "bad_config"
    torch.empty(1 << 12)  # outside all is as before


def test_every_bundled_model_is_within_bounds():
    for config in sorted(Path("assets/models").glob("*/**/config.json")):
        check_config(json.loads(config.read_text()))


def test_the_sentences_name_what_is_wrong():
    with pytest.raises(WeightsError) as caught:
        check_config({"network": {"channels": [64, 10**12]}})
    assert str(caught.value) == (
        "config.network.channels[1]=1000000000000 is outside [-16777216, 16777216]; "
        "get the model again"
    )


def test_first_weights_are_not_drawn(tiny_root):
    before = torch.random.get_rng_state()
    with bounded(tiny_root / "tiny", {}):
        torch.nn.Sequential(
            torch.nn.Linear(8, 8), torch.nn.Conv2d(3, 8, 3), torch.nn.Embedding(4, 8)
        )
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.nn.Linear(8, 8)
    assert not torch.equal(torch.random.get_rng_state(), before)


def test_what_is_loaded_is_what_the_file_says(tiny_root):
    generator = Catalog((tiny_root,)).load("tiny").pipeline.generator
    state = generator.state_dict()
    for name, stored in load_file(tiny_root / "tiny" / "weights.safetensors").items():
        assert torch.equal(state[name], stored.float()), name
