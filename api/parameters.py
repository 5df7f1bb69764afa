"""Parameters that routes share, each with its meaning and an example."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator

from headwater.api.asking import DEFAULT_LIMIT, Asked
from headwater.api.problems import Near, ProblemError

MAX_TARGETS: Final = 50
"""Targets of a question."""
MAX_IDS: Final = 100_000
"""Ids of an inventory."""
MAX_LOCKED: Final = 500
"""Artefacts that one lock watches."""
Format = Literal["json", "ndjson", "csv"]
Event = Literal["frozen", "gated", "deleted", "relicensed"]
BillVersion = Literal["1.6", "1.7"]
By = Literal["developer", "namespace", "root", "dataset"]
Attribution = Literal["fractional", "fractional-roots", "any", "captive"]
Dimension = Literal[
    "namespace", "developer", "relation", "depth", "kind", "task", "licence", "month"
]

Id = Annotated[
    str,
    AfterValidator(lambda text: text.replace("%2F", "/")),
    Path(
        description="Node id, alias or friendly name; case does not matter, `/` may be "
        "written as `%2F`.",
        min_length=1,
        max_length=500,
        examples=["lmsys/vicuna-7b-v1.5"],
    ),
]
Name = Annotated[str, Query(min_length=1, max_length=500)]
AsOf = Annotated[
    date | None, Query(description="Only what existed on this day (YYYY-MM-DD).")
]
Fields = Annotated[
    str | None,
    Query(
        description="Only these fields, with commas between; parts of parts after a "
        "dot, `*` for all.",
        max_length=2_000,
    ),
]


def _asked(request: Request, fields: Fields = None) -> Asked:
    return Asked(request, fields)


def _listed(
    request: Request,
    fields: Fields = None,
    format: Annotated[
        Format | None,
        Query(description="`ndjson` and `csv` list the rows alone; wins over Accept."),
    ] = None,
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            description=f"Rows: {DEFAULT_LIMIT} of JSON, at most 1,000; of NDJSON and "
            "CSV 100,000.",
        ),
    ] = None,
    cursor: Annotated[
        str | None,
        Query(description="`page.next` of the page before.", max_length=500),
    ] = None,
) -> Asked:
    return Asked(request, fields, format, limit, cursor, pages=True)


One = Annotated[Asked, Depends(_asked)]
"""The answer is one object."""
Listed = Annotated[Asked, Depends(_listed)]
"""The answer has a list that comes in pages, or as NDJSON or CSV."""


def query_names(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the query parameters of each operation of an OpenAPI document."""
    return {
        f"{operation['operationId']}_route": [
            item["name"]
            for item in operation.get("parameters", ())
            if item["in"] == "query"
        ]
        for methods in document["paths"].values()
        for operation in methods.values()
    }


async def know_parameters(request: Request) -> None:
    """Refuse what a route does not know: a misspelt filter must not widen an answer."""
    if not request.query_params:
        return
    known = request.app.state.query_names[request.scope["endpoint"].__name__]
    for name in request.query_params:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ProblemError(
                "invalid-parameter",
                f"there is no parameter {name[:80]!r} here{hint}",
                [Near(item) for item in known],
            )
