"""What a test reads off an artefact's page."""

from __future__ import annotations

from typing import Any

from tests.api.explorer.conftest import Visit

VICUNA = "/artefact?id=lmsys/vicuna-7b-v1.5"


def ask(seen: Visit, path: str) -> Any:
    answer = seen.page.request.get(f"{seen.base}/v1/{path}")
    assert answer.ok, answer.text()
    return answer.json()


def drawn(seen: Visit) -> list[str]:
    ids: list[str] = seen.page.eval_on_selector_all(
        ".tree .node[data-id]", "all => all.map(e => e.dataset.id)"
    )
    return ids
