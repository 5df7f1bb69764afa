"""``headwater quality`` and ``headwater diff-sources``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from headwater.cli import _output as out
from headwater.cli._context import (
    Csv,
    DataDir,
    Json,
    Store,
    open_session,
    settings_for,
    tell_of_layer,
)

if TYPE_CHECKING:
    from headwater.queries.diff_sources import Difference, SourceComparison
    from headwater.queries.quality import Finding, Quality
    from headwater.queries.quality_found import Example

EXAMPLES = 5
SHOWN = 15
SHOWN_PARTS = 6


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("quality")(quality_command)
    app.command("diff-sources")(diff_sources_command)


def quality_command(
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="Examples a class.")
    ] = EXAMPLES,
    as_json: Json = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Report what is wrong with the data: each class of dirt, its share, examples.

    [bold]Examples[/bold]

      headwater quality

      headwater quality --limit 100 --json
    """
    answer = tell_of_layer(open_session(settings_for(data_dir, store))).quality(limit)
    if as_json:
        out.print_json(asdict(answer))
    else:
        _print_quality(answer)


def _print_quality(answer: Quality) -> None:
    console = out.console()
    console.print(f"Snapshot of {answer.created[:10]}", style="dim")
    made = out.table("class", "number", "share", "of what", numbers=("number", "share"))
    for item in answer.findings:
        style = "" if item.count else "dim"
        made.add_row(
            Text(item.title, style), Text(out.count(item.count), style),
            Text(_share(item.share), style), Text(item.of_what, style),
        )  # fmt: skip
    console.print(made)
    _print_sources(console, answer)
    for item in answer.findings:
        if item.count:
            _print_finding(console, item)


def _print_sources(console: Console, answer: Quality) -> None:
    if not answer.sources:
        return
    console.print()
    made = out.table(
        "source of edges", "first", "share", "in all", "alone",
        numbers=("first", "share", "in all", "alone"),
    )  # fmt: skip
    for item in answer.sources:
        made.add_row(
            item.source, out.count(item.first), _share(item.first / answer.n_edges),
            out.count(item.edges), out.count(item.alone),
        )  # fmt: skip
    console.print(made)
    console.print(
        f"{answer.n_edges:,} accepted edges, {answer.n_disputed:,} of them disputed; first: "
        "no more authoritative source says so",
        style="dim",
    )


def _share(share: float | None) -> str:
    return "<0.1%" if share is not None and 0 < share < 0.0005 else out.share(share)


def _print_finding(console: Console, item: Finding) -> None:
    console.print()
    console.print(
        Text.assemble((item.title, "bold"), f"  {item.count:,}{_parts(item)}")
    )
    console.print(out.plain(f"{item.meaning} {item.advice}"), style="dim")
    if not item.examples:
        return
    made = out.table("", "")
    made.show_header = False
    for example in item.examples:
        made.add_row(_subject(example), out.plain(example.detail))
    console.print(made)
    if item.truncated:
        console.print(
            f"… and {item.truncated:,} more; --limit shows more of them", style="dim"
        )


def _parts(item: Finding) -> str:
    if not item.breakdown:
        return ""
    parts = [f"{number:,} {name}" for name, number in item.breakdown.items()]
    more = len(parts) - SHOWN_PARTS
    rest = f", {more:,} other kinds" if more > 0 else ""
    # Some are told by what is well beside what is not.
    is_whole = sum(item.breakdown.values()) == item.of != item.count
    whole = f" of {item.of:,}" if is_whole else ""
    return f"{whole}: {', '.join(parts[:SHOWN_PARTS])}{rest}"


def _subject(example: Example) -> Text:
    text = Text(example.id)
    if example.other is not None:
        text.append(" → ", "cyan").append(example.other)
    return text


def diff_sources_command(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A source of claims: hub:cardData, hub:tag, catalog …"
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The other source.")],
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="At most so many differences a kind."),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Show where two sources disagree about what stands on what.

    Compared are children of whose parents both speak.

    [bold]Examples[/bold]

      headwater diff-sources hub:cardData hub:tag

      headwater diff-sources catalog ecosystem-graphs --csv
    """
    if limit is None and not as_json and not as_csv:
        limit = SHOWN
    session = tell_of_layer(open_session(settings_for(data_dir, store)))
    answer = session.diff_sources(a, b, limit)
    if as_json:
        out.print_json(asdict(answer))
    elif as_csv:
        out.print_csv(_HEADER, [_row(item) for item in answer.differences])
    else:
        _print_comparison(answer)


_HEADER = (
    "outcome", "child", "parent", "relations_a", "relations_b", "relation", "standing",
    "downloads",
)  # fmt: skip


def _row(item: Difference) -> tuple[object, ...]:
    return (
        item.outcome, item.child, item.parent, " ".join(item.relations_a),
        " ".join(item.relations_b), item.relation, item.standing, item.downloads,
    )  # fmt: skip


def _print_comparison(answer: SourceComparison) -> None:
    console = out.console()
    console.print(
        Text.assemble(("A", "bold"), f" is {answer.a}, ", ("B", "bold"), f" {answer.b}")
    )
    _print_children(console, answer)
    words = _words(answer)
    for outcome, text in words.items():
        listed = [item for item in answer.differences if item.outcome == outcome]
        if not listed:
            continue
        console.print()
        console.print(Text(text, "bold"))
        _print_differences(console, outcome, listed)
        if answer.truncated[outcome]:
            console.print(
                f"… and {answer.truncated[outcome]:,} more; --csv and --json list all",
                style="dim",
            )


def _words(answer: SourceComparison) -> dict[str, str]:
    return {
        "b_denies": f"{answer.a} asserts it, {answer.b} denies it",
        "a_denies": f"{answer.b} asserts it, {answer.a} denies it",
        "relation": "Both assert it, with different relations",
        "only_a": f"Only {answer.a} asserts it",
        "only_b": f"Only {answer.b} asserts it",
        "less_specific": "One names a relation, the other leaves it open",
        "agree": "Both assert it alike",
    }


def _print_children(console: Console, answer: SourceComparison) -> None:
    names = [item.topic for item in answer.topics]
    made = out.table("parents that are …", *names, numbers=names)
    for label, field in (
        ("children of which both speak", "both"), ("children of which only A speaks", "only_a"),
        ("children of which only B speaks", "only_b"),
    ):  # fmt: skip
        made.add_row(
            label, *(out.count(getattr(item, field)) for item in answer.topics)
        )
    made.add_section()
    made.add_row(Text("edges of those of which both speak", "dim"))
    for outcome, text in _words(answer).items():
        made.add_row(
            f"  {text}", *(out.count(item.outcomes[outcome]) for item in answer.topics)
        )
    console.print(made)


def _print_differences(
    console: Console, outcome: str, listed: Sequence[Difference]
) -> None:
    made = out.table(
        "child", "parent", "A says", "B says", "taken as", "downloads",
        numbers=("downloads",),
    )  # fmt: skip
    denied = {"a_denies": "A", "b_denies": "B"}.get(outcome)
    for item in listed:
        taken = item.relation if item.standing == "accepted" else item.standing
        made.add_row(
            out.plain(item.child), out.plain(item.parent),
            _said(item.relations_a, denied=denied == "A"),
            _said(item.relations_b, denied=denied == "B"),
            taken, out.count(item.downloads),
        )  # fmt: skip
    console.print(made)


def _said(relations: Sequence[str], *, denied: bool) -> str:
    return "denies it" if denied else ", ".join(relations) or "–"
