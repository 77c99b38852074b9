"""Files of the page: modules, style sheets, fonts and images, under two addresses.

``/assets/js/...`` is asked again each time whether it changed. ``/assets/at-STAMP/js/...`` names
the state of all of them and is kept by browsers: the page asks for its hundred modules once, and
for others only after Duet was updated.
"""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["ASSETS", "mounts", "stamp"]

ASSETS = Path(__file__).resolve().parent.parent / "assets"
SERVED = ("js", "css", "fonts", "images")
"""The only folders under ``assets`` that a browser may read."""
KEPT = "public, max-age=31536000, immutable"


def stamp() -> str:
    """Names the state of every file of the page; a second after one changed, another."""
    return _stamp(int(time.monotonic()))


@lru_cache(maxsize=1)
def _stamp(_second: int) -> str:
    found = hashlib.sha256()
    for name in SERVED:
        for path in sorted((ASSETS / name).iterdir()):
            stat = path.stat()
            found.update(f"{name}/{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return found.hexdigest()[:16]


class Assets(StaticFiles):
    """Files of one folder."""

    def __init__(self, name: str) -> None:
        super().__init__(directory=ASSETS / name, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`."""
        response = self._at_once(path, scope) or await super().get_response(path, scope)
        current = scope.get("path_params", {}).get("stamp") == stamp()
        response.headers["cache-control"] = KEPT if current else "no-cache"
        return response

    def _at_once(self, path: str, scope: Scope) -> Response | None:
        """A whole file, here and now: they are small and many, and a thread for each is slow."""
        if scope["method"] != "GET" or "range" in Headers(scope=scope):
            return None
        try:
            full, found = self.lookup_path(path)
            if found is None or not S_ISREG(found.st_mode):
                return None
            told = self.file_response(full, found, scope)
            if not isinstance(told, FileResponse):
                return told  # it has not changed
            headers = {name: told.headers[name] for name in ("content-type", "etag")}
            return Response(Path(full).read_bytes(), headers=headers)
        except (OSError, ValueError):
            return None


def mounts() -> list[BaseRoute]:
    """Every folder at both of its addresses."""
    ways = ("/assets", "/assets/at-{stamp}")
    return [Mount(f"{way}/{name}", Assets(name)) for way in ways for name in SERVED]
