"""The files of a backup: rows as lines of JSON, compressed, with a manifest that is written last."""

import gzip
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from graph_service.backups.schemas import FORMAT, FileEntry, Manifest
from graph_service.errors import BadInput, Refused

ROWS, STONES, MANIFEST = "rows.jsonl.gz", "tombstones.jsonl", "manifest.json"
AT_ONCE = 5_000
LONGEST_LINE = 64_000_000


@contextmanager
def drafted(folder: Path) -> Iterator[Path]:
    """A folder to write a backup in, which gets its name when it is whole, and otherwise goes. Raises BadInput."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is there already: name a new folder.")
    draft = folder.resolve().with_name(f".{folder.resolve().name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True, mode=0o700)
        yield draft
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except OSError as error:
        raise Refused(f"The backup cannot be written to {folder} ({error.strerror}).") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes a backup of a folder's files."""
    path = folder / MANIFEST
    path.write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    path.chmod(0o600)


def file_entry(path: Path) -> FileEntry:
    """How large a file is, and its SHA-256."""
    with path.open("rb") as file:
        return FileEntry(bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose files are whole. Raises BadInput."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise BadInput(f"{folder} is no backup: its {MANIFEST} cannot be read.") from error
    if manifest.format != FORMAT:
        raise BadInput(f"The backup is of format {manifest.format}, and this StormGraph reads {FORMAT}.")
    if manifest.files.keys() != {ROWS, STONES}:
        raise BadInput(f"The backup's {MANIFEST} names other files than a backup has.")
    for name, entry in manifest.files.items():
        if not (folder / name).is_file() or file_entry(folder / name) != entry:
            raise BadInput(f"The backup is damaged: {name} is not what {MANIFEST} says.")
    return manifest


def read_rows(path: Path) -> Iterator[list[Any]]:
    """The rows of a backup, some thousands at a time. Raises BadInput."""
    try:
        with gzip.open(path, "rb") as file:
            lines = iter(lambda: file.readline(LONGEST_LINE), b"")
            while found := [orjson.loads(line) for line in islice(lines, AT_ONCE)]:
                yield found
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(f"The backup is damaged: {path.name} cannot be read.") from error


def read_stones(path: Path) -> list[dict[str, Any]]:
    """The tombstones of a file; none where there is no file. Raises BadInput."""
    if not path.exists():
        return []
    try:
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} holds no tombstones.") from error


def write_stones(path: Path, stones: list[dict[str, Any]]) -> None:
    """Write tombstones, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(b"".join(orjson.dumps(one, option=orjson.OPT_SORT_KEYS) + b"\n" for one in stones))
    fresh.chmod(0o600)
    fresh.replace(path)


def write_lines(file: gzip.GzipFile, lines: list[bytes]) -> None:
    """Write canonical lines."""
    file.write(b"\n".join(lines) + b"\n")
