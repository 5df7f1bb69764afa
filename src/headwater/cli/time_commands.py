"""``headwater diff`` and ``headwater snapshots``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from headwater.cli import _output as out
from headwater.cli._context import Csv, DataDir, Json, open_session, say, settings_for
from headwater.graph.snapshot_names import CURRENT, PREVIOUS
from headwater.graph.store import SnapshotStore

if TYPE_CHECKING:
    from headwater.queries.diff import Change, Diff
    from headwater.queries.diff_figures import Bounded

SHOWN = 10
NAMES_HELP = "current, previous, an id or its beginning, or another data directory."

snapshots_app = typer.Typer(help="The snapshots of a data directory.")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("diff")(diff_command)
    snapshots_app.callback(invoke_without_command=True)(_snapshots)
    snapshots_app.command("list")(list_command)
    snapshots_app.command("prune")(prune_command)
    app.add_typer(snapshots_app, name="snapshots")


def diff_command(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help=f"The older snapshot: {NAMES_HELP}")
    ] = PREVIOUS,
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The newer one, named likewise.")
    ] = CURRENT,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="KIND", help="List only this kind; may be repeated."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="List at most so many changes a kind."),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
) -> None:
    """Show what changed between two snapshots, and what it did to the concentration.

    An artefact that is missing counts as deleted only where a complete crawl looked.

    [bold]Examples[/bold]

      headwater diff

      headwater diff 20261001 current --only deleted --only licence --csv
    """
    later = open_session(settings_for(data_dir), new)
    earlier = later.at(old)
    if later.snapshot.created < earlier.snapshot.created:
        say("The second snapshot is the older one: came and went are swapped.")
    if limit is None and not as_json and not as_csv:
        limit = SHOWN
    answer = later.diff(earlier, limit=limit, only=only or ())
    if as_json:
        out.print_json(asdict(answer))
    elif as_csv:
        out.print_csv(_HEADER, [_row(item) for item in answer.changes])
    else:
        _print_diff(answer)


_HEADER = (
    "change", "id", "kind", "parent", "before", "after", "reason", "downloads",
)  # fmt: skip


def _row(item: Change) -> list[object]:
    return [getattr(item, name) for name in _HEADER]


def _print_diff(answer: Diff) -> None:
    from headwater.queries.diff import CHANGES

    console = out.console()
    for label, name in (("old", answer.old), ("new", answer.new)):
        console.print(
            Text.assemble(
                f"{label} ", (name.id, "bold"),
                f"  {name.artefacts:,} artefacts, {name.edges:,} edges",
            )
        )  # fmt: skip
    if not any(answer.counts.values()):
        console.print(
            "Nothing changed: the same artefacts, edges, states and licences."
        )
        return
    console.print()
    made = out.table("change", "number", "meaning", numbers=("number",))
    for kind, number in answer.counts.items():
        if number:
            made.add_row(kind, out.count(number), _meaning(answer, kind, CHANGES[kind]))
    console.print(made)
    for kind in CHANGES:
        listed = [item for item in answer.changes if item.change == kind]
        if listed:
            _print_changes(console, kind, listed, answer.truncated[kind])
    _print_figures(console, answer)


def _meaning(answer: Diff, kind: str, meaning: str) -> Text:
    text = out.plain(meaning)
    moves = list(answer.transitions.get(kind, {}).items())
    if moves:
        told = ", ".join(f"{number:,} {move}" for move, number in moves[:3])
        text.append(f" ({told}{', …' if len(moves) > 3 else ''})", "dim")
    return text


def _print_changes(
    console: Console, kind: str, listed: list[Change], truncated: int
) -> None:
    console.print()
    console.print(Text(kind, "bold"))
    made = out.table("", "", "downloads", numbers=("downloads",))
    made.show_header = False
    for item in listed:
        made.add_row(out.plain(item.id), _what(item), out.count(item.downloads))
    console.print(made)
    if truncated:
        console.print(
            f"… and {truncated:,} more; --limit shows more, --csv and --json list all",
            style="dim",
        )


def _what(item: Change) -> Text:
    if item.change in ("edge_went", "edge_came"):
        text = Text.assemble(
            (f"{item.before or item.after} → ", "cyan"), item.parent or ""
        )
        if item.reason == "child":
            text.append("  (with the artefact itself)", "dim")
        return text
    if item.change == "relation":
        move = f"{item.before} → {item.after} "
        return Text.assemble((move, "cyan"), item.parent or "")
    if item.change in ("not_seen", "unnamed"):
        return out.plain(f"was {item.before}")
    if item.change == "came":
        return out.plain(item.after)
    if item.change in ("renamed", "replaced"):
        return out.plain(
            f"was {item.before}" if item.change == "renamed" else "another artefact"
        )
    return out.plain(f"{item.before} → {item.after or 'not there'}")


def _print_figures(console: Console, answer: Diff) -> None:
    console.print()
    if not answer.figures:
        console.print(
            "No concentration: one of the snapshots has no model.", style="dim"
        )
        return
    made = out.table(
        "concentration", "old", "new", "change", "interval, old", "interval, new",
        numbers=("old", "new", "change"),
    )  # fmt: skip
    for item in answer.figures:
        before, after = item.before.point, item.after.point
        moved = None if before is None or after is None else after - before
        made.add_row(
            item.name.replace("_", " "), _number(before), _number(after),
            "–" if moved is None else f"{moved:+.4f}",
            _interval(item.before), _interval(item.after),
        )  # fmt: skip
    console.print(made)
    console.print()
    made = out.table(
        "share of the weight", "old", "new", "change", numbers=("old", "new", "change")
    )
    for share in answer.shares[:SHOWN]:
        made.add_row(
            out.plain(share.name), out.share(share.before), out.share(share.after),
            f"{100 * (share.after - share.before):+.1f} points",
        )  # fmt: skip
    console.print(made)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _interval(interval: Bounded) -> str:
    return f"{_number(interval.low)} to {_number(interval.high)}"


def _snapshots(
    context: typer.Context, as_json: Json = False, data_dir: DataDir = None
) -> None:
    if context.invoked_subcommand is None:
        list_command(as_json, data_dir)


def list_command(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List the snapshots: date, size, sources, which is current, which is being read.

    [bold]Example[/bold]: headwater snapshots
    """
    from headwater.queries.snapshots import list_snapshots

    directory = settings_for(data_dir).data_dir
    listed = list_snapshots(SnapshotStore(directory))
    if as_json:
        out.print_json([asdict(item) for item in listed])
        return
    if not listed:
        say(f"No snapshot in {directory}; run: headwater build")
        return
    made = out.table(
        "snapshot", "compiled", "artefacts", "edges", "MB", "sources", "",
        numbers=("artefacts", "edges", "MB"),
    )  # fmt: skip
    for item in listed:
        marks = [
            name for name, fits in (("current", item.current), ("in use", item.in_use))
            if fits
        ]  # fmt: skip
        made.add_row(
            item.id, item.created[:16].replace("T", " "), out.count(item.artefacts),
            out.count(item.edges), f"{item.n_bytes / 1e6:,.1f}",
            out.plain(", ".join(item.sources) or "none"),
            Text(", ".join(marks), "bold"),
        )  # fmt: skip
    out.console().print(made)


Keep = Annotated[
    int,
    typer.Option("--keep", min=1, help="How many to keep, the current one included."),
]


def prune_command(keep: Keep = 3, data_dir: DataDir = None) -> None:
    """Delete the oldest snapshots. The current one and those being read always stay.

    Crawls and imports are not touched.

    [bold]Example[/bold]: headwater snapshots prune --keep 5
    """
    prune(settings_for(data_dir).data_dir, keep)


def prune(directory: Path, keep: int) -> None:
    """Delete old snapshots and say which."""
    from headwater.ingest.lock import exclusive_lock
    from headwater.queries.snapshots import list_snapshots

    store = SnapshotStore(directory)
    store.current()  # an empty directory is told before a lock is made in it
    with exclusive_lock(directory / "build.lock"):
        before = list_snapshots(store)
        removed = set(store.prune(keep, spare_in_use=True))
    freed = sum(item.n_bytes for item in before if item.id in removed)
    for item in before:
        if item.id in removed:
            say(f"Deleted {item.id}")
    spared = len(before) - len(removed) - keep
    if spared > 0:
        say(f"{spared:,} more would have gone, but somebody reads them")
    say(
        f"{len(before) - len(removed):,} of {len(before):,} snapshots kept"
        + (f", {freed / 1e6:,.1f} MB freed" if removed else "")
    )
