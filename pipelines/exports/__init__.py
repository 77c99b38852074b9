"""Files: a work saved with its recipe inside, and any file opened again.

data, mime = exports.encode(artifact, "png")
opened = exports.open_bytes(data)
again = instrument.render(opened.recipe)
exports.verdict(opened, again).kind  # "identical"
"""

from pipelines.exports.comparing import Verdict, film_verdict, verdict
from pipelines.exports.reading import Opened, open_bytes
from pipelines.exports.sheets import Sheet, sheet
from pipelines.exports.writing import FORMATS, MORE, TEXTS, encode, save

__all__ = [
    "FORMATS",
    "MORE",
    "TEXTS",
    "Opened",
    "Sheet",
    "Verdict",
    "encode",
    "film_verdict",
    "open_bytes",
    "save",
    "sheet",
    "verdict",
]
