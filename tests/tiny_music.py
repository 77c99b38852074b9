"""Tiny real models of melodies, chorales, tunes and drums, and a little music to train on."""

import json
from pathlib import Path

import numpy as np
import torch

from pipelines.latents import Direction, normal
from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.chorale_grid import vocabulary
from pipelines.music.drum_attributes import ATTRIBUTES as DRUM_ATTRIBUTES
from pipelines.music.muse_roll import NUM_PITCHES, SILENT
from pipelines.networks import groove
from pipelines.networks.chorale_files import LENGTH, save_choir
from pipelines.networks.groove_files import save_groove
from pipelines.networks.melody import Decoder, Encoder, MelodySizes
from pipelines.networks.melody_files import save_melody
from pipelines.networks.muse_gan import Generator, MuseSizes, Reader
from pipelines.networks.muse_gan_files import save_muse
from pipelines.networks.muse_measures import ATTRIBUTES as VOICE_ATTRIBUTES
from pipelines.networks.tune import TuneLSTM, TuneSizes
from pipelines.networks.tune_files import save_tune
from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.training.chorale_corpus import CHORALES
from pipelines.training.dimensions import save_directions
from pipelines.training.melody_corpus import HOLD, TUNES

__all__ = [
    "figures",
    "tiny_chorale_folder",
    "tiny_groove_folder",
    "tiny_melody_folder",
    "tiny_muse_gan_folder",
    "tiny_tune_folder",
    "write_chorales",
    "write_tunes",
]

CARD = """---
title: {en: Tiny melodies, zh: 小小旋律}
medium: music
version: 1
license: Apache-2.0
credit: Random weights, no data
---
# Tiny melodies

Random weights of the real classes, for tests.
"""
FIDDLE = CARD.replace("Tiny melodies", "Tiny tunes").replace("小小旋律", "小小舞曲")
DRUMMER = CARD.replace("Tiny melodies", "Tiny grooves").replace("小小旋律", "小小鼓点")
DRUMMER = DRUMMER.replace("medium: music", "medium: drums")
CONSORT = CARD.replace("Tiny melodies", "Tiny consorts").replace("小小旋律", "小小合奏")
CHOIR = CARD.replace("Tiny melodies", "Tiny chorales").replace("小小旋律", "小小众赞歌")
SIZES = MelodySizes(z_dim=24, quarter=24, width=24, memory=16, embedding=8, reading=16)


def figures(score):
    """Speed, voice and notes of a score, 4,096 numbers."""
    told = [score.tempos[0].mspq / 1000, *(track.program for track in score.tracks)]
    notes = [
        (n.time / 10, n.duration / 10, n.pitch, n.velocity) for t in score.tracks for n in t.notes
    ]
    found = np.zeros(4096)
    flat = np.array([*told, *np.ravel(notes)])
    found[: len(flat)] = flat
    return found.astype(int)


def tiny_melody_folder(root: Path, name: str = "tiny-melody", seed: int = 0) -> Path:
    """Write an autoencoder of random weights; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    encoder, decoder = Encoder(SIZES), Decoder(SIZES)
    with torch.no_grad():  # as trained: what z wants and what was written is heard
        for weight in decoder.parameters():
            if weight.ndim > 1:
                weight.mul_(3)
        decoder.wanted.weight.mul_(4)
        decoder.gains.mul_(0.2)  # of few notes that are sure, none would be drawn otherwise
        decoder.wanted.bias[0] += 6  # as in tunes, many sixteenths begin no note
    save_melody(encoder, decoder, folder)
    _tiny_directions(ATTRIBUTES, SIZES.z_dim, folder)
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    return folder


def _tiny_directions(names, z_dim, folder: Path) -> None:
    """Give a model an orthogonal direction for every name."""
    flat = normal(3, (len(names), z_dim), "tiny directions")
    basis = np.linalg.qr(flat.T)[0].T.astype(np.float32)[:, None]
    shown = [
        Direction(one, vector.copy(), {one: 0.8}) for one, vector in zip(names, basis, strict=True)
    ]
    save_directions(shown, folder)


def tiny_groove_folder(root: Path, name: str = "tiny-groove", seed: int = 0) -> Path:
    """Write an autoencoder of drum patterns with random weights; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    sizes = groove.GrooveSizes(num_styles=2, z_dim=16, beat=24, reading=12)
    encoder, decoder = groove.Encoder(sizes), groove.Decoder(sizes)
    with torch.no_grad():  # as trained: sure of what z wants, and most cells are silent
        for weight in decoder.parameters():
            if weight.ndim > 1:
                weight.mul_(3)
        decoder.out.bias.view(-1, groove.LEVELS)[:, 0] += 3
    save_groove(encoder, decoder, ("rock", "funk"), folder)
    _tiny_directions(DRUM_ATTRIBUTES, sizes.z_dim, folder)
    (folder / "card.md").write_text(DRUMMER, encoding="utf-8")
    return folder


def write_tunes(folder: Path, count: int = 60) -> Path:
    """Write ``tunes.json`` with runs up and down the scale of D in every metre."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.random.Generator(np.random.Philox(0))
    scale = [62, 64, 66, 67, 69, 71, 73, 74]
    tunes = []
    for number in range(count):
        metre, steps = [("4/4", 16), ("3/4", 12), ("6/8", 12)][number % 3]
        line = np.abs((np.cumsum(drawn.integers(-1, 2, 6 * steps)) + 4) % 14 - 7)
        rows = np.where(np.arange(6 * steps) % 2, HOLD, np.take(scale, line)).reshape(6, steps)
        bars = [None, *rows.tolist()]
        told = {"title": f"No. {number}", "metre": metre, "tonic": 2, "mode": "major"}
        tunes.append(told | {"bars": bars})
    (folder / TUNES).write_text(json.dumps({"schema": 1, "tunes": tunes}), encoding="utf-8")
    return folder


def tiny_tune_folder(root: Path, name: str = "tiny-tune", seed: int = 0) -> Path:
    """Write a recurrent network of tunes with random weights; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    model = TuneLSTM(TuneSizes(width=16, memory=24, num_layers=2))
    with torch.no_grad():  # as trained: what was told and written before is heard
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.mul_(4)
    save_tune(model, folder)
    (folder / "card.md").write_text(FIDDLE, encoding="utf-8")
    return folder


def tiny_chorale_folder(root: Path, name: str = "tiny-chorale", seed: int = 0) -> Path:
    """Write a chorale Transformer of random weights; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    tokens = len(vocabulary().names)
    sizes = PoemSizes(tokens, width=32, hidden=48, num_layers=2, num_heads=2, length=LENGTH)
    choir = PoemTransformer(sizes)
    with torch.no_grad():  # as trained: what was told and written before is heard
        for weight in choir.parameters():
            weight.mul_(12 if weight.ndim > 1 else 1.25)
    save_choir(choir, folder)
    (folder / "card.md").write_text(CHOIR, encoding="utf-8")
    return folder


def tiny_muse_gan_folder(root: Path, name: str = "tiny-muse-gan", seed: int = 0) -> Path:
    """Write a GAN of four voices with random weights; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    sizes = MuseSizes(shared=8, private=2, width=24, heads=2, blocks=2)
    encoder, generator = Reader(sizes, 2 * sizes.z_dim), Generator(sizes)
    with torch.no_grad():  # as trained: z is heard, and what sounds goes on for a while
        for weight in generator.parameters():
            if weight.ndim > 1:
                weight.mul_(3)
        said = generator.unfolded.bias.view(-1, NUM_PITCHES + 1)
        said[:, SILENT] -= 3
        said[:, -1] -= 1
    save_muse(encoder, generator, folder)
    _tiny_directions(VOICE_ATTRIBUTES, sizes.z_dim, folder)
    (folder / "card.md").write_text(CONSORT, encoding="utf-8")
    return folder


def write_chorales(folder: Path, count: int = 40) -> Path:
    """Write ``chorales.json`` with triads of G that walk along the scale."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.random.Generator(np.random.Philox(0))
    scale = [55, 57, 59, 60, 62, 64, 66, 67, 69, 71, 72, 74, 76, 78]
    chorales = []
    for number in range(count):
        metre, bar = [("4/4", 16), ("3/4", 12)][number % 5 == 0]
        upbeat, beats = 4 * (number % 2), 8 * bar // 4
        line = np.abs((np.cumsum(drawn.integers(-1, 2, beats)) + 3) % 8 - 4)
        line[-bar // 4 :] = 0
        rows = []
        for above, down in ((7, 0), (4, 0), (2, 0), (0, 12)):
            row = np.full((beats, 4), HOLD)
            row[:, 0] = np.take(scale, line + above) - down
            rows.append(np.roll(row.reshape(-1), upbeat).tolist())
        fermatas = [4 * (beats // 2) + upbeat, 4 * beats - 4]
        told = {"name": f"bwv{number}.1", "metre": metre, "tonic": 7, "mode": "major"}
        told |= {"upbeat": upbeat, "voices": rows, "fermatas": fermatas}
        chorales.append(told)
    (folder / CHORALES).write_text(json.dumps({"schema": 1, "chorales": chorales}))
    return folder
