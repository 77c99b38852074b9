"""A real server on the tiny model, and a real browser on it.

The server is open to several persons, so every new browser context is someone who was never here.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.studio.serving import Served, eventually, serving

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BLOCKED = (
    "window.WebSocket = class extends EventTarget {"
    " constructor() { super(); this.readyState = 3; setTimeout(() => this.onclose?.({}), 5); }"
    " static OPEN = 1; send() {} close() {} };"
)
"""A browser whose sockets never open."""
PATIENCE = 60_000
"""Milliseconds that anything may take on a machine that does other work as well."""
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI what fails in the browser is played once more, and named as RERUN at the end."""
    if not os.environ.get("CI"):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def server(tiny_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The studio in its own process."""
    library = tmp_path_factory.mktemp("page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, tiny_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture(scope="session")
def measured(server: Served) -> None:
    """What the tiny model makes is read when a taste is first asked for."""

    def ready() -> bool:
        with server.browser() as someone:
            return bool(someone.get("/studio/taste?model=tiny").json()["attributes"])

    eventually(ready, seconds=400)


def chromium() -> str | None:
    """The system's Chromium, best the one that has no window: a page costs half as much in it."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the system's if there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield opened
        opened.close()


class Contexts:
    """Browser contexts by their options; each is lent to someone new again and again.

    What a browser fetched and compiled it keeps with the context: opened in a new one, the page
    takes twice as long.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: dict[str, list[BrowserContext]] = {}

    def lend(self, options: dict[str, Any]) -> BrowserContext:
        """A context that nobody has, without a trace of anyone before."""
        free = self.free.setdefault(repr(options), [])
        return free.pop() if free else self.browser.new_context(**options)

    def take_back(self, context: BrowserContext, options: dict[str, Any]) -> None:
        """Forget its person and close its pages; a context without any was closed by a test."""
        pages = context.pages
        if not pages:
            return
        origins = {re.sub(r"(https?://[^/]+).*", r"\1", page.url) for page in pages}
        blank = context.new_page()
        for page in pages:
            page.close()
        context.clear_cookies()
        storage = context.new_cdp_session(blank)
        for origin in origins:
            storage.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        blank.close()
        self.free[repr(options)].append(context)


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Contexts:
    """Of this process."""
    return Contexts(browser)


TARDY = "was preloaded using link preload but not used"
"""Chromium's word for a page that takes longer than some seconds, as on a busy machine."""


class Watched:
    """What a page said and asked for, so that a test can be strict about it."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.allowed: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"pageerror {error}"))
        page.on("request", lambda request: self._host(request.url))
        page.on("websocket", lambda socket: self._host(socket.url))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and TARDY not in message.text:
            self.faults.append(f"{message.type} {message.text} {message.location.get('url', '')}")

    def _host(self, url: str) -> None:
        if host := re.match(r"(?:https?|wss?)://([^/:]+)", url):
            self.hosts.add(host[1])

    def check(self) -> None:
        """No error in the console that was not allowed, and no other host."""
        left = [f for f in self.faults if not any(re.search(one, f) for one in self.allowed)]
        assert left == []
        assert self.hosts <= {"127.0.0.1"}


OpenPage = Callable[..., Page]


@pytest.fixture
def watched() -> Watched:
    """Of all pages of this test; ``watched.allowed`` takes patterns of faults that are meant."""
    return Watched()


@pytest.fixture
def open_page(server: Served, contexts: Contexts, watched: Watched) -> Iterator[OpenPage]:
    """Opens the page and waits for its first live picture.

    ``open_page(path="#/", size=WIDE, context=..., address=of another server, **options of the
    browser context)``
    """
    lent: list[tuple[BrowserContext, dict[str, Any]]] = []

    def opened(
        path: str = "",
        *,
        size: dict[str, int] = WIDE,
        context: BrowserContext | None = None,
        address: str | None = None,
        **options: Any,
    ) -> Page:
        if context is None:
            options = {"locale": "en-US", "reduced_motion": "reduce", **options}
            options |= {"viewport": size, "has_touch": size["width"] < 1024}
            context = contexts.lend(options)
            lent.append((context, options))
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        watched.watch(page)
        page.goto(f"{address or server.address}/{path}")
        page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
        rested(page)
        return page

    yield opened
    for context, options in lent:
        contexts.take_back(context, options)
    watched.check()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The Studio, wide, light, English, nothing moving by itself, of someone new."""
    return open_page()


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    """The same on a phone."""
    return open_page(size=PHONE)


def rested(page: Page) -> None:
    """Wait until the exact picture of the current recipe stands."""
    page.wait_for_function(
        """() => {
          const canvas = document.querySelector('#live-canvas');
          if (canvas?.dataset.state !== 'idle' || !(canvas.dataset.seq > 0)) return false;
          return window.duet?.rested();
        }"""
    )


def steady(page: Page, selector: str) -> dict[str, float]:
    """Where an element lies once it has come to rest, and nothing lies over its middle."""
    node = page.locator(selector)
    node.hover(trial=True)
    box = node.bounding_box()
    assert box is not None
    return dict(box)


def seq(page: Page) -> int:
    """Number of the last painted frame."""
    return int(page.locator("#live-canvas").get_attribute("data-seq") or 0)


def pixels(page: Page) -> str:
    """What the canvas shows, as a data address."""
    return page.evaluate("document.querySelector('#live-canvas').toDataURL()")


def values(page: Page) -> dict[str, Any]:
    """Every control's value in the page's recipe."""
    return page.evaluate("window.duet.values()")


def slider(page: Page, name: str = "warmth") -> Any:
    """The native input of a slider."""
    return page.locator(f"#control-{name} input[type=range]")


def drag(page: Page, name: str, share: float, steps: int = 8) -> None:
    """Drag a slider from its middle to ``share`` (0 to 1) of its width, by mouse."""
    box = slider(page, name).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * share, y, steps=steps)
    page.mouse.up()
