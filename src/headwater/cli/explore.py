"""``headwater search``, ``show``, ``lineage``, ``why``, ``view``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from headwater.cli import _output as out
from headwater.cli._context import (
    AsOf,
    Csv,
    DataDir,
    Json,
    Store,
    open_session,
    say,
    settings_for,
)
from headwater.queries.lineage import Lineage, Relative
from headwater.queries.proofs import Step

TREE_ROWS = 40
Name = Annotated[str, typer.Argument(help="Node id or friendly name.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("search")(search_command)
    app.command("show")(show_command)
    app.command("lineage")(lineage_command)
    app.command("why")(why_command)
    app.command("view")(view_command)


def search_command(
    text: Annotated[str, typer.Argument(help="Part of an id or a name.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20,
    as_of: AsOf = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Find artefacts, namespaces and developers, the most popular first.

    [bold]Example[/bold]: headwater search vicuna
    """
    session = open_session(settings_for(data_dir, store))
    hits = session.search(text, limit, as_of=as_of)
    columns = ("id", "name", "kind", "downloads", "n_children", "match")
    rows = [asdict(hit) for hit in hits]
    if as_json:
        out.print_json(rows)
    elif as_csv:
        out.print_csv(columns, [[row[name] for name in columns] for row in rows])
    elif not hits:
        say(f"Nothing contains {text!r} or comes near it.")
        raise typer.Exit(1)
    else:
        if hits[0].match == "near":
            say(f"Nothing contains {text!r}; these come near:")
        made = out.table("id", "name", "kind", "downloads", "children",
                         numbers=("downloads", "children"))  # fmt: skip
        for hit in hits:
            made.add_row(
                out.plain(hit.id), out.plain(hit.name if hit.name != hit.id else ""),
                hit.kind, out.count(hit.downloads), out.count(hit.n_children),
            )  # fmt: skip
        out.console().print(made)


def show_command(
    name: Name,
    as_of: AsOf = None,
    as_json: Json = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Show what is known of one node, and what nobody has said.

    [bold]Example[/bold]: headwater show "Stable Diffusion 1.5"
    """
    shown = open_session(settings_for(data_dir, store)).show(name, as_of=as_of)
    if as_json:
        out.print_json(asdict(shown))
        return
    console = out.console()
    console.print(Text.assemble((shown.name, "bold"), "  ", (shown.id, "dim")))
    made = out.table("", "")
    made.show_header = False
    made.add_row("kind", shown.kind)
    made.add_row(
        "state",
        shown.state + (" (phantom: named, never seen)" if shown.phantom else ""),
    )
    for label in ("namespace", "developer", "family"):
        value = getattr(shown, label)
        if value is not None:
            made.add_row(label, out.plain(value))
    if shown.kind == "model":
        made.add_row("root", shown.root_status)
    moment = f" (as of {shown.as_of}; the rest is of today)" if shown.as_of else ""
    made.add_row(
        "parents / children", f"{shown.n_parents:,} / {shown.n_children:,}{moment}"
    )
    for item in shown.fields:
        if item.status == "not_applicable":
            continue
        made.add_row(item.name.replace("_", " "), _field_text(item.value, item.status))
    for label, listed in (
        ("also called", shown.aliases),
        ("recorded by", shown.sources),
    ):
        if listed:
            made.add_row(label, out.plain(", ".join(listed)))
    for label in ("document", "note"):
        if getattr(shown, label):
            made.add_row(label, out.plain(getattr(shown, label)))
    console.print(made)


def _field_text(value: object, status: str) -> Text:
    if status != "known":
        return Text({"absent": "none declared", "unknown": "unknown"}[status], "dim")
    if isinstance(value, int):
        return Text(f"{value:,}")
    return Text(", ".join(value) if isinstance(value, tuple) else str(value))


def why_command(
    child: Annotated[str, typer.Argument(help="The node that stands on the other.")],
    parent: Annotated[str, typer.Argument(help="The node that it stands on.")],
    as_of: AsOf = None,
    as_json: Json = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Show the claims behind an edge: who says so, where, since when.

    [bold]Example[/bold]: headwater why Vicuna Alpaca
    """
    answers = open_session(settings_for(data_dir, store)).why(
        child, parent, as_of=as_of
    )
    if as_json:
        out.print_json([asdict(answer) for answer in answers])
        return
    console = out.console()
    for answer in answers:
        flags = f"{', disputed' if answer.disputed else ''}"
        console.print(
            Text.assemble(
                (answer.child, "bold"), f" {answer.relation} → ", (answer.parent, "bold"),
                (f"  {answer.standing}{flags}", "dim"),
            )
        )  # fmt: skip
        console.print(out.plain(answer.verdict))
        if answer.later is not None:
            console.print(
                f"{answer.later:,} of {len(answer.claims):,} claims were first seen "
                f"after {as_of}; they count all the same.",
                style="dim",
            )
        made = out.table("source", "says", "by", "confidence", "seen", "document")
        for claim in answer.claims:
            says = f"{'not ' if claim.stance == 'denies' else ''}{claim.relation}"
            seen = claim.first_seen
            if claim.last_seen != claim.first_seen:
                seen += f" – {claim.last_seen}"
            document = Text(claim.document)
            for label, value in (("note", claim.note), ("as typed", claim.raw)):
                if value:
                    document.append(f"\n{label}: {value}", "dim")
            source = claim.source + (" (primary)" if claim.primary else "")
            made.add_row(
                source, says, claim.declared_by, f"{claim.confidence:g}", seen, document
            )
        console.print(made)


def lineage_command(
    name: Name,
    depth: Annotated[
        int | None, typer.Option("--depth", min=0, help="At most so many edges away.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="At most so many relatives each way."),
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Show what an artefact stands on and what stands on it.

    [bold]Example[/bold]: headwater lineage Alpaca
    """
    session = open_session(settings_for(data_dir, store))
    answer = session.lineage(name, depth=depth, limit=limit, as_of=as_of)
    if as_json:
        out.print_json(asdict(answer))
    elif as_csv:
        columns = ("direction", "id", "name", "kind", "state", "depth", "downloads")
        out.print_csv(columns, _csv_rows(answer))
    else:
        _print_lineage(answer)


def _csv_rows(answer: Lineage) -> list[tuple[object, ...]]:
    return [
        (
            direction,
            item.id,
            item.name,
            item.kind,
            item.state,
            item.depth,
            item.downloads,
        )
        for direction in ("ancestors", "descendants")
        for item in getattr(answer, direction)
    ]


def _print_lineage(answer: Lineage) -> None:
    console = out.console()
    head = Text.assemble((answer.name, "bold"), "  ", (answer.id, "dim"),
                         (f"  {answer.state}, root: {answer.root_status}", "dim"))  # fmt: skip
    people = {item.id: item for item in (*answer.ancestors, *answer.descendants)}
    console.print(head)
    console.print(f"\nStands on {answer.n_ancestors:,}", style="bold")
    up = [(step.child, step.parent, step) for step in answer.edges]
    _print_tree(console, answer.id, up, people, {item.id for item in answer.ancestors})
    console.print(f"\nStands under {answer.n_descendants:,}", style="bold")
    down = [(step.parent, step.child, step) for step in answer.edges]
    _print_tree(
        console, answer.id, down, people, {item.id for item in answer.descendants}
    )


def _print_tree(
    console: Any,
    focus: str,
    edges: Iterable[tuple[str, str, Step]],
    people: dict[str, Relative],
    wanted: set[str],
) -> None:
    steps: dict[str, list[tuple[str, Step]]] = {}
    for here, there, step in edges:
        if there in wanted or step.relation == "method":
            steps.setdefault(here, []).append((there, step))
    if focus not in steps:
        console.print("  nothing that anybody has declared", style="dim")
        return
    tree = Tree("", hide_root=True, guide_style="dim")
    queue = [(focus, tree)]
    drawn = {focus}
    rows = 0
    while queue:
        here, branch = queue.pop(0)
        listed = steps.get(here, ())
        for there, step in listed:
            if rows >= TREE_ROWS:
                console.print(tree)
                console.print("  … more; --json and --csv list all", style="dim")
                return
            rows += 1
            again = there in drawn
            leaf = branch.add(_leaf(there, step, people.get(there), again=again))
            if not again:
                drawn.add(there)
                queue.append((there, leaf))
    console.print(tree)


def _leaf(node: str, step: Step, item: Relative | None, *, again: bool) -> Text:
    text = Text.assemble(
        (f"{step.relation}{'?' if step.disputed else ''} ", "cyan"), node
    )
    if item is not None:
        if item.name != item.id:
            text.append(f"  {item.name}", "dim")
        if item.state != "present":
            text.append(
                f"  [{'phantom, ' if item.phantom else ''}{item.state}]", "yellow"
            )
    if step.relation == "method":
        text.append("  (recipe only, never counts as breakage)", "dim")
    if again:
        text.append("  (drawn elsewhere in this tree)", "dim")
    return text


def view_command(
    name: Name,
    html: Annotated[
        Path, typer.Option("--html", help="File to write; one page, works offline.")
    ] = Path("lineage.html"),
    budget: Annotated[
        int,
        typer.Option("--rows", min=1, max=500, help="Rows to show in each direction."),
    ] = 30,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Draw the lineage of an artefact as one self-contained HTML page.

    [bold]Example[/bold]: headwater view llama-7b --html llama.html
    """
    from headwater.api.view import write_page

    session = open_session(settings_for(data_dir, store))
    drawn = session.picture(name, budget=budget, as_of=as_of)
    write_page(drawn, html)
    say(f"Wrote {html}")
