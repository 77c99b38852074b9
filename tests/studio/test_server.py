"""Starting, stopping and being killed: a real process each time."""

# ruff: noqa: S104 - addresses are only compared

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from pipelines.catalog import BUNDLED
from studio.errors import StudioError
from studio.gate import Rules
from studio.rendering import PATIENCE, Pool
from studio.settings import Settings, read
from tests.studio.serving import ROOT, command, eventually, model_of, serving
from tests.tiny import tiny_folder


def failed(arguments: list[str]) -> str:
    """What a start that fails says; it must be one sentence and exit code 2."""
    done = subprocess.run(
        arguments, check=False, capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_a_port_in_use_is_named(tmp_path: Path, tiny_root: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = failed([*command(tmp_path / "library", tiny_root), "--port", port])
    assert said == (
        f"duet: port={port} is in use by another program; "
        "stop that program, or give a free one with --port\n"
    )
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("port", ["many", "70000", "-1"])
def test_a_port_that_is_none(tmp_path: Path, tiny_root: Path, port: str):
    said = failed([*command(tmp_path / "library", tiny_root), f"--port={port}"])
    assert f"port={port}" in said


def test_a_host_that_is_not_here(tmp_path: Path, tiny_root: Path):
    said = failed([*command(tmp_path / "library", tiny_root), "--host", "192.0.2.1"])
    assert "host=192.0.2.1" in said


def test_a_library_that_is_none(tmp_path: Path, tiny_root: Path):
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "duet.db").write_text("shopping list")
    said = failed(command(tmp_path / "library", tiny_root))
    assert "duet.db is not a library of Duet" in said
    assert (tmp_path / "library" / "duet.db").read_text() == "shopping list"


def test_a_library_that_cannot_be_made(tmp_path: Path, tiny_root: Path):
    (tmp_path / "file").write_text("")
    assert "not writable" in failed(command(tmp_path / "file" / "library", tiny_root))


def test_no_models_at_all(tmp_path: Path):
    assert "models" in failed(command(tmp_path / "library", tmp_path / "nothing"))


def test_weights_that_do_not_fit_are_named(tmp_path: Path):
    tiny_folder(tmp_path / "models")
    config = tiny_folder(tmp_path / "models", "weeds") / "config.json"
    told = json.loads(config.read_text("utf-8"))
    told["network"]["w_dim"] = 24
    config.write_text(json.dumps(told), "utf-8")
    said = failed(command(tmp_path / "library", tmp_path / "models"))
    assert said.startswith("duet: weights=weeds is damaged or not of its configuration")
    assert said.endswith("; get the model again\n")


def test_killed_and_started_again_everything_is_back(tmp_path: Path, tiny_root: Path):
    library = tmp_path / "library"
    with serving(library, tiny_root, fresh=True) as first, first.browser() as browser:
        recipe = model_of(browser)["opening"]
        assert "set-cookie" not in browser.get("/").headers, "one local person needs no cookie"
        work = browser.post("/studio/works", json={"request": recipe}).json()
        state = {"request": {**recipe, "seed": 77}, "undo": [recipe]}
        assert browser.put("/studio/session", json={"state": state}).status_code == 200
        assert "in use by another Duet" in failed(command(library, tiny_root))
        status, body = first.raw("/studio/works", headers={"Host": "evil.example"})
        assert (status, b"wrong_host" in body) == (403, True)
        first.kill()
    with serving(library, tiny_root, fresh=True) as second, second.browser() as browser:
        assert browser.get("/studio/session").json()["state"] == state
        assert browser.get("/studio/works").json()["works"][0]["id"] == work["id"]
        assert browser.get(work["original"]).status_code == 200
        assert second.stop() == 0
    assert "Traceback" not in library.with_name("library.log").read_text()


def test_libraries_know_that_nothing_is_fetched_while_it_serves(tmp_path: Path):
    """They read it when they are imported, so in a process of its own."""
    code = (
        "import os, sys\n"
        "from studio.settings import prepare, read\n"
        "prepare(read(['--library', sys.argv[1]], os.environ))\n"
        "from huggingface_hub.constants import HF_HUB_OFFLINE, HF_HUB_DISABLE_TELEMETRY\n"
        "import gradio\n"
        "assert HF_HUB_OFFLINE and HF_HUB_DISABLE_TELEMETRY\n"
        "assert os.environ['TRANSFORMERS_OFFLINE'] == os.environ['HF_HUB_OFFLINE'] == '1'\n"
        "assert not gradio.analytics.analytics_enabled()\n"
    )
    named = ("OFFLINE", "TELEMETRY", "ANALYTICS", "DO_NOT_TRACK")
    bare = {k: v for k, v in os.environ.items() if not k.endswith(named)}
    run = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "library")]
    done = subprocess.run(run, check=False, capture_output=True, text=True, cwd=ROOT, env=bare)
    assert done.returncode == 0, done.stderr


def test_a_studio_in_which_nobody_plays_rests(tmp_path: Path, tiny_root: Path):
    with serving(tmp_path / "library", tiny_root) as served, served.browser() as browser:
        assert browser.get("/").status_code == 200
        process = psutil.Process(served.process.pid)

        def rests() -> bool:
            before = process.num_ctx_switches().voluntary
            time.sleep(2)
            return process.num_ctx_switches().voluntary - before < 400

        assert eventually(rests)  # after what it gets ready behind the first frame


def test_settings_come_from_arguments_then_environment(tmp_path: Path):
    environ = {"DUET_HOST": "0.0.0.0", "DUET_PORT": "8000", "DUET_LIBRARY": str(tmp_path)}
    environ["DUET_DEVICE"] = "cpu"
    found = read([], environ)
    assert found == Settings(
        library=tmp_path,
        host="0.0.0.0",
        port=8000,
        device="cpu",
        models=(BUNDLED, tmp_path / "models"),
    )
    assert read(["--port", "9000"], environ).port == 9000
    assert read([], {}).library == Path("~/.local/share/duet").expanduser()
    assert (read([], {}).host, read([], {}).port) == ("127.0.0.1", 7860)


def test_a_space_listens_everywhere():
    found = read([], {"SPACE_ID": "someone/duet", "DUET_PORT": "8000"})
    assert (found.host, found.port, found.on_space, found.way) == ("0.0.0.0", 7860, True, "mount")
    assert read([], {"SPACE_ID": "x", "SPACES_ZERO_GPU": "1"}).way == "launch"


def scope(path: str, **headers: str) -> dict:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return {"type": "http", "path": path, "headers": raw}


def test_a_space_is_asked_through_its_proxy():
    rules = Rules.for_host("0.0.0.0", "cookies", b"", on_space=True)
    own = {"host": "10.0.0.1:7860", "x_forwarded_host": "a-duet.hf.space"}
    rules.check(scope("/studio/works", **own, origin="https://a-duet.hf.space"))
    with pytest.raises(StudioError, match="own page"):
        rules.check(scope("/studio/works", **own, origin="https://b-duet.hf.space"))
    plain = Rules.for_host("0.0.0.0", "cookies", b"", on_space=False)
    with pytest.raises(StudioError, match="own page"):
        plain.check(scope("/live", **own, origin="https://a-duet.hf.space"))


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1:7860", "[::1]:7860"])
def test_on_loopback_local_names_are_answered(host: str):
    Rules.for_host("127.0.0.1", "local", b"", on_space=False).check(scope("/", host=host))


@pytest.mark.parametrize("host", ["localhost.evil.example", "evil.example:7860", "", "10.0.0.1"])
def test_on_loopback_other_names_are_refused(host: str):
    with pytest.raises(StudioError, match="not this computer"):
        Rules.for_host("127.0.0.1", "local", b"", on_space=False).check(scope("/", host=host))


def test_live_frames_go_first_and_tiles_are_not_forgotten():
    pool, begin, done = Pool(threads=1), threading.Event(), []
    gate = pool.submit("live", lambda: begin.wait(10))
    jobs = [pool.submit("tile", lambda: done.append("tile")) for _ in range(2)]
    jobs += [pool.submit("live", lambda: done.append("live")) for _ in range(PATIENCE + 2)]
    begin.set()
    for job in (gate, *jobs):
        job.result(timeout=10)
    assert done[:1] == ["live"]
    assert "tile" in done[: PATIENCE + 1]
    assert done[-1] == "tile"
    pool.close()
    assert pool.submit("live", lambda: 1).cancelled()


def test_no_tile_is_begun_beside_a_live_frame():
    pool, begin, begun = Pool(threads=2), threading.Event(), []
    frame = pool.submit("live", lambda: begin.wait(10))
    tile = pool.submit("tile", lambda: begun.append("tile"))
    time.sleep(0.2)  # the other thread is free all the while
    assert begun == []
    begin.set()
    frame.result(timeout=10)
    tile.result(timeout=10)
    pool.close()


def test_a_job_that_is_cancelled_before_its_turn_is_never_begun():
    pool, begin, begun = Pool(threads=1), threading.Event(), []
    blocker = pool.submit("live", lambda: begin.wait(10))
    doomed = pool.submit("live", lambda: begun.append(1))
    assert doomed.cancel()
    begin.set()
    blocker.result(timeout=10)
    with pytest.raises(ZeroDivisionError):
        pool.submit("tile", lambda: 1 / 0).result(timeout=10)
    assert begun == []
    pool.close()


@pytest.mark.parametrize("way", ["mount", "launch"])
def test_it_ends_without_a_word_while_pages_are_open(tmp_path: Path, tiny_root: Path, way: str):
    with (
        serving(tmp_path / "library", tiny_root, "--start", way) as running,
        running.browser() as browser,
        browser.stream("GET", "/gradio_api/heartbeat/somebody") as listening,
    ):
        assert listening.status_code == 200
        assert running.stop() == 0
    assert (tmp_path / "library.log").read_text() == ""


@pytest.mark.parametrize("module", ["studio.start", "studio.server"])
def test_what_is_imported_before_the_models_load_is_light(module: str):
    code = (
        f"import sys, {module}; "
        "heavy = {'torch', 'gradio', 'openvino', 'diffusers', 'av'} & set(sys.modules); "
        "print(heavy); sys.exit(len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT)
    assert done.returncode == 0
