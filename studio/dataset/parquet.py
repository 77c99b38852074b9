"""The columns of the three configs, written a few rows at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.library import Record
from studio.library.files import digest

__all__ = ["CONFIGS", "SCHEMA", "Sheet", "event_row"]

SCHEMA = 1
"""Of a row of ``events``; older ones are read by code that stays."""
CONFIGS: Mapping[str, Mapping[str, str]] = {
    "pictures": {
        "jpg_0": "binary",
        "jpg_1": "binary",
        "label_0": "float64",
        "caption": "string",
    },
    "pairs": {"prompt": "string", "chosen": "string", "rejected": "string"},
    "events": {
        "schema": "int32",
        "table": "string",
        "id": "string",
        "record": "string",
        "sha256": "string",
        "original": "binary",
        "thumbnail": "binary",
    },
}
"""Name and type of each column. ``pictures`` is what Diffusion-DPO scripts read: ``label_0`` is 1
where ``jpg_0`` is preferred, else 0; the files may be of any format that Pillow opens."""
_ROWS, _BYTES = 32, 16 << 20
"""A row group; what is held in memory."""
_DICTIONARY = 64 << 20
"""A kept work stands in many rows: within a group it is written once."""


class Sheet:
    """A Parquet file of one config, also when it stays empty. Use in a ``with``."""

    def __init__(self, path: Path, config: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = CONFIGS[config]
        self._schema = pa.schema([(n, pa.type_for_alias(kind)) for n, kind in columns.items()])
        self._file = pq.ParquetWriter(
            path, self._schema, compression="zstd", dictionary_pagesize_limit=_DICTIONARY
        )
        self._rows: list[Mapping[str, Any]] = []
        self._held = 0
        self.count = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """One row."""
        self._rows.append(row)
        self._held += sum(len(v) for v in row.values() if isinstance(v, bytes | str))
        self.count += 1
        if len(self._rows) >= _ROWS or self._held >= _BYTES:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows, self._held = [], 0

    def __enter__(self) -> Self:
        """The sheet, closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left; a group without rows would keep `datasets` from reading it."""
        if kind is None and self._rows:
            self._write()
        self._file.close()


def event_row(record: Record) -> dict[str, Any]:
    """A row of ``events``; its sha256 is of the record's JSON."""
    written = json.dumps(
        record.values, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return {
        "schema": SCHEMA,
        "table": record.table,
        "id": record.name,
        "record": written,
        "sha256": digest(written.encode()),
        "original": record.original,
        "thumbnail": record.thumbnail,
    }
