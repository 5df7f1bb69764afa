"""Where an export is written: all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import headwater
from headwater.errors import ConfigError, InvalidArgumentError, LineageError
from headwater.graph.snapshot import Manifest, write_json

MARK: Final = "headwater-export.json"
"""File by which a folder is known to be an export, which ``--force`` may replace."""


@contextmanager
def open_file(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes its name when it is complete.

    Raises
    ------
    InvalidArgumentError
        When there is a file of that name and `force` is not given, or a folder.
    ConfigError
        When it cannot be written.
    """
    if path.is_dir():
        raise InvalidArgumentError(f"{path} is a folder; name a file in it")
    if path.exists() and not path.is_file():
        with _disk_errors(path), path.open("wb") as pipe:
            yield pipe
        return
    if path.exists() and not force:
        raise InvalidArgumentError(f"{path} exists; give another name, or --force")
    temporary = _beside(path)
    with _disk_errors(path):
        try:
            with temporary.open("wb", buffering=1 << 20) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def open_folder(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Make a folder that takes its name when all files are in it.

    Whoever fills it writes :data:`MARK` into it: `force` replaces a folder that has one,
    or that is empty, and no other.

    Raises
    ------
    InvalidArgumentError
        When something of that name is there and may not be replaced.
    ConfigError
        When it cannot be written.
    """
    path = path.resolve()
    if path.exists():
        if not force:
            raise InvalidArgumentError(f"{path} exists; give another name, or --force")
        if not path.is_dir() or (any(path.iterdir()) and not (path / MARK).is_file()):
            raise InvalidArgumentError(
                f"{path} is no export of headwater and is not replaced; give another "
                "name, or remove it"
            )
    temporary = _beside(path)
    with _disk_errors(path):
        try:
            temporary.mkdir(parents=True)
            yield temporary
            if path.exists():
                old = _beside(path, "old")
                path.rename(old)
                temporary.rename(path)
                shutil.rmtree(old)
            else:
                temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_mark(folder: Path, manifest: Manifest, said: Mapping[str, Any]) -> None:
    """Say in a folder that it is an export, and of which snapshot."""
    value = {
        "written_by": f"headwater {headwater.__version__}",
        "snapshot": manifest.id,
        "created": manifest.created,
        "content_sha256": manifest.content_sha256,
        **said,
    }
    write_json(folder / MARK, value)


def _beside(path: Path, what: str = "tmp") -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{what}")


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (BrokenPipeError, LineageError):
        raise
    except OSError as error:
        problem = error.strerror or str(error)
        raise ConfigError(f"cannot write {path}: {problem}") from error
