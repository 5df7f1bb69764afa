"""The data directory: where snapshots are published and found.

::

    DATA_DIR/
        current                name of the snapshot that queries read
        snapshots/<id>/        see :mod:`headwater.graph.snapshot`
        runs/<id>/             raw documents of crawls
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headwater.errors import (
    DamagedSnapshotError,
    InvalidArgumentError,
    NoSnapshotError,
    SnapshotVersionError,
    StorageError,
)
from headwater.graph.layers import write_layer
from headwater.graph.snapshot import (
    MANIFEST,
    Manifest,
    read_manifest,
    write_snapshot,
)
from headwater.graph.snapshot_use import unless_in_use

if TYPE_CHECKING:
    from headwater.graph.claim_tables import ClaimTables
    from headwater.graph.compile import SnapshotContent


class SnapshotStore:
    """Snapshots in one data directory.

    Parameters
    ----------
    directory : pathlib.Path
        The data directory; it is made when something is published.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.snapshots = directory / "snapshots"

    def publish(
        self,
        content: SnapshotContent,
        sources: list[dict[str, Any]],
        created: datetime | None = None,
    ) -> Manifest:
        """Write a snapshot and make it current, or leave everything as it was.

        The files are written and synced under a temporary name, then renamed, then
        the pointer is replaced: a crash at any moment leaves the last snapshot whole.

        Raises
        ------
        StorageError
            When the disk is full, read-only or not ours.
        """
        moment = created or datetime.now(UTC)
        return self._publish(
            lambda partial: write_snapshot(content, partial, moment, sources)
        )

    def publish_layer(
        self,
        tables: ClaimTables,
        base: Manifest,
        sources: list[dict[str, Any]],
        created: datetime | None = None,
    ) -> Manifest:
        """Publish an update as a layer over a compiled snapshot, which stays.

        Raises
        ------
        StorageError
            When the disk is full, read-only or not ours.
        """
        moment = created or datetime.now(UTC)
        return self._publish(
            lambda partial: write_layer(tables, base, partial, moment, sources)
        )

    def _publish(self, write: Callable[[Path], Manifest]) -> Manifest:
        with disk_errors(self.directory):
            self.snapshots.mkdir(parents=True, exist_ok=True)
            sweep(self.snapshots)
            partial = self.snapshots / f".partial-{os.getpid()}"
            try:
                manifest = write(partial)
                final = self.snapshots / manifest.id
                if final.exists():
                    shutil.rmtree(final)
                partial.rename(final)
                _sync_directory(self.snapshots)
                self._point_at(manifest.id)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return manifest

    def prune(self, keep: int = 3, *, spare_in_use: bool = False) -> list[str]:
        """Remove all but the newest snapshots and return the names of those removed.

        The current snapshot is never removed. Who has one of the others open keeps it:
        on POSIX systems mapped files live on until the last reader lets go, and readers
        that look into tables later get a clear error. Of a removed snapshot the manifest
        goes first, so that a crash leaves nothing that could be opened by half.

        Parameters
        ----------
        keep : int
            How many to keep, the current one among them; at least 1.
        spare_in_use : bool
            Whether to leave those alone that some process has open, this one included;
            they are then kept beside the others.

        Raises
        ------
        InvalidArgumentError
            When `keep` is below 1.
        StorageError
            When the directory is read-only or not ours.
        NoSnapshotError, DamagedSnapshotError
            When it is not clear which snapshot is current: nothing is removed then.
        """
        if keep < 1:
            raise InvalidArgumentError(f"at least 1 snapshot is kept, not {keep}")
        current = self.current()
        others = sorted(
            path for path in self.snapshots.glob("[!.]*") if path != current
        )
        below = {current.name, read_manifest(current).base}
        # Names begin with the moment of compilation, so the oldest come first.
        cut = max(0, len(others) - (keep - 1))
        below |= {_base_of(path) for path in others[cut:]}
        # What a layer lies over stays as long as the layer.
        doomed = [path for path in others[:cut] if path.name not in below]
        removed = []
        with disk_errors(self.directory):
            for path in doomed:
                with unless_in_use(path) as is_free:
                    if spare_in_use and not is_free:
                        continue
                    (path / MANIFEST).unlink(missing_ok=True)
                    shutil.rmtree(path)
                removed.append(path.name)
        return removed

    def _point_at(self, name: str) -> None:
        temporary = self.directory / f".current-{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as file:
            file.write(name + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.directory / "current")
        _sync_directory(self.directory)

    def current(self) -> Path:
        """Return the folder of the current snapshot.

        Raises
        ------
        NoSnapshotError
            When nothing was published yet.
        DamagedSnapshotError
            When the pointer names a snapshot that is not there.
        """
        pointer = self.directory / "current"
        try:
            name = pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise NoSnapshotError(self.directory) from None
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedSnapshotError(pointer, f"cannot be read ({error})") from error
        folder = self.snapshots / name
        if not name or "/" in name or name.startswith(".") or not folder.is_dir():
            raise DamagedSnapshotError(pointer, f"names no snapshot: {name[:80]!r}")
        return folder

    def list(self) -> list[Manifest]:
        """Return the manifests of all readable snapshots, oldest first."""
        found = []
        for path in sorted(self.snapshots.glob("[!.]*")):
            try:
                found.append(read_manifest(path))
            except (DamagedSnapshotError, SnapshotVersionError):
                continue  # a damaged one must not hide the others
        return found


def _base_of(path: Path) -> str | None:
    try:
        return read_manifest(path).base
    except (DamagedSnapshotError, SnapshotVersionError):
        return None


def sweep(directory: Path) -> None:
    """Remove what crashed writers left behind."""
    for path in directory.glob(".partial-*"):
        writer = path.name.removeprefix(".partial-")
        if not (writer.isdigit() and _is_running(int(writer))):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_errors(directory: Path) -> Iterator[None]:
    """Let what the disk refuses come out as an error of ours."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        words = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the quota is used up",
            errno.EROFS: "the file system is read-only",
            errno.EACCES: "no permission",
            errno.EPERM: "no permission",
            errno.ENOTDIR: "a part of the path is no directory",
        }
        problem = words.get(error.errno or 0, str(error))
        raise StorageError(Path(error.filename or directory), problem) from error
