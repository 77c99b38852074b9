"""How the page is dressed: theme, stylesheets, and the head that shows the first picture at once.

Gradio adds its own ``head`` only after its scripts ran, a second too late for a first paint, and
scopes ``css`` to its container. `insert_head` therefore writes our lines into the HTML itself.
"""

from __future__ import annotations

import re
from typing import Any

from studio.assets import ASSETS, stamp
from studio.views.words import translations

__all__ = ["HEAD", "SCRIPT", "STYLES", "dress", "insert_head"]

STYLES = (
    "fonts",
    "duet",
    "gradio",
    "bar",
    "stage",
    "manuscript",
    "roll",
    "shape",
    "finish",
    "filmstrip",
    "across",
    "mixer",
    "grid",
    "draw",
    "brush",
    "works",
    "taste",
    "models",
    "lesson",
    "teach",
    "teach-model",
    "own",
    "bring",
    "bring-tune",
    "phone",
)
"""Stylesheets of ``assets/css`` in the order of the cascade."""

# Neither waits for the other: Gradio's scripts build the page while ours arrive.
SCRIPT = '<script type="module" async src="assets/@/js/main.js"></script>'
_MODULES = sorted(
    path.name for path in (ASSETS / "js").glob("*.js") if path.name not in ("main.js", "first.js")
)

HEAD = "\n".join(
    (
        '<meta name="viewport" '
        'content="width=device-width, initial-scale=1, viewport-fit=cover" />',
        '<meta name="color-scheme" content="light dark" />',
        '<link rel="icon" href="assets/images/duet.svg" type="image/svg+xml" />',
        '<link rel="preload" href="assets/images/first.webp" as="image" />',
        *(
            f'<link rel="preload" href="assets/@/fonts/{name}-latin.woff2" as="font" '
            'type="font/woff2" crossorigin />'
            for name in ("source-sans-3", "eb-garamond")
        ),
        *(f'<link rel="stylesheet" href="assets/@/css/{name}.css" />' for name in STYLES),
        '<script defer src="assets/@/js/first.js"></script>',
        # All at once: over a slow line, one module asking for the next takes a round trip each.
        # After Gradio's, which have more to do once they are there.
        *(
            f'<link rel="modulepreload" fetchpriority="low" href="assets/@/js/{name}" />'
            for name in _MODULES
        ),
        SCRIPT,
    )
)
"""What stands in the head of the page before anything of Gradio's; ``@`` is its state."""

_VIEWPORT = re.compile(rb'<meta\s+name="viewport"[^>]*>')
_SHARED = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
"""Cards for other sites, which name hosts that are not ours."""


def insert_head(html: bytes) -> bytes:
    """Gradio's page with our head in it; anything else comes back as it was.

    Args:
        html: The body of ``/``.
    """
    if b"<gradio-app" not in html or not _VIEWPORT.search(html):
        return html
    head = HEAD.replace("/@/", f"/at-{stamp()}/").encode()
    return _SHARED.sub(b"", _VIEWPORT.sub(lambda _: head, html, count=1))


def dress() -> dict[str, Any]:
    """Arguments of `gr.mount_gradio_app` for the page."""
    import gradio as gr

    sans = ("Source Sans 3", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif")
    theme = gr.themes.Base(
        font=[gr.themes.Font(name) for name in sans],
        font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
    ).set(
        body_background_fill="var(--wall)",
        body_background_fill_dark="var(--wall)",
        body_text_color="var(--ink)",
        body_text_color_dark="var(--ink)",
    )
    return {"theme": theme, "footer_links": [], "i18n": translations()}
