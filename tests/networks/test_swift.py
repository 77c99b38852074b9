"""Faster forms of layers equal the layers they stand for."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from pipelines.compiling import compile_openvino, compile_torch, openvino
from pipelines.networks.kl_decoder import Upsample
from pipelines.networks.swift import ChannelNorm, folded, swift
from pipelines.pipeline import Network


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(3)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 8)])
def test_a_folded_upsampling_is_the_upsampling(size):
    layer = Upsample(6)
    x = torch.randn(2, 6, *size)
    with torch.inference_mode():
        assert torch.allclose(folded(layer.conv)(x), layer(x), atol=1e-5)


def test_channel_norm_is_group_norm_also_far_from_zero():
    norm = nn.GroupNorm(4, 8, eps=1e-6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x = 3 * torch.randn(2, 8, 5, 7) + 40
    with torch.inference_mode():
        assert torch.allclose(ChannelNorm(norm)(x), norm(x), atol=1e-4)


def test_swift_changes_a_copy_and_leaves_the_module_alone():
    module = nn.Sequential(nn.GroupNorm(2, 4), nn.Sequential(Upsample(4)))
    before = [type(part) for part in module.modules()]
    made = swift(module)
    assert [type(part) for part in module.modules()] == before
    kinds = {type(part) for part in made.modules()}
    assert kinds >= {ChannelNorm, nn.ConvTranspose2d}
    assert not kinds & {nn.GroupNorm, Upsample}


def test_the_engine_runs_one_item_and_several_alike(tmp_path):
    module = nn.Sequential(Upsample(4), nn.GroupNorm(2, 4), nn.SiLU()).eval()
    source = np.random.default_rng(5)
    x = source.standard_normal((3, 4, 6, 6)).astype(np.float32)
    network = Network(module, {"x": x[:1]}, ("y",))
    exact = compile_torch(network, "cpu")({"x": x})["y"]
    for _ in range(2):  # converted, and read from the folder
        fast = compile_openvino(network, tmp_path / "graph")
        assert np.allclose(fast({"x": x})["y"], exact, atol=1e-5)
        for count in (1, 2):
            for one in range(4 - count):
                few = slice(one, one + count)
                assert np.allclose(fast({"x": x[few]})["y"], exact[few], atol=1e-5)


def test_two_networks_are_converted_at_once():
    """Torch would mix up the modules of two traces: graphs "differed across invocations"."""
    module = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.SiLU()) for _ in range(40))).eval()
    x = np.ones((1, 4), np.float32)
    network = Network(module, {"x": x}, ("y",))
    exact = compile_torch(network, "cpu")({"x": x})["y"]
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(compile_openvino, network, None) for _ in range(8)]
    for fast in made:
        assert np.allclose(fast.result()({"x": x})["y"], exact, atol=1e-5)


def slow_enough():
    """A network that four callers at once have to wait for."""
    module = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.SiLU(), nn.Conv2d(32, 3, 3)).eval()
    x = np.random.default_rng(1).standard_normal((1, 3, 64, 64)).astype(np.float32)
    return Network(module, {"x": x}, ("y",))


def test_in_a_crowd_each_picture_has_one_core_and_nobody_waits_for_its_graph(monkeypatch):
    core = openvino().Core
    compiled, compile_model, may = [], core.compile_model, threading.Event()

    def watched(self, model, device, settings):
        compiled.append(settings.get("INFERENCE_NUM_THREADS"))
        assert compiled[-1] is None or may.wait(60)
        return compile_model(self, model, device, settings)

    monkeypatch.setattr(core, "compile_model", watched)
    network = slow_enough()
    x = network.example["x"]
    exact = compile_torch(network, "cpu")(network.example)["y"]
    used, infer = [], openvino().InferRequest.infer
    monkeypatch.setattr(
        openvino().InferRequest,
        "infer",
        lambda self, given: used.append(self) or infer(self, given),
    )
    fast = compile_openvino(network, None)

    def crowd():
        used.clear()
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: fast({"x": x})["y"], range(40)))
        assert all(np.allclose(one, exact, atol=1e-5) for one in made)
        return set(used)

    for _ in range(5):
        fast({"x": x})
    assert compiled == [None]  # alone: every core
    before = crowd()  # answered, though the graph for it is not there
    assert compiled == [None, 1]
    may.set()
    [beside] = [one for one in threading.enumerate() if one.name == "compile"]
    beside.join(60)
    assert crowd() - before
    assert compiled == [None, 1]


def test_a_crowd_is_served_though_its_graph_cannot_be_made(monkeypatch, caplog):
    core = openvino().Core
    compile_model = core.compile_model

    def failing(self, model, device, settings):
        if "INFERENCE_NUM_THREADS" in settings:
            raise RuntimeError("no room")
        return compile_model(self, model, device, settings)

    monkeypatch.setattr(core, "compile_model", failing)
    network = slow_enough()
    fast = compile_openvino(network, None)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: fast(network.example)["y"], range(40)))
    for one in threading.enumerate():
        if one.name == "compile":
            one.join(60)
    assert len(made) == 40
    assert caplog.messages == ["the graph for a crowd could not be compiled"]
