"""The page's few icons: 20 x 20, drawn with the current colour, hidden from readers."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ICONS", "icon"]

ICONS: Mapping[str, str] = {
    "another": '<path d="M4 8a6.2 6.2 0 0 1 11-2.4M16 12a6.2 6.2 0 0 1-11 2.4"/>'
    '<path d="M15.4 2.6v3.2h-3.2M4.6 17.4v-3.2h3.2"/>',
    "undo": '<path d="M7.5 4 3.8 7.8l3.7 3.7M4 7.8h7.2a4.6 4.6 0 0 1 0 9.2H7"/>',
    "redo": '<path d="m12.5 4 3.7 3.8-3.7 3.7M16 7.8H8.8a4.6 4.6 0 0 0 0 9.2H13"/>',
    "compare": '<path d="M10 3v14"/><path d="M8 5H3.5v10H8"/><path d="M12 5h4.5v10H12z" '
    'fill="currentColor"/>',
    "save": '<path d="M10 3v9m-3.6-3.4L10 12.2l3.6-3.6M3.5 13v3.5h13V13"/>',
    "heart": '<path d="M10 16.8S3 12.6 3 7.7A3.8 3.8 0 0 1 10 5.6a3.8 3.8 0 0 1 7 2.1c0 4.9-7 9.1'
    '-7 9.1z"/>',
    "lock": '<path class="shackle" d="M6.8 9V6.6a3.2 3.2 0 0 1 6.4 0V9"/>'
    '<rect x="5" y="9" width="10" height="7.4" rx="1.4"/>',
    "theme": '<circle cx="10" cy="10" r="6.6"/>'
    '<path d="M10 3.4a6.6 6.6 0 0 1 0 13.2z" fill="currentColor"/>',
    "help": '<path d="M7.4 7.6a2.7 2.7 0 1 1 3.9 2.4c-.8.4-1.3 1-1.3 2v.3M10 15.2v.1"/>',
    "menu": '<path d="M3.5 6h13M3.5 10h13M3.5 14h13"/>',
    "close": '<path d="m5 5 10 10M15 5 5 15"/>',
    "info": '<circle cx="10" cy="10" r="6.8"/><path d="M10 9.2v4.4M10 6.4v.1"/>',
    "more": '<path d="M5 10h.1M10 10h.1M15 10h.1"/>',
    "bring": '<path d="M10 12.5V4m-3.4 3.2L10 3.8l3.4 3.4"/><path d="M3.5 11v5.5h13V11"/>',
    "caret": '<path d="m7.5 5 5 5-5 5"/>',
}


def icon(name: str) -> str:
    """Markup of one icon."""
    return (
        '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" '
        'stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" '
        f'aria-hidden="true" focusable="false">{ICONS[name]}</svg>'
    )
