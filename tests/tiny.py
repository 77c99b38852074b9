"""Tiny real models: the true classes with a few thousand random weights, in a user's layout.

``tiny_sketch(root)`` writes ``root/tiny-sketch`` (a painter of sketches with an example);
``tiny_folder(root)`` writes ``root/tiny`` (a conditional style-based GAN in latent mode with its
directions and card) and ``root/tiny-kl`` (a diffusers ``AutoencoderKL``), in well under a second.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from pipelines.image.sketch_files import write_sketch
from pipelines.latents import Direction, normal
from pipelines.networks.pix2pix import Painter, PainterSizes, PaintingEncoder
from pipelines.networks.pix2pix_files import save_painter
from pipelines.networks.style_gan2 import Generator, GeneratorSizes, save_generator
from pipelines.networks.vae import Decoder, Encoder, VAESizes
from pipelines.networks.vae_files import save_vae
from pipelines.training.dimensions import effects, ordered, save_directions

SPECIES = ("apple", "pear", "plum")
NAMED = ("warmth", "lightness", "saturation", "size", "roundness", "detail", "position")
SKETCH_SIDE = 32
CARD = """---
title: {en: Tiny fruit, zh: 小小水果}
medium: picture
version: 1
license: Apache-2.0
credit: Random weights, no data
---
# Tiny fruit

Random weights of the real classes, for tests.
"""


def autoencoder(folder: Path) -> None:
    """A random 8-times ``AutoencoderKL`` of about 30 thousand weights."""
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        sample_size=128,
        mid_block_add_attention=False,
    ).save_pretrained(folder)


def directions(folder: Path, shape: tuple[int, ...]) -> None:
    """Random orthogonal directions under the seven names, and three for PCA."""
    names = (*NAMED, "pca_1", "pca_2", "pca_3")
    flat = normal(3, (len(names), int(np.prod(shape))), "tiny directions")
    basis = np.linalg.qr(flat.T)[0].T.astype(np.float32) * 3
    vectors = {n: v.reshape(shape).copy() for n, v in zip(names, basis, strict=True)}
    listed = []
    for name, vector in vectors.items():
        kind = "pca" if name.startswith("pca") else "attribute"
        effect = {n: (0.8 if n == name else 0.1) for n in NAMED[:3]} if kind != "pca" else {}
        identifier = Direction(name, vector).id
        listed.append({"name": name, "kind": kind, "id": identifier, "effect": effect})
    save_file(vectors, folder / "directions.safetensors")
    (folder / "directions.json").write_text(json.dumps({"schema": 1, "directions": listed}))


def tiny_diffusion_folder(root: Path, name: str = "tiny-diffusion") -> Path:
    """Write ``root/<name>``, a latent diffusion model that reads ten words."""
    from pipelines.image.diffusion_files import (
        DiffusionSizes,
        build_text_encoder,
        build_tokenizer,
        build_unet,
        folded_autoencoder,
        save_folder,
    )

    shared = root / "tiny-kl"
    if not shared.exists():
        autoencoder(shared)
    torch.manual_seed(1)
    sizes = DiffusionSizes((16, 16), 2, text_width=16, max_words=12, norm_num_groups=4)
    tokenizer = build_tokenizer(("a", *SPECIES, "red", "green", "half", "with", "of"), 12)
    unet = build_unet(sizes, latent_channels=4, side=16)
    text_encoder = build_text_encoder(sizes, len(tokenizer))
    with torch.no_grad():  # as trained: words are heard
        for key, value in text_encoder.named_parameters():
            if key.endswith("final_layer_norm.weight"):
                value.fill_(6.0)
        unet.conv_out.weight.mul_(4.0)
    folder = root / name
    networks = {"unet": unet, "text_encoder": text_encoder, "vae": folded_autoencoder(shared)}
    save_folder(folder, {"kinds": list(SPECIES)}, networks=networks, tokenizer=tokenizer)
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    shifts = {n: normal(i, (16,), "tiny shifts") * 2 for i, n in enumerate(NAMED[:2])}
    save_file(shifts, folder / "shifts.safetensors")
    return folder


def tiny_vq(root: Path, name: str = "tiny-vq") -> Path:
    """Write ``root/<name>``, a vector-quantised model of 64 px with 32 codes."""
    from pipelines.networks.code_transformer import CodeTransformer, TransformerSizes
    from pipelines.networks.vq_autoencoder import VQAutoencoder, VQSizes
    from pipelines.networks.vq_files import save_prior, save_vq

    torch.manual_seed(0)
    folder, num_codes = root / name, 32
    sizes = VQSizes(channels=(8, 8, 8, 8), num_groups=4, num_codes=num_codes)
    vq = VQAutoencoder(sizes).eval()
    codes = TransformerSizes(
        num_codes, side=8, num_classes=len(SPECIES), width=32, num_layers=2, num_heads=2,
        context_width=16, context_layers=1,
    )  # fmt: skip
    prior = CodeTransformer(codes).eval()
    prior.read_codebook(vq.codebook.vectors)
    with torch.no_grad():  # as trained: codes are told apart, on the way in and on the way out
        vq.encoder.conv_out.weight.mul_(8.0)
        prior.leave.weight.mul_(6.0)
        prior.tell.weight.mul_(6.0)
        prior.classes.weight.mul_(3.0)
    config = {
        "id": name,
        "family": "vq",
        "species": list(SPECIES),
        "species_frequency": [0.5, 0.3, 0.2],
        "blank": 0,
    }
    save_vq(vq, folder, config)
    whole = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    save_prior(prior, folder, whole)
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    return folder


def tiny_star(root: Path, name: str = "tiny-star", seed: int = 0) -> Path:
    """Write ``root/<name>``, a translator of 128 px with two sources; returns its folder."""
    from PIL import Image, ImageDraw

    from pipelines.networks.discriminator import DiscriminatorSizes
    from pipelines.networks.star_gan import StarGan, StarGanSizes, save_star_gan

    shared = root / "tiny-kl"
    if not shared.exists():
        autoencoder(shared)
    torch.manual_seed(seed)
    made = GeneratorSizes(
        z_dim=16, w_dim=16, num_classes=len(SPECIES), channels=(16, 16, 16), num_mapping_layers=2
    )
    body = DiscriminatorSizes(4, len(SPECIES), channels=(8, 8, 16), features=16)
    model = StarGan(StarGanSizes(made, body)).eval()
    with torch.no_grad():  # as trained: a source is seen
        for plane in model.translator.planes:
            plane.weight.normal_()
    model.measure(draws=64)
    config = {
        "id": name,
        "family": "star-gan",
        "autoencoder": "tiny-kl",
        "species": list(SPECIES),
        "species_frequency": [0.5, 0.3, 0.2],
    }
    folder = root / name
    save_star_gan(model, folder, config)
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    directions(folder, (1, made.w_dim))
    (folder / "sources").mkdir(exist_ok=True)
    for number in range(2):
        sheet = Image.new("RGB", (128, 128), (244, 236, 216))
        ImageDraw.Draw(sheet).ellipse((20, 30 + 20 * number, 90, 100), fill=(170, 40, 30))
        sheet.save(folder / "sources" / f"{number}.png")
    return folder


def tiny_folder(root: Path, name: str = "tiny", seed: int = 0) -> Path:
    """Write the model and its autoencoder under ``root``; returns the model's folder."""
    folder = root / name
    shared = root / "tiny-kl"
    if not shared.exists():
        autoencoder(shared)
    torch.manual_seed(seed)
    sizes = GeneratorSizes(
        z_dim=16, w_dim=16, num_classes=len(SPECIES), channels=(16, 16, 16), num_mapping_layers=2
    )
    generator = Generator(sizes)
    with torch.no_grad():  # as trained: noise has a strength, and the classes have their own means
        for key, value in generator.named_parameters():
            if key.endswith("noise_strength"):
                value.fill_(0.1)
        z = torch.from_numpy(normal(0, (256, 16), "tiny means"))
        for label in range(len(SPECIES)):
            labels = torch.full((256,), label)
            generator.w_mean[label] = generator.mapping.one(z, labels).mean(0)
    config = {
        "id": name,
        "family": "style-gan",
        "autoencoder": "tiny-kl",
        "species": list(SPECIES),
        "species_frequency": [0.5, 0.3, 0.2],
        "latent_mean": [0.0] * 4,
        "latent_std": [2.0] * 4,
    }
    save_generator(generator, folder, config)
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    directions(folder, (sizes.num_ws, sizes.w_dim))
    return folder


def tiny_sketch(root: Path, name: str = "tiny-sketch", seed: int = 0) -> Path:
    """Write a painter of sketches of 32 px and two example sketches; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    sizes = PainterSizes(
        z_dim=8, style_dim=16, resolution=SKETCH_SIDE, channels=(8, 8, 16), num_groups=4
    )
    painter = Painter(sizes)
    with torch.no_grad():  # as trained: a style is seen
        for layer in (*painter.bottom, *painter.ups):
            layer.style.affine.weight.mul_(4)
    encoder = PaintingEncoder(in_channels=3, z_dim=8, width=4)
    save_painter(painter, folder, {"id": name, "family": "pix2pix"}, encoder)
    (folder / "card.md").write_text(CARD.replace("Tiny fruit", "Tiny sketches"), encoding="utf-8")
    directions(folder, (2 + len(painter.ups), 8))
    (folder / "sketches").mkdir(exist_ok=True)
    for number in range(2):
        (folder / "sketches" / f"{number}.png").write_bytes(write_sketch(tiny_drawing(number)))
    return folder


def tiny_vae_folder(root: Path, name: str = "tiny-vae", seed: int = 0) -> Path:
    """Write a variational autoencoder of 32 px with two label sliders; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    sizes = VAESizes(z_dim=12, resolution=32, channels=(8, 16), hidden=24, num_groups=4)
    encoder, decoder = Encoder(sizes), Decoder(sizes).eval()
    with torch.no_grad():  # as trained: z is seen in every part, some of it more than the rest
        decoder.hidden.weight.mul_(torch.linspace(1, 4, 12))
        decoder.leave.weight.mul_(3)
    save_vae(encoder, decoder, folder)
    (folder / "card.md").write_text(CARD.replace("Tiny fruit", "Tiny faces"), encoding="utf-8")
    labels = [
        Direction(n, normal(i, (1, 12), "tiny labels"), {n: 0.8}) for i, n in enumerate(NAMED[:2])
    ]
    save_directions([*labels, *ordered(effects(decoder, draws=2))], folder)
    return folder


def tiny_dcgan_folder(root: Path, name: str = "tiny-dcgan", seed: int = 0) -> Path:
    """Write a deep convolutional GAN of 32 px with two sliders; returns its folder."""
    from pipelines.networks.dcgan import DCGANSizes, Generator, save_generator
    from pipelines.training.dcgan import measure_norms

    folder = root / name
    torch.manual_seed(seed)
    generator = measure_norms(Generator(DCGANSizes(z_dim=16, resolution=32, width=8)))
    with torch.no_grad():  # as trained: z is seen
        generator.layers[-1].weight.mul_(15)
    save_generator(generator, folder, {"id": name, "family": "dcgan"})
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    directions(folder, (1, 16))
    return folder


def tiny_pattern_folder(root: Path, name: str = "tiny-pattern", seed: int = 0) -> Path:
    """Write a loom of three small designs with two sliders; returns its folder."""
    from pipelines.networks.pattern import Lapped, PatternSizes
    from pipelines.networks.pattern_files import save_pattern

    folder = root / name
    torch.manual_seed(seed)
    sizes = PatternSizes(latent_channels=6, field_channels=4, style_dim=16)
    lapped = Lapped(sizes)
    with torch.no_grad():  # as trained: a latent of 1 is seen
        lapped.synthesis.mul_(2)
    waves = torch.arange(48)[:, None] * torch.arange(1, 7)[None] / 7.0
    designs = []
    for i, kind in enumerate(SPECIES):
        across, down = (waves * (1 + i)).sin(), (waves + i).cos()
        noise = 0.3 * torch.randn(6, 48, 40)
        designs.append((kind, across.T[:, :, None] * down.T[:, None, :40] + noise))
    save_pattern(folder, sizes, lapped, designs)
    (folder / "card.md").write_text(CARD.replace("Tiny fruit", "Tiny patterns"), encoding="utf-8")
    shown = []
    for i, label in enumerate(("lightness", "saturation")):
        vector = np.zeros((17, 16), np.float32)
        vector[-1, (-5, -3)[i]] = 1.0
        shown.append(Direction(label, vector, {label: 0.8}))
    save_directions(shown, folder)
    return folder


def tiny_sprites_folder(root: Path, name: str = "tiny-sprites", seed: int = 0) -> Path:
    """Write a field of sprites of 32 px in three kinds with two sliders; returns its folder."""
    from pipelines.image.sprite_files import shape_of
    from pipelines.networks.sprites import SpriteField, SpriteSizes
    from pipelines.networks.sprites_files import save_field

    folder = root / name
    torch.manual_seed(seed)
    field = SpriteField(SpriteSizes(len(SPECIES), channels=(16, 32)))
    told = {
        "species": list(SPECIES),
        "species_frequency": [5, 3, 2],
        "correlation": np.eye(3).tolist(),
    }
    save_field(folder, field, told)
    (folder / "card.md").write_text(CARD.replace("Tiny fruit", "Tiny sprites"), encoding="utf-8")
    shown = []
    for label, place in (("size", len(SPECIES)), ("warmth", -2)):
        vector = np.zeros(shape_of(32), np.float32)
        vector[-1, place] = 1.0
        shown.append(Direction(label, vector, {label: 0.8}))
    save_directions(shown, folder)
    return folder


def tiny_drawing(number: int = 0) -> np.ndarray:
    """A square of ink with a colour inside, [5, 32, 32]; another number, another place."""
    sketch = np.zeros((5, SKETCH_SIDE, SKETCH_SIDE), np.float32)
    low, high = 6 + 2 * number, 24
    sketch[0, low:high, [low, high - 1]] = 1
    sketch[0, [low, high - 1], low:high] = 1
    inside = (slice(low + 4, low + 8), slice(low + 4, low + 10))
    sketch[1:4, *inside] = np.array([0.4, -0.6, -0.6])[:, None, None]
    sketch[4, *inside] = 1
    return sketch
