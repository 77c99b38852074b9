"""Loads what inversion takes: the encoder beside the weights, the autoencoder, the features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.bounds import bounded
from pipelines.image.inversion import StyleInversion
from pipelines.inverting import not_invertible
from pipelines.networks.style_inverter import FILE, load_inverter

if TYPE_CHECKING:
    from torch import nn

    from pipelines.image.style_gan import StyleGAN
    from pipelines.image.style_gan_files import Places
    from pipelines.networks.style_inverter import StyleInverter

__all__ = ["read"]


def read(pipeline: StyleGAN) -> StyleInversion:
    """The inversion of a loaded generator; heavy, so loaded only when it is asked for.

    A model without an encoder of its own starts from the nearest of some random works; a taught
    version takes its original's, since both share one space.

    Raises:
        PipelineError: ``not_invertible`` for a pipeline that was built in memory.
        WeightsError: For an encoder that is damaged or of another generator.
    """
    from pipelines.training import features

    places = pipeline.places
    if places is None:
        raise not_invertible(pipeline.card.id)
    encoder, codec = _encoder(pipeline, places), _codec(places)
    own = json.loads((features.FOLDER / "config.json").read_text(encoding="utf-8"))
    return StyleInversion(
        pipeline,
        encoder,
        codec,
        features=features.load().requires_grad_(requires_grad=False),
        kinds=tuple(own["classes"]),
    )


def _encoder(pipeline: StyleGAN, places: Places) -> StyleInverter | None:
    for folder in (places.folder, places.folder_of.get(pipeline.card.id)):
        if folder is not None and (folder / FILE).is_file():
            with bounded(folder, {}):
                return load_inverter(folder / FILE)
    return None


def _codec(places: Places) -> nn.Module | None:
    from pipelines.image.autoencoder import LatentCodec, load_autoencoder

    config = json.loads((places.folder / "config.json").read_text(encoding="utf-8"))
    name = config.get("autoencoder")
    if not name:
        return None
    import torch

    with bounded(places.folder, places.folder_of):
        codec = LatentCodec(load_autoencoder(Path(places.folder_of[name])))
        codec.latents_mean = torch.tensor(config["latent_mean"]).reshape(1, -1, 1, 1)
        codec.latents_std = torch.tensor(config["latent_std"]).reshape(1, -1, 1, 1)
    return codec
