"""The journal: what was judged, one JSON line each, only ever appended to.

It is what makes a kill harmless and a rerun cheap: a verdict stands here before anything else is
done with it. A torn last line is passed over.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """An append-only file of records (plain dicts with a "kind").

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "journal.jsonl")
    ...     journal.add({"kind": "graded"})
    ...     list(journal)
    [{'kind': 'graded'}]
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # torn by a kill or a full disk
                if isinstance(record, dict):
                    yield record

    def add(self, record: dict[str, Any]) -> None:
        """Append one record; on return it is on the disk. Several processes may append."""
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        line = json.dumps(record, sort_keys=True, allow_nan=False).encode() + b"\n"
        with self.path.open("a+b", buffering=0) as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    line = b"\n" + line  # keep away from a torn line
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, "the disk is full", str(self.path))
            os.fsync(file.fileno())
