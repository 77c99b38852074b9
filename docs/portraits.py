"""The pictures of these documents, taken of the running studio in Chromium.

    python -m docs.portraits

Writes ``docs/images/{wide,phone}-{light,dark}-VIEW.webp`` of the views studio, foryou, why, works,
taste, models, slider, card and versions, ``docs/images/wide-light-{learning,blind}.webp`` and the
README's animation, ``docs/images/studio.webp``. The library is a fresh one that is filled by
pressing; the model in it is really taught, and the proof card says what came of it.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.running import CHROMIUM, running

IMAGES = Path(__file__).with_name("images")
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
STAGE = WIDE
SHOWN = (960, 600)
READY = "() => document.documentElement.dataset.duet === 'ready'"
RESTED = "() => Number(document.querySelector('#live-canvas')?.dataset.seq) > 0 && duet.rested()"
TILES = "() => document.querySelectorAll('.tile img').length >= 12"
PAIR = "() => document.querySelectorAll('.ask-work img').length === 2"
FOR_YOU = "() => document.querySelectorAll('#panel-foryou .tile img').length === 12"
SEEN = """() => [...document.images].filter((one) => {
  const box = one.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return inside && one.checkVisibility();
}).every((one) => one.complete && one.naturalWidth)"""
QUALITY = 82
PATIENCE = 600_000
"""Milliseconds that anything may take on a machine that does other work as well."""
COLOUR = """async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const context = new OffscreenCanvas(32, 32).getContext('2d');
  context.drawImage(image, 0, 0, 32, 32);
  const { data } = context.getImageData(0, 0, 32, 32);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue] = data.subarray(at, at + 3);
    sum += Math.max(red, green, blue) - Math.min(red, green, blue);
  }
  return sum;
}"""
"""How strong the colour of a picture is: what the person of these pictures likes."""
KEEP = f"""async () => {{
  const colour = {COLOUR};
  const {{ request }} = duet.get();
  const found = [];
  for (let seed = 300; seed < 360; seed += 1) {{
    const one = {{ ...request, seed, point: null }};
    const body = {{ request: one, quality: 'fast', size: 64 }};
    const answer = await duet.api('POST', '/studio/render', body, {{ raw: true }});
    const source = URL.createObjectURL(await answer.blob());
    found.push({{ request: one, likes: await colour(source) }});
  }}
  found.sort((a, b) => b.likes - a.likes);
  for (const one of found.slice(0, 20)) await duet.keep({{ request: one.request }});
}}"""
"""Keep the twenty strongest of sixty."""
JUDGE = f"""async () => {{
  const colour = {COLOUR};
  const images = [...document.querySelectorAll('.blind-side img')];
  const [left, right] = await Promise.all(images.map((image) => colour(image.src)));
  return left > right ? '1' : '2';
}}"""
"""The key of the stronger of two."""
KEPT = 7


class Scene:
    """A page that is filmed while it is used."""

    def __init__(self, page: Any) -> None:  # noqa: ANN401 - playwright
        """Film ``page``."""
        self.page = page
        self.frames: list[Image.Image] = []
        self.times: list[int] = []

    def shot(self, milliseconds: int = 90) -> None:
        """Take one frame, to be shown so long."""
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append(picture.resize(SHOWN, Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def drag(self, name: str, path: list[float]) -> None:
        """Drag a slider along shares of its width, a frame each."""
        box = self.page.locator(f"#control-{name} input[type=range]").bounding_box()
        mouse, y = self.page.mouse, box["y"] + box["height"] / 2
        mouse.move(box["x"] + box["width"] * path[0], y)
        mouse.down()
        for share in path:
            mouse.move(box["x"] + box["width"] * share, y)
            self.page.wait_for_timeout(60)
            self.shot()
        mouse.up()
        self.rest()

    def rest(self, milliseconds: int = 500) -> None:
        """Wait for the exact picture."""
        self.page.wait_for_function(RESTED)
        self.shot(milliseconds)

    def save(self, path: Path) -> None:
        """Write the animation."""
        first, *others = self.frames
        first.save(
            path, save_all=True, append_images=others, duration=self.times, loop=0, quality=70
        )


def main() -> None:
    """Start a studio and take everything."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        command = ("app.py", "--port", "0", "--device", "cpu", "--library", f"{place}/library")
        with running(*command) as studio:
            film(browser, studio.address).save(IMAGES / "studio.webp")
            liked(browser, studio.address)
            teach(browser, studio.address)
            for size, viewport in (("wide", WIDE), ("phone", PHONE)):
                for theme in ("light", "dark"):
                    portraits(browser, studio.address, (size, viewport), theme)
        browser.close()


def opened(browser: Any, address: str, **options: Any) -> Any:  # noqa: ANN401 - playwright
    """The Studio with its first exact picture and all tiles."""
    context = browser.new_context(reduced_motion="reduce", locale="en-US", **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(READY)
    page.wait_for_function(RESTED)
    page.wait_for_timeout(3000)
    return page


def film(browser: Any, address: str) -> Scene:  # noqa: ANN401 - playwright
    """Drag, keep, draw another, tap a neighbour, keep, scrub from one to the other."""
    page = opened(browser, address, viewport=STAGE)
    scene = Scene(page)
    scene.rest()
    for name, end in (("saturation", 0.7), ("size", 0.66), ("position", 0.36)):
        scene.drag(name, [0.5 + (end - 0.5) * i / 7 for i in range(8)])
    page.locator("#favourite").click()
    page.wait_for_timeout(700)
    scene.shot(700)
    for _ in range(3):
        page.locator("#tool-another").click()
        scene.rest(450)
    page.wait_for_function(TILES)
    page.wait_for_timeout(1500)
    scene.shot(600)
    page.locator(".tile").nth(4).click()
    scene.rest(600)
    page.locator("#favourite").click()
    page.wait_for_timeout(900)
    scene.shot(700)
    morph(scene)
    return scene


def morph(scene: Scene) -> None:
    """Open the bridge between the two works and walk over it."""
    page = scene.page
    for number in (1, 0):
        page.locator(".strip-track .cell:not(.now)").nth(number).click(modifiers=["Shift"])
    page.keyboard.press("m")
    scrub = page.get_by_role("slider", name="From A to B")
    scrub.wait_for()
    page.wait_for_timeout(2500)
    scrub.focus()
    page.keyboard.press("Home")
    for _ in range(15):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(80)
        scene.shot(110)
    scene.shot(900)
    page.keyboard.press("Escape")


def teach(browser: Any, address: str) -> None:  # noqa: ANN401 - playwright
    """Teach the model as someone would who likes strong colour, and judge every pair so."""
    page = opened(browser, address, viewport=WIDE)
    page.evaluate(KEEP)
    page.goto(f"{address}/#/teach/model")
    page.locator(".choose-side .go").click()
    page.locator(".learning-sheet img:visible").nth(7).wait_for()
    page.wait_for_timeout(20_000)
    picture(page, "wide-light-learning")
    page.locator(".learning-verbs .go").click()
    page.locator(".blind-side img").nth(1).wait_for()
    page.wait_for_timeout(1500)
    picture(page, "wide-light-blind")
    while page.locator(".blind").is_visible():
        page.keyboard.press(page.evaluate(JUDGE))
        page.wait_for_timeout(1500)
    page.get_by_role("button", name="Keep this version").click()
    page.wait_for_timeout(3000)
    page.context.close()


def lessons(page: Any, address: str, name: str) -> None:  # noqa: ANN401 - playwright
    """Teach, with both trays filled; the proof card; the tree of versions."""
    page.goto(f"{address}/#/teach/slider")
    works = page.locator(".strip-track .cell:not(.now)")
    for index in range(3):
        works.nth(index).click()
    page.get_by_role("button", name="Less of this").click()
    for index in range(3, 6):
        works.nth(index).click()
    page.locator(".taught-strip img").nth(4).wait_for()
    picture(page, f"{name}-slider")
    for view, section in (("card", "model"), ("versions", "versions")):
        page.goto(f"{address}/#/teach/{section}")
        picture(page, f"{name}-{view}")


def picture(page: Any, name: str) -> None:  # noqa: ANN401 - playwright
    """Take the page as it is in a moment."""
    page.wait_for_timeout(2500)
    page.wait_for_function(SEEN)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.save(IMAGES / f"{name}.webp", quality=QUALITY)


def liked(browser: Any, address: str) -> None:  # noqa: ANN401 - playwright
    """Keep seven and answer four questions, so that there is a taste to show."""
    page = opened(browser, address, viewport=STAGE)
    while page.evaluate("duet.get().total") < KEPT:
        page.keyboard.press("r")
        page.wait_for_timeout(300)
        page.wait_for_function(RESTED)
        total = page.evaluate("duet.get().total")
        page.keyboard.press("f")
        page.wait_for_function("total => duet.get().total > total", arg=total)
    page.goto(f"{address}/#/taste")
    for answer in ("1", "2", "1", "3"):
        page.wait_for_function(PAIR)
        heard = page.evaluate("duet.get().taste?.heard.pair ?? 0")
        page.keyboard.press(answer)
        page.wait_for_function("heard => duet.get().taste?.heard.pair > heard", arg=heard)
        page.wait_for_timeout(1500)
    page.context.close()


def panels(page: Any) -> Iterator[str]:  # noqa: ANN401 - playwright
    """For you, and Why this? of one of its tiles."""
    page.keyboard.press("y")
    page.wait_for_function(FOR_YOU)
    page.wait_for_timeout(1500)
    yield "foryou"
    marked = page.locator("#panel-foryou .tile-cell:has(.tile-mark:not([hidden])) .tile")
    marked.first.focus()
    page.keyboard.press("w")
    page.locator(".why-body:not([aria-busy])").wait_for()
    page.wait_for_timeout(500)
    yield "why"
    page.keyboard.press("Escape")
    page.keyboard.press("g")


def portraits(browser: Any, address: str, size: tuple[str, Any], theme: str) -> None:  # noqa: ANN401
    """The views in one size and theme."""
    name, viewport = size
    phone = name == "phone"
    page = opened(
        browser, address, viewport=viewport, color_scheme=theme, has_touch=phone, is_mobile=phone
    )
    for view in ("studio", "works", "taste", "models"):
        page.goto(f"{address}/#/{'' if view == 'studio' else view}")
        picture(page, f"{name}-{theme}-{view}")
        if view == "studio":
            for panel in panels(page):
                picture(page, f"{name}-{theme}-{panel}")
    lessons(page, address, f"{name}-{theme}")
    page.context.close()


if __name__ == "__main__":
    main()
