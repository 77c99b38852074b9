"""The folder of a latent diffusion model, as plain diffusers reads it.

``model_index.json`` with ``unet``, ``vae``, ``text_encoder``, ``tokenizer`` and ``scheduler``
(Rombach et al. 2022, https://arxiv.org/abs/2112.10752), weights in half precision. The U-Net
lives in normalised latents z = (h - mean) / deviation per channel, of which
``StableDiffusionPipeline`` knows nothing: so the copy of the autoencoder in the folder has both
folded into its 1 x 1 convolutions, and its scaling factor is 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from pipelines.image.autoencoder import LatentCodec, load_autoencoder

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextModel, PreTrainedTokenizerFast

__all__ = [
    "GUIDANCE",
    "DiffusionSizes",
    "Trained",
    "build_text_encoder",
    "build_tokenizer",
    "build_unet",
    "folded_autoencoder",
    "load_trained",
    "noise_schedule",
    "save_folder",
]

BEGIN, END, UNKNOWN, PAD = "<|startoftext|>", "<|endoftext|>", "<|unknown|>", "<|pad|>"
NUM_TRAIN_TIMESTEPS = 1000
GUIDANCE = 2.5
"""Guidance scale of a model whose ``config.json`` says nothing else."""
NO_VARIANCE = -30.0
"""The least logarithm of a variance that diffusers knows."""


@dataclass(frozen=True)
class DiffusionSizes:
    """Sizes of a diffusion model.

    Attributes:
        channels: Of the U-Net, one a level; each level but the last halves the latent. All but
            the first level look at the caption.
        num_heads: Of every attention; divides the channels.
        layers_per_block: Residual blocks a level on the way down; one more on the way up.
        text_width: Channels of the text encoder.
        text_layers: Its layers.
        max_words: Length of a caption in tokens, the two at its ends included.
        norm_num_groups: Groups of every group norm; divides all channels.
    """

    channels: tuple[int, ...] = (64, 128, 128)
    num_heads: int = 4
    layers_per_block: int = 1
    text_width: int = 128
    text_layers: int = 2
    max_words: int = 24
    norm_num_groups: int = 16


def build_unet(sizes: DiffusionSizes, *, latent_channels: int, side: int) -> UNet2DConditionModel:
    """Return an untrained U-Net for latents [N, ``latent_channels``, ``side``, ``side``]."""
    from diffusers import UNet2DConditionModel

    lower = len(sizes.channels) - 1
    return UNet2DConditionModel(
        sample_size=side,
        in_channels=latent_channels,
        out_channels=latent_channels,
        block_out_channels=sizes.channels,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * lower),
        up_block_types=(*("CrossAttnUpBlock2D",) * lower, "UpBlock2D"),
        layers_per_block=sizes.layers_per_block,
        cross_attention_dim=sizes.text_width,
        attention_head_dim=sizes.num_heads,  # diffusers' name for the number of heads
        norm_num_groups=sizes.norm_num_groups,
    )


def build_tokenizer(words: Iterable[str], max_words: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer of whole words in that order, repeated ones once.

    Letters are lowered and other signs left out.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = (PAD, BEGIN, END, UNKNOWN)
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys((*special, *words)))}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    made.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " ")]
    )
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        special_tokens=[(BEGIN, vocabulary[BEGIN]), (END, vocabulary[END])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token=BEGIN,
        eos_token=END,
        unk_token=UNKNOWN,
        pad_token=PAD,
        model_max_length=max_words,
    )


def with_words(
    tokenizer: PreTrainedTokenizerFast, encoder: CLIPTextModel, words: Iterable[str]
) -> PreTrainedTokenizerFast:
    """Return a tokenizer that knows more words, for which ``encoder`` makes room.

    Args:
        tokenizer: It is not changed; one that spells what it does not know needs no more words.
        encoder: Its text encoder. Words that are new to it say something random so far.
        words: The words; those that are known stay what they are.
    """
    if tokenizer.unk_token != UNKNOWN:
        return tokenizer
    vocabulary = tokenizer.get_vocab()
    made = build_tokenizer(
        [*sorted(vocabulary, key=vocabulary.__getitem__), *words], tokenizer.model_max_length
    )
    encoder.resize_token_embeddings(len(made), mean_resizing=False)
    return made


def build_text_encoder(sizes: DiffusionSizes, vocabulary: int) -> CLIPTextModel:
    """Return an untrained text encoder (the text half of CLIP) for so many words."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=sizes.text_width,
            intermediate_size=4 * sizes.text_width,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=4,
            max_position_embeddings=sizes.max_words,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        )
    )


def noise_schedule() -> DDIMScheduler:
    """Return the noise schedule that is trained on: cosine, with no signal left at its end.

    The last step sees noise alone, as sampling does (Lin et al. 2024,
    https://arxiv.org/abs/2305.08891), which v-prediction makes possible.
    """
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler

    return DDIMScheduler(
        num_train_timesteps=NUM_TRAIN_TIMESTEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


@torch.no_grad()
def folded_autoencoder(folder: Path) -> AutoencoderKL:
    """Return the autoencoder in ``folder`` with its latents normalised by its own convolutions.

    ``quant_conv`` then gives (mu - mean) / deviation and no variance, so that a pipeline that
    draws from what it gives gets the mean; ``post_quant_conv`` takes it back.

    Raises:
        ValueError: See `load_autoencoder`; or if it lacks one of the two convolutions.
    """
    model = load_autoencoder(folder)
    codec = LatentCodec(model)
    mean, deviation = codec.latents_mean.flatten(), codec.latents_std.flatten()
    into, out = model.quant_conv, model.post_quant_conv
    if into is None or out is None:
        raise ValueError(f"autoencoder={folder} has no quant_conv; give one that has")
    channels = len(mean)
    into.weight[:channels] /= deviation[:, None, None, None]
    into.bias[:channels] = (into.bias[:channels] - mean) / deviation
    into.weight[channels:] = 0
    into.bias[channels:] = NO_VARIANCE
    out.bias += (out.weight[:, :, 0, 0] * mean).sum(dim=1)
    out.weight *= deviation[None, :, None, None]
    model.register_to_config(
        scaling_factor=1.0, latents_mean=[0.0] * channels, latents_std=[1.0] * channels
    )
    return model


def save_folder(
    folder: Path,
    config: dict[str, Any],
    *,
    networks: dict[str, Any],
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    """Write the model folder.

    Args:
        folder: Where; made if it is not there.
        config: What `pipelines.image.diffusion` reads besides diffusers' files.
        networks: ``unet``, ``vae`` and ``text_encoder``; they are not changed.
        tokenizer: Of the text encoder.
    """
    from diffusers import StableDiffusionPipeline

    halves: dict[str, Any] = {name: _half(network) for name, network in networks.items()}
    StableDiffusionPipeline(
        **halves,
        tokenizer=tokenizer,
        scheduler=noise_schedule(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    told = {"id": folder.name, "family": "diffusion"} | config
    (folder / "config.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Trained:
    """What is in a model folder, in float32."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    tokenizer: PreTrainedTokenizerFast


def load_trained(folder: Path) -> Trained:
    """Read the networks and the words of a model folder.

    Raises:
        OSError: If a part is not there or can't be read.
        ValueError: If a file has fewer or other weights than its network.
    """
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, PreTrainedTokenizerFast

    plain = {"torch_dtype": torch.float32, "low_cpu_mem_usage": False}
    return Trained(
        _whole(UNet2DConditionModel, folder / "unet", **plain),
        _whole(AutoencoderKL, folder / "vae", **plain),
        _whole(CLIPTextModel, folder / "text_encoder", dtype=torch.float32),
        PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer", local_files_only=True),
    )


def _whole(kind: Any, folder: Path, **settings: Any) -> Any:  # noqa: ANN401 - untyped libraries
    """Return the network in ``folder``, refused where the file has fewer or other weights."""
    settings |= {"use_safetensors": True, "local_files_only": True}
    network, told = kind.from_pretrained(folder, output_loading_info=True, **settings)
    amiss = [key for keys in told.values() for key in keys]
    if amiss:
        raise ValueError(f"{folder.name}: {len(amiss)} weights are missing or of no use")
    return network


def _half(network: Any) -> Any:  # noqa: ANN401 - a module of diffusers or transformers
    import copy

    return copy.deepcopy(network).half().eval()


def frequent(sentences: Sequence[str], least: int) -> list[str]:
    """Return the words that occur at least ``least`` times, in alphabetical order."""
    from collections import Counter

    counts = Counter(word for sentence in sentences for word in sentence.split())
    return sorted(word for word, count in counts.items() if count >= least)
