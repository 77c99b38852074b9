"""The bar, and what lies over the page: the phone's menu, the key sheet, the drop veil."""

from __future__ import annotations

from studio.views.icons import icon

__all__ = ["BAR", "SHEETS"]

BAR = f"""
<a class="wordmark" href="#/" data-t-label="bar.home">Duet</a>
<span id="medium" data-t="media.picture"></span>
<a id="model" href="#/models" data-t-title="bar.model"></a>
<button id="bring-open" class="quiet" type="button" data-t-title="bar.bring"
  hidden>{icon("bring")}<span data-t="bring.title"></span></button>
<button id="theme" class="plain" type="button" data-t-label="bar.theme"
  data-t-title="bar.theme">{icon("theme")}</button>
<button id="help" class="plain" type="button" data-t-label="bar.keys" data-t-title="bar.keys"
  aria-expanded="false" aria-controls="key-sheet">{icon("help")}</button>
<button id="menu-open" class="plain" type="button" data-t-label="bar.menu"
  aria-expanded="false" aria-controls="menu">{icon("menu")}</button>
"""

SHEETS = """
<div id="menu" class="sheet" hidden><nav data-t-label="bar.menu"></nav></div>
<aside id="key-sheet" class="sheet" hidden tabindex="-1" data-t-label="bar.keys"></aside>
<div id="veil" hidden></div>
<div id="spoken" class="unseen" role="status" aria-live="polite"></div>
"""
