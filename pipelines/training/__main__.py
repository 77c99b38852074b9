"""``python -m pipelines.training FAMILY --data DIR --out DIR``: train on any folder."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch

from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.training.autoencoder_kl import AutoencoderRecipe, AutoencoderTraining
from pipelines.training.char_rnn import CharRecipe, CharTraining
from pipelines.training.chorale import ChoraleRecipe, ChoraleTraining
from pipelines.training.couplet import CoupletRecipe, CoupletTraining
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.dcgan import DCGANRecipe, DCGANTraining
from pipelines.training.diffusion import DiffusionRecipe, DiffusionTraining
from pipelines.training.groove import GrooveRecipe, GrooveTraining
from pipelines.training.inversion import InversionRecipe, InversionTraining
from pipelines.training.latent_decoder import DecoderRecipe, DecoderTraining
from pipelines.training.loop import Schedule, Trainable, train
from pipelines.training.melody import MelodyRecipe, MelodyTraining
from pipelines.training.muse_gan import MuseTraining
from pipelines.training.muse_gan_recipe import MuseRecipe
from pipelines.training.pattern import PatternRecipe, PatternTraining
from pipelines.training.pix2pix import Pix2PixRecipe, Pix2PixTraining
from pipelines.training.sprite_data import load_sprites
from pipelines.training.sprites import SpriteRecipe, SpriteTraining
from pipelines.training.stanza import StanzaRecipe, StanzaTraining
from pipelines.training.star_gan import StarGanRecipe, StarGanTraining
from pipelines.training.style_gan import StyleGanRecipe, StyleGanTraining
from pipelines.training.tiny_decoder import TinyRecipe, TinyTraining
from pipelines.training.tune import TuneRecipe, TuneTraining
from pipelines.training.upscaling import UpscalingRecipe, UpscalingTraining
from pipelines.training.vae import VAERecipe, VAETraining
from pipelines.training.verse import VerseRecipe, VerseTraining
from pipelines.training.vq import VQRecipe, VQTraining
from pipelines.training.vq_prior import VQPriorRecipe, VQPriorTraining

BUNDLED = Path(__file__).parents[2] / "assets" / "models" / "orchard-kl"
POMONA = BUNDLED.with_name("pomona")
RecipeT = TypeVar("RecipeT")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    given = parser().parse_args(arguments)
    try:
        torch.manual_seed(given.seed)
        if given.workers > 1:
            torch.set_num_threads(1)
        model = build(given)
        schedule = Schedule(given.minutes, given.max_steps, given.save_every)
        train(model, given.out, schedule, resume=given.resume)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="python -m pipelines.training", description=__doc__)
    made.add_argument("family", choices=FAMILIES)
    made.add_argument(
        "--data", type=Path, required=True, help="folder of pictures, poems or tunes"
    )
    made.add_argument("--out", type=Path, required=True, help="folder for the model")
    made.add_argument("--minutes", type=float, default=45.0, help="time for the whole run")
    made.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    made.add_argument(
        "--autoencoder", type=Path, default=BUNDLED, help="folder of the KL autoencoder"
    )
    made.add_argument("--start", type=Path, help="trained model of the family to go on from")
    made.add_argument(
        "--painter", type=Path, help="style-gan whose latents a decoder should also paint well"
    )
    made.add_argument("--size", type=int, help="side of the pictures, pixels; 128, of dcgan 64")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--workers", type=int, default=1, help="threads that split the batch")
    made.add_argument("--max-steps", type=int, default=0, help="stop after so many steps")
    made.add_argument("--save-every", type=float, default=4.0, help="minutes per checkpoint")
    made.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    made.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the recipe"
    )
    return made


def build(given: argparse.Namespace) -> Trainable:
    """Return the training of the family that was asked for."""
    return FAMILIES[given.family](given)


def _pictures(given: argparse.Namespace, usual: int = 128) -> Pictures:
    return load_pictures(given.data, given.size or usual, given.cache)


def _autoencoder(given: argparse.Namespace) -> Trainable:
    if given.start is None:
        recipe = with_settings(AutoencoderRecipe(), given.set)
        return AutoencoderTraining(_pictures(given), recipe, given.workers)
    return DecoderTraining(
        _pictures(given),
        with_settings(DecoderRecipe(), given.set),
        given.start,
        painter=given.painter,
        workers=given.workers,
    )


def _style_gan(given: argparse.Namespace) -> Trainable:
    return StyleGanTraining(
        _pictures(given),
        with_settings(StyleGanRecipe(), given.set),
        LatentCodec(load_autoencoder(given.autoencoder)),
        autoencoder=given.autoencoder.name,
        workers=given.workers,
        start=given.start,
    )


def _inversion(given: argparse.Namespace) -> Trainable:
    recipe = with_settings(InversionRecipe(), given.set)
    return InversionTraining(_pictures(given), recipe, given.start or POMONA)


def _tiny_decoder(given: argparse.Namespace) -> Trainable:
    recipe = with_settings(TinyRecipe(), given.set)
    return TinyTraining(_pictures(given), recipe, given.autoencoder, given.painter or POMONA)


def _pix2pix(given: argparse.Namespace) -> Trainable:
    return Pix2PixTraining(
        _pictures(given), with_settings(Pix2PixRecipe(), given.set), given.workers
    )


def _diffusion(given: argparse.Namespace) -> Trainable:
    return DiffusionTraining(
        _pictures(given),
        with_settings(DiffusionRecipe(), given.set),
        data=given.data,
        autoencoder=given.autoencoder,
        workers=given.workers,
        start=given.start,
    )


def _vae(given: argparse.Namespace) -> Trainable:
    recipe = with_settings(VAERecipe(), given.set)
    return VAETraining(_pictures(given), recipe, given.workers, given.start)


def _vq(given: argparse.Namespace) -> Trainable:
    recipe = with_settings(VQRecipe(), given.set)
    return VQTraining(
        _pictures(given), recipe, autoencoder=given.autoencoder, workers=given.workers
    )


def _vq_prior(given: argparse.Namespace) -> Trainable:
    if given.start is None:
        raise ValueError("start: a prior is trained on codes; give --start a folder of vq")
    recipe = with_settings(VQPriorRecipe(), given.set)
    return VQPriorTraining(
        _pictures(given), recipe, given.start, workers=given.workers, cache=given.cache
    )


def _pattern(given: argparse.Namespace) -> Trainable:
    return PatternTraining(given.data, with_settings(PatternRecipe(), given.set))


def _sprites(given: argparse.Namespace) -> Trainable:
    recipe = with_settings(SpriteRecipe(), given.set)
    return SpriteTraining(load_sprites(given.data, recipe.resolution), recipe, given.start)


def _star_gan(given: argparse.Namespace) -> Trainable:
    return StarGanTraining(
        _pictures(given),
        with_settings(StarGanRecipe(), given.set),
        autoencoder=given.autoencoder,
        painter=given.painter or POMONA,
        workers=given.workers,
        cache=given.cache,
        start=given.start,
    )


def _upscaling(given: argparse.Namespace) -> Trainable:
    return UpscalingTraining(given.data, with_settings(UpscalingRecipe(), given.set))


def _dcgan(given: argparse.Namespace) -> Trainable:
    recipe = with_settings(DCGANRecipe(), given.set)
    return DCGANTraining(_pictures(given, 64), recipe, given.start)


def _verse(given: argparse.Namespace) -> Trainable:
    return VerseTraining(given.data, with_settings(VerseRecipe(), given.set), given.start)


def _stanza(given: argparse.Namespace) -> Trainable:
    return StanzaTraining(given.data, with_settings(StanzaRecipe(), given.set), given.start)


def _melody(given: argparse.Namespace) -> Trainable:
    return MelodyTraining(given.data, with_settings(MelodyRecipe(), given.set))


def _groove(given: argparse.Namespace) -> Trainable:
    return GrooveTraining(given.data, with_settings(GrooveRecipe(), given.set))


def _couplet(given: argparse.Namespace) -> Trainable:
    return CoupletTraining(given.data, with_settings(CoupletRecipe(), given.set))


def _chorale(given: argparse.Namespace) -> Trainable:
    return ChoraleTraining(given.data, with_settings(ChoraleRecipe(), given.set), given.start)


def _muse_gan(given: argparse.Namespace) -> Trainable:
    return MuseTraining(given.data, with_settings(MuseRecipe(), given.set))


def _char_rnn(given: argparse.Namespace) -> Trainable:
    return CharTraining(given.data, with_settings(CharRecipe(), given.set), given.start)


def _tune(given: argparse.Namespace) -> Trainable:
    return TuneTraining(given.data, with_settings(TuneRecipe(), given.set), given.start)


FAMILIES: dict[str, Callable[[argparse.Namespace], Trainable]] = {
    "autoencoder-kl": _autoencoder,
    "tiny-decoder": _tiny_decoder,
    "style-gan": _style_gan,
    "inversion": _inversion,
    "pix2pix": _pix2pix,
    "diffusion": _diffusion,
    "vae": _vae,
    "vq": _vq,
    "vq-prior": _vq_prior,
    "pattern": _pattern,
    "star-gan": _star_gan,
    "upscaling": _upscaling,
    "sprites": _sprites,
    "dcgan": _dcgan,
    "verse": _verse,
    "stanza": _stanza,
    "melody": _melody,
    "groove": _groove,
    "couplet": _couplet,
    "chorale": _chorale,
    "tune": _tune,
    "muse-gan": _muse_gan,
    "char-rnn": _char_rnn,
}
"""Family -> its training."""


def with_settings(recipe: RecipeT, settings: list[str]) -> RecipeT:
    """Return the recipe with ``NAME=VALUE`` settings applied, each read as its default's type.

    Raises:
        ValueError: If a name is unknown or a value can't be read.
    """
    changes: dict[str, Any] = {}
    known: dict[str, Any] = dict(vars(recipe))
    for setting in settings:
        name, _, text = setting.partition("=")
        if name not in known:
            raise ValueError(f"--set {setting}: unknown name; known are {', '.join(known)}")
        default = known[name]
        if isinstance(default, tuple):
            changes[name] = tuple(int(part) for part in text.split(","))
        else:
            changes[name] = type(default)(text)
    return dataclasses.replace(recipe, **changes)  # type: ignore[type-var]


if __name__ == "__main__":
    sys.exit(main())
