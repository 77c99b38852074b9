"""One picture of every family at work, taken of the running studio in Chromium.

    python -m docs.gallery [NAME ...]

Writes ``docs/gallery/{wide,phone}-MODEL.webp`` for each model that is shipped: a drawing
painted, words painted, a stroke painted anew, the lower half completed four ways, a slider moved,
a swatch woven from, a palette changed, two lines of a poem kept and another redrawn.
Wide is light, the phone dark. With names, only those pictures are taken again.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.hands import SWITCH
from benchmarks.running import CHROMIUM, running

IMAGES = Path(__file__).with_name("gallery")
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
READY = "() => document.documentElement.dataset.duet === 'ready'"
RESTED = "() => Number(document.querySelector('#live-canvas')?.dataset.seq) > 0 && duet.rested()"
QUALITY, PATIENCE = 82, 600_000
STROKES = ((0.2, 0.25), (0.75, 0.2), (0.25, 0.35), (0.7, 0.4))


def drawn(page: Any) -> None:  # noqa: ANN401 - playwright
    """A drawing to begin with, painted."""
    page.locator("#tab-draw").click()


def slid(page: Any) -> None:  # noqa: ANN401 - playwright
    """The first slider of a direction, moved."""
    page.evaluate(
        """() => {
          const { model, request } = duet.get();
          const control = model.controls.find((one) => one.direction && one.group === 'main');
          duet.change(duet.withValue(request, control.name, 1.5));
        }"""
    )


def brushed(page: Any) -> None:  # noqa: ANN401 - playwright
    """The work on show, a part of it brushed over and asked to be something else."""
    started(page)
    box = page.locator("#brush-canvas").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in STROKES]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=6)
    page.mouse.up()
    page.wait_for_function("duet.get().request.inputs.mask")
    page.evaluate(
        """() => {
          const words = duet.withValue(duet.get().request, 'prompt', 'a green apple');
          duet.change(duet.withValue(words, 'strength', 0.9));
        }"""
    )


def completed(page: Any) -> None:  # noqa: ANN401 - playwright
    """The work on show, its lower half painted anew in four other ways."""
    started(page)
    page.locator(".brush-ask").click()
    page.wait_for_function("document.querySelectorAll('.brush-other:enabled').length === 4")


def translated(page: Any) -> None:  # noqa: ANN401 - playwright
    """The apple that the model begins with, turned into a plum."""
    page.locator("#tab-brush").click()
    page.evaluate("duet.change(duet.withValue(duet.get().request, 'species', 'plum'))")


def sung(page: Any) -> None:  # noqa: ANN401 - playwright
    """Two bars kept, the others written anew; four others for the third; it plays."""
    for bar in (1, 2):
        page.locator("#roll .bar-lock").nth(bar - 1).click()
    page.locator("#tool-another").click()
    page.wait_for_function("duet.rested()")
    page.locator("#roll .again").nth(2).dispatch_event("click")
    page.wait_for_function("document.querySelectorAll('.others-row button').length === 4")
    page.locator("#tool-play").click()
    page.wait_for_selector("#roll .playhead:not([hidden])")


def voiced(page: Any) -> None:  # noqa: ANN401 - playwright
    """A slider moved; it plays."""
    slid(page)
    page.wait_for_function(RESTED)
    page.locator("#tool-play").click()
    page.wait_for_selector("#roll .playhead:not([hidden])")


def drummed(page: Any) -> None:  # noqa: ANN401 - playwright
    """Funk, a little swung, a slider moved; it plays."""
    page.evaluate(
        """() => {
          const funk = duet.withValue(duet.get().request, 'style', 'funk');
          duet.change(duet.withValue(funk, 'swing', 58));
        }"""
    )
    voiced(page)


def recoloured(page: Any) -> None:  # noqa: ANN401 - playwright
    """A monster in another palette, of few colours."""
    page.evaluate(
        """() => {
          const kind = duet.withValue(duet.get().request, 'species', 'dragon');
          duet.change(duet.withValue(kind, 'palette', 'dusk'));
        }"""
    )


def started(page: Any) -> None:  # noqa: ANN401 - playwright
    """A picture to start from: the one on show."""
    page.locator("#tab-brush").click()
    page.locator(".brush-empty .brush-this").click()
    page.wait_for_function("duet.get().request.inputs?.picture")
    page.wait_for_function(RESTED)


def swatched(page: Any) -> None:  # noqa: ANN401 - playwright
    """A swatch of one's own, woven from: dots, drawn here."""
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(240, 240);
          const brush = canvas.getContext('2d');
          brush.fillStyle = '#f0e6d2';
          brush.fillRect(0, 0, 240, 240);
          for (let i = 0; i < 36; i += 1) {
            const [column, row] = [i % 6, Math.floor(i / 6)];
            brush.fillStyle = (column + row) % 2 ? '#b4283c' : '#285a78';
            brush.beginPath();
            brush.arc(20 + 40 * column, 20 + 40 * row, 8 + 2 * (row % 3), 0, 7);
            brush.fill();
          }
          const { hold } = await duet.module('attached');
          const bytes = await (await canvas.convertToBlob()).arrayBuffer();
          const { begin } = await duet.module('swatch');
          begin(await hold(new Uint8Array(bytes)));
        }"""
    )


ENGLISH = "I never saw the winter sea"
LINES = {"tang": "明月松間照獨行", "stanza": ENGLISH, "char-rnn": ENGLISH}


def written(page: Any) -> None:  # noqa: ANN401 - playwright
    """A first line of the person's, another line kept, and four others for the third."""
    family = page.evaluate("duet.get().model.family")
    line = page.locator("#manuscript li")
    line.first.locator(".words").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(LINES[family])
    page.keyboard.press("Enter")
    page.wait_for_function(RESTED)
    line.nth(2).locator(".stone").click()
    page.wait_for_function(RESTED)
    line.nth(2).locator(".again").click()
    page.wait_for_function("document.querySelectorAll('.others-row button').length === 4")
    page.mouse.move(0, 0)


def mixed(page: Any) -> None:  # noqa: ANN401 - playwright
    """The tune with drums and a chorale, in the mixer, playing."""
    page.locator("#roll").get_by_role("button", name="Mix", exact=True).dispatch_event("click")
    for count, model in enumerate(("paradiddle", "kantor"), 2):
        page.wait_for_function(
            "count => document.querySelectorAll('.mixer-track').length >= count", arg=count - 1
        )
        page.locator(".mixer-add").select_option(model)
    page.wait_for_function("document.querySelectorAll('.mixer-track').length === 3")
    page.get_by_role("slider", name="Place of 2.").fill("0.4")
    page.get_by_role("slider", name="Volume of 3.").fill("-6")
    page.locator(".mixer-play").click()


SCENES: dict[str, Callable[[Any], None]] = {
    "style-gan": slid,
    "pix2pix": drawn,
    "diffusion": brushed,
    "vq": completed,
    "vae": slid,
    "pattern": swatched,
    "star-gan": translated,
    "sprites": recoloured,
    "dcgan": slid,
    "tang": written,
    "stanza": written,
    "char-rnn": written,
    "couplet": slid,
    "melody": sung,
    "chorale": sung,
    "tune": sung,
    "muse-gan": voiced,
    "groove": drummed,
}
"""What is done with each family."""
MORE: dict[str, tuple[str, Callable[[Any], None]]] = {"mixer": ("ceilidh", mixed)}
"""Pictures of what no family has to itself: the model it begins with, and what is done."""


def main() -> None:
    """Take every picture, or those that are named."""
    from playwright.sync_api import sync_playwright

    wanted = sys.argv[1:]
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        host = ("--host", "0.0.0.0")  # noqa: S104 - so that each context is its own person
        command = ("app.py", "--port", "0", "--device", "cpu", *host, "--library", place)
        with running(*command) as studio:
            scenes = {
                card["id"]: (card["id"], SCENES[card["family"]])
                for card in studio.get("/studio/models")
            } | MORE
            for size, options in SIZES.items():
                for name, (model, scene) in scenes.items():
                    if wanted and name not in wanted:
                        continue
                    context = browser.new_context(**options, reduced_motion="reduce")
                    context.set_default_timeout(PATIENCE)
                    shoot(context.new_page(), (studio.address, model, scene), f"{size}-{name}")
                    context.close()
        browser.close()


def shoot(page: Any, what: tuple[str, str, Callable[[Any], None]], name: str) -> None:  # noqa: ANN401 - playwright
    """A model at an address, after a scene, as a picture of that name."""
    address, model, scene = what
    page.goto(address)
    page.wait_for_function(READY)
    page.wait_for_function(RESTED)
    page.evaluate(SWITCH, model)
    scene(page)
    page.wait_for_function(RESTED)
    page.wait_for_timeout(3000)  # tiles, and a hint that passes
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(IMAGES / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
