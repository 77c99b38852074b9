"""Who is playing: one local person on loopback, otherwise a signed cookie for each browser.

A cookie holds a random id and the time, signed with a secret that stays in the library folder. A
missing, forged or damaged cookie is a new visitor, never an error: nobody is locked out by a bad
cookie, and nobody becomes someone else by guessing one.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from itsdangerous import BadSignature, TimestampSigner

__all__ = ["COOKIE", "LOCAL", "Mode", "Person", "load_secret", "mode_for", "person_from"]

Mode = Literal["local", "cookies"]
"""``local``: one person, no cookie. ``cookies``: every browser is its own person."""

COOKIE = "duet_person"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SALT = "duet.person.1"
_SECRET_BYTES = 32
_MAX_AGE = timedelta(days=400)
"""As long as browsers keep a cookie at all."""
_RENEW_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Person:
    """Whose works, feedback and session these are.

    Attributes:
        id: ``local``, or the random UUID of a browser; at most 36 characters.
    """

    id: str


LOCAL = Person("local")
"""The only person of a studio on loopback: clearing cookies loses nothing."""


def mode_for(host: str) -> Mode:
    """How persons are told apart when the server listens on ``host``.

    >>> mode_for("127.0.0.1"), mode_for("localhost"), mode_for("0.0.0.0")
    ('local', 'local', 'cookies')
    """
    if host.lower() == "localhost":
        return "local"
    try:
        return "local" if ipaddress.ip_address(host.strip("[]")).is_loopback else "cookies"
    except ValueError:
        return "cookies"


def load_secret(root: Path) -> bytes:
    """The signing secret of the library in ``root``, made on first use.

    The file is readable by its owner only (mode 0600), also when it was copied with other rights.
    An unusable secret is replaced: visitors then start anew instead of meeting an error.

    Raises:
        OSError: If the folder cannot be written.
    """
    path = root / "secret"
    if path.is_file():
        kept = path.read_bytes()
        if len(kept) == _SECRET_BYTES:
            path.chmod(0o600)
            return kept
    fresh = secrets.token_bytes(_SECRET_BYTES)
    part = root / f"secret.{secrets.token_hex(4)}.part"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return fresh


def person_from(
    cookies: str | None, mode: Mode, *, secret: bytes, on_space: bool = False
) -> tuple[Person, str | None]:
    """Who sent a request.

    Args:
        cookies: The ``Cookie`` header, if there was one.
        mode: See `Mode`.
        secret: From `load_secret`.
        on_space: True on a Hugging Face Space, where the page is an iframe of another site.

    Returns:
        The person, and the ``Set-Cookie`` header to answer with, or None if nothing changes. A
        cookie is renewed when it is older than 30 days.
    """
    if mode == "local":
        return LOCAL, None
    signer = TimestampSigner(secret, salt=_SALT)
    for text in _cookies(cookies or ""):
        found = _read(signer, text)
        if found:
            person, signed_at = found
            old = datetime.now(UTC) - signed_at > _RENEW_AFTER
            return person, _set_cookie(signer, person, on_space=on_space) if old else None
    person = Person(str(uuid.uuid4()))
    return person, _set_cookie(signer, person, on_space=on_space)


def _cookies(header: str) -> Iterator[str]:
    """Values of every cookie of our name; browsers may send several, and anyone anything."""
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            yield value.strip('"')


def _read(signer: TimestampSigner, text: str) -> tuple[Person, datetime] | None:
    """The person and when the cookie was signed, or None if we did not sign it."""
    try:
        raw, signed_at = signer.unsign(text, return_timestamp=True)
        person_id = raw.decode("ascii")
    except (BadSignature, ValueError):  # ValueError: bytes or characters no cookie of ours has
        return None
    return (Person(person_id), signed_at) if _ID.fullmatch(person_id) else None


def _set_cookie(signer: TimestampSigner, person: Person, *, on_space: bool) -> str:
    """The header's value. A partitioned cookie is the only kind that a Space's iframe keeps."""
    place = "Secure; SameSite=None; Partitioned" if on_space else "SameSite=Lax"
    value = signer.sign(person.id).decode("ascii")
    return f"{COOKIE}={value}; Path=/; Max-Age={int(_MAX_AGE.total_seconds())}; HttpOnly; {place}"
