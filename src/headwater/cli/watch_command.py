"""``headwater watch``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from headwater.cli import _output as out
from headwater.cli._context import (
    DataDir,
    Json,
    Store,
    open_session,
    say,
    settings_for,
)
from headwater.errors import InvalidArgumentError, NodeNotFoundError, StorageError
from headwater.graph.snapshot_names import PREVIOUS

if TYPE_CHECKING:
    from headwater.config import Settings
    from headwater.queries.session import Session
    from headwater.queries.watch import UpstreamChange, WatchReport
    from headwater.queries.watch_lock import Lock

CHANGED = 4
"""Exit code: something upstream of what is watched changed."""
MAX_BYTES = 100_000_000


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("watch")(watch_command)


def watch_command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="A lock, or a list of artefacts: one a line, # begins a comment. "
            "With --write also ids and names.",
        ),
    ],
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="LOCK", help="Write a lock of the artefacts."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="SNAPSHOT",
            help="Compare a list with this snapshot (default: previous).",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Tell whether anything upstream of your artefacts changed: exit code 4 if so.

    A lock holds what the artefacts stood on when it was written: nothing else is needed.

    [bold]Examples[/bold]

      headwater watch --write models.lock lmsys/vicuna-7b-v1.5 Zephyr

      headwater watch models.lock

      headwater watch models.txt --since 20261001
    """
    settings = settings_for(data_dir, store)
    if write is not None:
        if since is not None:
            raise InvalidArgumentError("a lock is written of now; leave out --since")
        _write(settings, write, names)
        return
    if len(names) != 1:
        raise InvalidArgumentError(
            "give one file; to write a lock of several artefacts add --write LOCK"
        )
    report = _compare(settings, Path(names[0]), since)
    if as_json:
        out.print_json(asdict(report))
    else:
        _print(report)
    if report.changed:
        raise typer.Exit(CHANGED)


def _write(settings: Settings, path: Path, names: Sequence[str]) -> None:
    from headwater.ingest.durable import write_durably
    from headwater.queries.watch_lock import lock_bytes, parse_lock

    if path.is_file():  # nothing but a lock is written over
        parse_lock(_read(path), str(path))
    elif not path.parent.is_dir():
        raise StorageError(path, "the directory does not exist")
    wanted: list[str] = []
    for name in names:
        wanted += _named(Path(name)) if Path(name).is_file() else [name]
    lock = open_session(settings).lock(wanted)
    write_durably(path, lock_bytes(lock))
    say(
        f"Wrote {path}: {len(lock.watched):,} watched, "
        f"{len(lock.artefacts) - len(lock.watched):,} more upstream, "
        f"snapshot {lock.snapshot}"
    )


def _compare(settings: Settings, path: Path, since: str | None) -> WatchReport:
    from headwater.queries.watch_lock import parse_lock

    if not path.is_file():
        raise InvalidArgumentError(
            f"there is no file {str(path)!r}; write one: headwater watch --write "
            f"{path} NAME..."
        )
    if _is_lock(path):
        if since is not None:
            raise InvalidArgumentError(
                "a lock holds what was; --since goes with a list of artefacts"
            )
        return open_session(settings).watch(parse_lock(_read(path), str(path)))
    new = open_session(settings)
    return new.watch(_lock_then(new.at(since or PREVIOUS), new, _named(path)))


def _lock_then(old: Session, new: Session, names: Sequence[str]) -> Lock:
    """Return the lock of names in the older snapshot; newcomers have no past to compare."""
    from headwater.queries.targets import resolve_node

    known = []
    for name in names:
        try:
            resolve_node(old.graph, name)
            known.append(name)
        except NodeNotFoundError:
            resolve_node(new.graph, name)  # unknown in both is an error
            say(f"{name} is not in {old.snapshot.id}: nothing to compare it with")
    if not known:
        raise InvalidArgumentError(
            f"none of the artefacts is in {old.snapshot.id}; name another with --since"
        )
    return old.lock(known)


def _is_lock(path: Path) -> bool:
    return _read(path).lstrip()[:1] == b"{"


def _named(path: Path) -> list[str]:
    """Return the artefacts that a list names, or that a lock watches."""
    from headwater.queries.watch_lock import parse_lock

    data = _read(path)
    if _is_lock(path):
        return list(parse_lock(data, str(path)).watched)
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InvalidArgumentError(f"{path} is no text") from None
    names = [line.partition("#")[0].strip() for line in lines]
    return [name for name in names if name]


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidArgumentError(f"{path} is too large for a list or a lock")
        return path.read_bytes()
    except OSError as error:
        raise InvalidArgumentError(f"cannot read {path}: {error.strerror}") from error


def _print(report: WatchReport) -> None:
    console = out.console()
    console.print(
        f"{len(report.watched):,} watched, {report.upstream:,} more upstream",
        style="dim",
    )
    console.print(f"{report.new} compared with {report.old}", style="dim")
    if not report.changed:
        console.print("Nothing upstream changed.")
        return
    for item in report.watched:
        if not item.changes:
            continue
        console.print()
        console.print(
            Text.assemble(
                (item.id, "bold"), f"  {out.counted(len(item.changes), 'change')}"
            )
        )
        made = out.table("change", "what", "by way of")
        for change in item.changes:
            made.add_row(
                Text(change.change, "yellow"), out.plain(_what(change)), _way(change)
            )
        console.print(made)
    quiet = sum(not item.changes for item in report.watched)
    if quiet:
        others = "other" if quiet == 1 else f"{quiet:,} others"
        console.print(f"\nNothing changed for the {others}.", style="dim")


def _what(change: UpstreamChange) -> str:
    if change.change in ("renamed", "replaced"):
        told = (
            f"now {change.after}" if change.change == "renamed" else "another artefact"
        )
        return f"{change.id}: {told}"
    if change.change == "parent":
        return f"{change.id}: {change.before} → {change.after}"
    if change.change in ("not_seen", "unnamed"):
        return f"{change.id}: was {change.before}, whether it exists is unknown"
    moved = f"{change.before or 'no edge'} → {change.after or 'no edge'}"
    end = f" {change.parent}" if change.parent else ""
    return f"{change.id}: {moved}{end}"


def _way(change: UpstreamChange) -> Text:
    text = Text()
    for step in change.path:
        text.append(f"{step.relation} → ", "cyan").append(f"{step.parent} ")
    return text if change.path else Text("itself", "dim")
