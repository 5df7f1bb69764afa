"""The application: routes, pages, and what every request goes through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

import headwater
from headwater.api.asking import Server
from headwater.api.guard import Guard
from headwater.api.metrics import Metrics
from headwater.api.pages import page_routes
from headwater.api.parameters import know_parameters, query_names
from headwater.api.problems import Near, ProblemError, problem_of
from headwater.api.routes import (
    artefacts,
    bills,
    breakage,
    choices,
    concentration,
    figures,
    licensing,
    pictures,
    server,
    time,
    watching,
)
from headwater.api.settings import ApiSettings
from headwater.api.spec import describe
from headwater.api.work import AnswerCache, Workers
from headwater.errors import LineageError
from headwater.queries.session_reader import SessionReader, StoreReader

PREFIX: Final = "/v1"
ROUTERS: Final = (
    concentration,
    figures,
    choices,
    licensing,
    artefacts,
    pictures,
    breakage,
    bills,
    time,
    watching,
    server,
)
"""Routes with more after an id come before the one that has nothing after it."""


def create_app(
    store: Path | SessionReader, settings: ApiSettings | None = None
) -> FastAPI:
    """Return the application that answers from a data directory, or another store.

    Raises
    ------
    NoSnapshotError, DamagedSnapshotError, SnapshotVersionError
        When there is nothing to begin with.
    """
    settings = settings or ApiSettings()
    workers = Workers(settings.timeout_s, settings.max_waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    app = FastAPI(
        title="headwater",
        version=headwater.__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name.removesuffix("_route"),
    )
    app.state.server = Server(
        StoreReader(store) if isinstance(store, Path) else store,
        settings,
        workers,
        AnswerCache(settings.cached),
    )
    app.state.metrics = Metrics()
    for module in ROUTERS:
        app.include_router(
            module.router, prefix=PREFIX, dependencies=[Depends(know_parameters)]
        )
    app.router.routes.extend(page_routes())
    app.openapi = describe(app)  # type: ignore[method-assign]
    app.state.query_names = query_names(app.openapi())
    _add_problems(app)
    app.add_middleware(Guard, settings=settings, metrics=app.state.metrics)
    return app


def _add_problems(app: FastAPI) -> None:
    """Give every error the one shape."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return error.response(request.scope["path"])

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _invalid(error).response(request.scope["path"])

    async def by_status(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _by_status(request, error).response(request.scope["path"])

    async def of_a_query(request: Request, error: Exception) -> Response:
        assert isinstance(error, LineageError)
        return problem_of(error, None).response(request.scope["path"])

    app.add_exception_handler(ProblemError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(LineageError, of_a_query)


def _invalid(error: RequestValidationError) -> ProblemError:
    told = []
    for item in error.errors()[:5]:
        if item["type"] == "json_invalid":
            return ProblemError("not-json", "the body is no JSON")
        place = ".".join(str(part) for part in item["loc"][1:]) or "body"
        told.append(f"{place[:80]}: {item['msg']}")
    return ProblemError("invalid-parameter", "; ".join(told))


def _by_status(request: Request, error: HTTPException) -> ProblemError:
    if isinstance(error.__cause__, ProblemError):
        return error.__cause__  # what the guard said while the body was read
    headers: dict[str, Any] = dict(error.headers or {})
    if error.status_code == 405:
        allowed = headers.get("Allow") or headers.get("allow") or "GET"
        return ProblemError(
            "method-not-allowed",
            f"{request.method} is not answered here; there is {allowed}",
            headers={"allow": allowed},
        )
    if error.status_code == 404:
        known = sorted(
            {str(getattr(route, "path_format", "")) for route in request.app.routes}
        )
        close = get_close_matches(request.scope["path"], known, 3, 0.6)
        return ProblemError(
            "not-found",
            "there is no such address; /v1/openapi.json has them all",
            [Near(item) for item in close],
        )
    return ProblemError("invalid-parameter", str(error.detail))
