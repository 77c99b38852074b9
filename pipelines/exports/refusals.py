"""How a file that cannot be read is refused: what, where, and what to do."""

from __future__ import annotations

from pipelines.errors import ExportError

__all__ = [
    "MAX_PARTS",
    "MAX_PIXELS",
    "check_length",
    "check_parts",
    "check_size",
    "clean",
    "damaged",
    "length",
    "recipe_too_large",
    "two",
]

MAX_PIXELS = 64_000_000
"""A picture with more pixels is refused before it is decoded."""
MAX_PARTS = 400_000
"""A file of more parts than this is refused; 64 MB of GIF have 250,000."""
_NAME = 80


def clean(name: str) -> str:
    r"""A file name fit for a message: one line, printable, short.

    >>> clean("a/b/pear\n.png"), clean("")
    ('pear.png', 'file')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(character for character in last if character.isprintable())
    return printable[:_NAME].strip() or "file"


def length(count: int) -> str:
    """A number of bytes as a person reads it.

    >>> length(812), length(12_345), length(104_857_600)
    ('812 B', '12.3 KB', '104.9 MB')
    """
    if count < 1000:  # noqa: PLR2004 - the unit changes here
        return f"{count} B"
    if count < 1_000_000:  # noqa: PLR2004 - and here
        return f"{count / 1000:.1f} KB"
    return f"{count / 1_000_000:.1f} MB"


def check_length(data: bytes, name: str, limit: int, remedy: str) -> None:
    """Refuse a file without a byte, and one of more than ``limit``.

    Raises:
        ExportError: ``empty_file``, or ``file_too_large``, which ``remedy`` says what to do about.
    """
    if not data:
        raise ExportError(
            "empty_file", name=name, value="0 B", rule="empty", remedy="get it again"
        )
    if len(data) > limit:
        raise ExportError(
            "file_too_large",
            name=name,
            value=length(len(data)),
            rule=f"over {length(limit)}",
            remedy=remedy,
        )


def damaged(name: str, offset: int, rule: str) -> ExportError:
    """The file stops making sense at byte ``offset``."""
    return ExportError(
        "damaged_file",
        name=name,
        value=length(offset),
        rule=f"where it is damaged: {rule}",
        remedy="get the file again from where it was saved",
    )


def check_size(name: str, width: int, height: int) -> tuple[int, int]:
    """``(width, height)`` if a picture of that size may be decoded.

    Raises:
        ExportError: For a side of zero, or more than `MAX_PIXELS`.
    """
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise ExportError(
            "picture_too_large" if width * height else "damaged_picture",
            name=name,
            value=f"{width} x {height} px",
            rule=f"outside 1 to {MAX_PIXELS} pixels",
            remedy="open the picture that Duet saved",
        )
    return width, height


def check_parts(name: str, offset: int, count: int) -> None:
    """Refuse a file of countless tiny parts, which would keep a server busy.

    Raises:
        ExportError: For more than `MAX_PARTS`.
    """
    if count > MAX_PARTS:
        raise damaged(name, offset, f"more than {MAX_PARTS} parts")


def recipe_too_large(name: str, limit: int) -> ExportError:
    """The recipe inside is larger than any that Duet writes."""
    return ExportError(
        "recipe_too_large",
        name=name,
        value=length(limit),
        rule="less than the recipe in it",
        remedy="open the file that Duet saved",
    )


def two(name: str) -> ExportError:
    """The file holds two recipes, and nothing says which one made it."""
    return ExportError(
        "two_recipes",
        name=name,
        value=2,
        rule="with more than one recipe inside",
        remedy="open the file that Duet saved",
    )
