"""``headwater chokepoints``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from headwater.cli import _chokepoints_text as text
from headwater.cli import _output as out
from headwater.cli._context import (
    AsOf,
    Csv,
    DataDir,
    Json,
    Store,
    open_session,
    settings_for,
)
from headwater.errors import InvalidArgumentError

if TYPE_CHECKING:
    from headwater.queries.chokepoints import Chokepoints
    from headwater.queries.chokepoints_graph import Dominated
    from headwater.queries.chokepoints_model import ModelChokepoints
    from headwater.queries.chokepoints_substitutes import Substitutes

BY: Final = ("artefact", "namespace", "developer")
WEIGHTS: Final = ("models", "downloads", "downloads_all_time", "likes", "parameters")
SHOWN: Final = 10
_FIGURES: Final = (
    "models", "downloads", "downloads_unknown", "weight", "weight_unknown",
)  # fmt: skip
_SERVING: Final = ("members", "mirrored", "mirrors", "base", "n_siblings", "siblings")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("chokepoints")(chokepoints_command)


Model = Annotated[
    str | None,
    typer.Argument(
        help="Node id or friendly name: what this model hangs on. Without it: what most "
        "models hang on.",
        show_default=False,
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help=f"One of {', '.join(BY)}; default all three."),
]
Weight = Annotated[
    str | None,
    typer.Option("--weight", help=f"Order by {', '.join(WEIGHTS)}; default models."),
]
Pairs = Annotated[
    bool,
    typer.Option(
        "--pairs", help="Also two that together dominate what neither does alone."
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=0,
        help=f"At most so many of each list; default {SHOWN}, all for --json, --csv "
        "and for one model.",
    ),
]


def chokepoints_command(
    model: Model = None,
    by: By = None,
    weight: Weight = None,
    pairs: Pairs = False,
    limit: Limit = None,
    as_of: AsOf = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Show single points of failure: what every path to a model passes through.

    [bold]Examples[/bold]

      headwater chokepoints

      headwater chokepoints --by developer --weight downloads --pairs

      headwater chokepoints HuggingFaceH4/zephyr-7b-beta
    """
    session = open_session(settings_for(data_dir, store))
    if model is not None:
        if weight is not None:
            raise InvalidArgumentError(
                "--weight orders what most models hang on; leave it out for one model"
            )
        found = session.chokepoints_of(model, by, pairs=pairs, as_of=as_of)
        _show_model(found, limit, (pairs, as_json, as_csv))
        return
    if limit is None and not as_json and not as_csv:
        limit = SHOWN
    answer = session.chokepoints(
        by, weight=weight or "models", pairs=pairs, as_of=as_of, limit=limit,
        searched=limit,
    )  # fmt: skip
    if as_json:
        out.print_json(answer)
    elif as_csv:
        _csv(answer, pairs=pairs)
    else:
        text.print_all(answer, session.snapshot.created)


def _show_model(
    found: ModelChokepoints, limit: int | None, flags: tuple[bool, bool, bool]
) -> None:
    pairs, as_json, as_csv = flags
    if as_json:
        out.print_json(found)
    elif as_csv:
        _model_csv(found, pairs=pairs)
    else:
        text.print_model(found, limit)


def _csv(answer: Chokepoints, *, pairs: bool) -> None:
    if pairs:
        out.print_csv(
            ("by", "rank", "first", "second", *_prefixed("adds_"), *_prefixed("together_")),
            (
                (
                    ranking.by, rank, *(half.id for half in pair.halves),
                    *_figures(pair.adds), *_figures(pair.together),
                )
                for ranking in answer.pairs
                for rank, pair in enumerate(ranking.pairs, 1)
            ),
        )  # fmt: skip
        return
    out.print_csv(
        ("by", "rank", "id", "name", "kind", "state", "own_models", *_FIGURES, *_SERVING),
        (
            (
                ranking.by, rank, item.id, item.name, item.kind, item.state,
                item.own_models, *_figures(item.dominates), *_serving(item.substitutes),
            )
            for ranking in answer.rankings
            for rank, item in enumerate(ranking.chokepoints, 1)
        ),
    )  # fmt: skip


def _prefixed(prefix: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in _FIGURES)


def _figures(value: Dominated) -> tuple[int, ...]:
    return tuple(getattr(value, name) for name in _FIGURES)


def _serving(found: Substitutes | None) -> tuple[object, ...]:
    if found is None:
        return (None, None, "not searched", None, None, "not searched")
    return (
        found.n_members, found.n_mirrored, " ".join(item.id for item in found.mirrors),
        found.base, found.n_siblings, " ".join(item.id for item in found.siblings),
    )  # fmt: skip


def _model_csv(answer: ModelChokepoints, *, pairs: bool) -> None:
    if pairs:
        out.print_csv(
            ("by", "first", "second"),
            ((part.by, *pair) for part in answer.by for pair in part.pairs),
        )
        return
    out.print_csv(
        ("by", "id", "name", "kind", "state", "distance", "through", "path", "lineage",
         *_SERVING),
        (
            (
                part.by, item.id, item.name, item.kind, item.state, item.distance,
                " ".join(item.through), text.path_text(answer.id, item.path).plain, answer.lineage,
                *_serving(item.substitutes),
            )
            for part in answer.by
            for item in part.singles
        ),
    )  # fmt: skip
