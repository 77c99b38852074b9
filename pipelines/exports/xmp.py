"""The document as an XMP packet, which WebP carries."""

from __future__ import annotations

import html

from pipelines.exports import refusals
from pipelines.exports.documents import MAX_BYTES, Document, software

__all__ = ["from_xmp", "to_xmp"]

_OPEN, _CLOSE, _ATTRIBUTE = b"<duet:recipe>", b"</duet:recipe>", b'duet:recipe="'


def to_xmp(document: Document) -> bytes:
    """An XMP packet that holds the document, for WebP."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:duet="urn:duet:export:1">'
        f"<xmp:CreatorTool>{software()}</xmp:CreatorTool>"
        f"<duet:recipe>{html.escape(document.text(), quote=False)}</duet:recipe>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def from_xmp(packet: bytes, name: str) -> str | None:
    """The document's text in an XMP packet, or None; no XML is parsed, so nothing can expand.

    Raises:
        ExportError: For two recipes, or one that is too large.
    """
    if packet.count(_OPEN) + packet.count(_ATTRIBUTE) > 1:
        raise refusals.two(name)
    for start, end in ((_OPEN, _CLOSE), (_ATTRIBUTE, b'"')):
        _, found, rest = packet.partition(start)
        if found:
            escaped, _, _ = rest.partition(end)
            if len(escaped) > 2 * MAX_BYTES:
                raise refusals.recipe_too_large(name, MAX_BYTES)
            return html.unescape(escaped.decode("utf-8", "replace"))
    return None
