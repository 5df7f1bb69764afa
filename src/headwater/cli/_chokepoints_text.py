"""Chokepoints as text: tables, and sentences about what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from headwater.cli import _output as out

if TYPE_CHECKING:
    from headwater.queries.chokepoints import Chokepoint, Chokepoints, Ranking
    from headwater.queries.chokepoints_graph import Dominated
    from headwater.queries.chokepoints_model import ModelChokepoints, Single, SinglesBy
    from headwater.queries.chokepoints_pairs import Half, PairRanking
    from headwater.queries.chokepoints_substitutes import Substitutes
    from headwater.queries.proofs import Step

SHOWN_ENDS: Final = 5
_PLURAL: Final = {
    "artefact": "artefacts", "namespace": "namespaces", "developer": "developers",
}  # fmt: skip


def print_all(answer: Chokepoints, created: str) -> None:
    """Print what most models hang on."""
    console = out.console()
    moment = f"as of {answer.as_of}, " if answer.as_of else ""
    console.print(
        f"Single points of failure of {answer.n_models:,} models", style="bold"
    )
    console.print(
        f"{moment}snapshot of {created[:10]}. A model hangs on something when every path "
        "from its roots to it passes through there. What is lost with it anyway (itself, "
        "an owner's own models) is not counted.",
        style="dim",
    )
    console.print(
        f"Of known origin: {answer.known:,}. Undeclared: {answer.undeclared:,}; what "
        "these hang on is unknown, not nothing. Undeclared or never seen in part: "
        f"{answer.in_part:,}; these may hang on more than is counted.",
        style="dim",
    )
    for ranking in answer.rankings:
        _print_ranking(console, ranking, answer.weight)
    for found in answer.pairs:
        _print_pairs(console, found, answer.weight)


def _columns(weight: str) -> tuple[str, ...]:
    more = () if weight in ("models", "downloads") else (weight.replace("_", " "),)
    return ("models", "downloads", *more)


def _cells(value: Dominated, weight: str) -> tuple[str, ...]:
    cells = [f"{value.models:,}", _sum(value.downloads, value.downloads_unknown, value)]
    if weight not in ("models", "downloads"):
        cells.append(_sum(value.weight, value.weight_unknown, value))
    return tuple(cells)


def _sum(known: int, n_unknown: int, value: Dominated) -> str:
    """Return a sum, with what is not known of it: ? for all, +? for some."""
    if n_unknown and n_unknown == value.models:
        return "?"
    return f"{known:,}" + (" +?" if n_unknown else "")


def _print_ranking(console: Console, ranking: Ranking, weight: str) -> None:
    console.print()
    if not ranking.n_found:
        console.print(f"No other model is known to hang on a single {ranking.by}.")
        return
    columns = _columns(weight)
    made = out.table(ranking.by, *columns, "what else could serve", numbers=columns)
    for item in ranking.chokepoints:
        made.add_row(
            _label(item),
            *_cells(item.dominates, weight),
            _substitutes(item.substitutes),
        )
    console.print(made)
    if ranking.truncated:
        console.print(
            f"… and {ranking.truncated:,} more {_PLURAL[ranking.by]} on which other models "
            "hang; --limit shows more, --json and --csv all",
            style="dim",
        )


def _label(item: Chokepoint | Single) -> Text:
    label = Text(item.name)
    if item.name != item.id:
        label.append(f"\n{item.id}", "dim")
    if item.state == "unknown":
        label.append("\nnever seen, only named", "yellow")
    elif item.state != "present":
        label.append(f"\n{item.state}", "yellow")
    cycle = getattr(item, "cycle", ())
    if cycle:
        label.append(f"\na cycle of {len(cycle)}: {', '.join(cycle[:3])}", "dim")
        label.append(" …" if len(cycle) > 3 else "", "dim")
    return label


def _substitutes(found: Substitutes | None) -> Text:
    if found is None:
        return Text("not searched", "dim")
    line = Text("mirrors: ", "dim")
    if found.mirrors:
        if found.n_members > 1:
            line.append(f"of {found.n_mirrored:,} of {found.n_members:,} models, as ")
        line.append(_listed([item.id for item in found.mirrors], len(found.mirrors)),
                    "green")  # fmt: skip
    else:
        line.append("none known")
    line.append("\nsiblings: " if found.n_members == 1 else
                f"\nsiblings of {found.base}: ", "dim")  # fmt: skip
    if found.siblings:
        names = [item.id for item in found.siblings]
        line.append(_listed(names, found.n_siblings))
        first = found.siblings[0]
        line.append(f" ({first.relation} of {first.ancestor})", "dim")
    else:
        line.append("none known")
    return line


def _listed(names: Sequence[str], total: int) -> str:
    more = f" and {total - len(names):,} more" if total > len(names) else ""
    return ", ".join(names) + more


def _print_pairs(console: Console, found: PairRanking, weight: str) -> None:
    console.print()
    console.print(Text(f"Pairs of {_PLURAL[found.by]}", "bold"))
    console.print(
        "Models that hang on the two together: every path passes one of them, and "
        "neither is on every path.",
        style="dim",
    )
    _print_completeness(console, found)
    if not found.pairs:
        return
    columns = _columns(weight)
    made = out.table(
        "one", "and the other", *columns, "all that hangs on them",
        numbers=(*columns, "all that hangs on them"),
    )  # fmt: skip
    for pair in found.pairs:
        made.add_row(
            *(_half(item) for item in pair.halves), *_cells(pair.adds, weight),
            f"{pair.together.models:,}",
        )  # fmt: skip
    console.print(made)
    if found.truncated:
        console.print(
            f"… and {found.truncated:,} more pairs; --limit shows more, --json and "
            "--csv all",
            style="dim",
        )


def _print_completeness(console: Console, found: PairRanking) -> None:
    if found.complete:
        text = (
            f"All pairs are found: {found.n_found:,}. Only a model with several parents, "
            "and what stands on it, can have one."
        )
        console.print(text, style="dim")
        return
    console.print(
        f"Not complete: {found.not_searched:,} models with several parents have too many "
        "candidates and were left out. Pairs may be missing, and the figures are at "
        f"least what they say; {found.n_found:,} pairs are found.",
        style="yellow",
    )


def _half(item: Half) -> Text:
    label = Text(item.name)
    if item.name != item.id:
        label.append(f"\n{item.id}", "dim")
    if item.cycle:
        label.append(f"\na cycle of {len(item.cycle)}", "dim")
    label.append(f"\nalone: {item.alone.models:,}", "dim")
    return label


def print_model(answer: ModelChokepoints, limit: int | None) -> None:
    """Print what one model hangs on."""
    console = out.console()
    moment = f" as of {answer.as_of}" if answer.as_of else ""
    console.print(
        Text.assemble(
            ("What ", "bold"), (answer.name, "bold"),
            (f" hangs on{moment}", "bold"), (f"  {answer.id}", "dim"),
        )
    )  # fmt: skip
    console.print(_lineage_text(answer), style=_STYLES[answer.lineage])
    for part in answer.by:
        _print_singles(console, answer, part, limit)


_STYLES: Final = {"known": "dim", "in part": "yellow", "undeclared": "yellow"}


def _lineage_text(answer: ModelChokepoints) -> Text:
    ends = [item.id for item in answer.ends]
    if answer.lineage == "known" and not answer.n_ancestors:
        return Text("It is a root: its weights stand on no other model.")
    if answer.lineage == "known":
        names = _listed(ends[:SHOWN_ENDS], len(ends))
        return Text(
            f"It stands on {_models(answer)}; all paths are known up to {names}."
        )
    if answer.lineage == "undeclared":
        return Text(
            "Nobody has declared what it was made from: what it hangs on is unknown, "
            "not nothing."
        )
    open_ends = [item.id for item in answer.ends if not item.known]
    return Text(
        f"It stands on {_models(answer)}. Nobody has said what is above "
        f"{_listed(open_ends[:SHOWN_ENDS], len(open_ends))}: what is listed holds, more "
        "may be missing."
    )


def _models(answer: ModelChokepoints) -> str:
    return "1 model" if answer.n_ancestors == 1 else f"{answer.n_ancestors:,} models"


def _print_singles(
    console: Console, answer: ModelChokepoints, part: SinglesBy, limit: int | None
) -> None:
    console.print()
    shown = part.singles if limit is None else part.singles[:limit]
    if not part.singles:
        console.print(_none(answer, part.by))
    elif shown:
        made = out.table(f"every path passes this {part.by}", "a shortest path, with who "
                         "says so", "what else could serve")  # fmt: skip
        for item in shown:
            path = path_text(answer.id, item.path)
            if len(item.through) > 1:
                path.append(f"\nor another of its {len(item.through):,}: ", "dim")
                rest = item.through[1:]
                path.append(_listed(rest[:3], len(rest)), "dim")
            made.add_row(_label(item), path, _substitutes(item.substitutes))
        console.print(made)
    if len(part.singles) > len(shown):
        console.print(f"… and {len(part.singles) - len(shown):,} more", style="dim")
    _print_model_pairs(console, part, limit)


def _none(answer: ModelChokepoints, by: str) -> Text:
    if answer.lineage == "undeclared":
        return Text(f"{by}: unknown", "yellow")
    if not answer.n_ancestors:
        return Text(f"{by}: none but its own")
    other = "no other" if by != "artefact" else "no single"
    doubt = " that is known" if answer.lineage == "in part" else ""
    return Text(f"{by}: {other} {by}{doubt} is on every path")


def _print_model_pairs(console: Console, part: SinglesBy, limit: int | None) -> None:
    if part.pairs_complete is None:
        return
    shown = part.pairs if limit is None else part.pairs[:limit]
    if part.pairs:
        console.print(
            Text(
                f"It also hangs on either of two {_PLURAL[part.by]} (neither suffices):"
            )
        )
    for one, two in shown:
        console.print(Text(f"  {one} or {two}"))
    if len(part.pairs) > len(shown):
        console.print(f"  … and {len(part.pairs) - len(shown):,} more", style="dim")
    if not part.pairs and part.pairs_complete:
        console.print(Text(f"{part.by}: no pairs", "dim"))
    if not part.pairs_complete:
        console.print("Pairs may be missing: too many candidates.", style="yellow")


def path_text(start: str, path: Sequence[Step]) -> Text:
    """Return a path on one line, with its sources."""
    line = Text(start)
    for step in path:
        line.append(f" {step.relation}{'?' if step.disputed else ''} → ", "cyan")
        line.append(step.parent)
        line.append(f" [{', '.join(step.sources)}]", "dim")
    return line
