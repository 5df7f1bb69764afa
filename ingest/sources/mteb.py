"""The model records of the mteb package, where it is installed -> claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from headwater.errors import MissingDependencyError
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.ingest.parse.curated_names import fold
from headwater.ingest.parse.hub_context import (
    Context,
    Statement,
    Subject,
    add_claim,
    add_claims,
    read_references,
)
from headwater.ingest.parse.mteb_source import ModelMeta, SourceTree
from headwater.ingest.parse.reference_text import read_reference
from headwater.ingest.parse.references import References
from headwater.ingest.parse.text import clean_text

SOURCE: Final = "mteb"
REPOSITORY: Final = "https://github.com/embeddings-benchmark/mteb/blob"
_FOLDERS: Final = ("models", "tasks")
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
MAX_DATASETS: Final = 1000
# mteb lists translations and parts of what was trained on along with it.
_DATA_CONFIDENCE: Final = 0.7


def read_mteb(folder: Path | None = None, today: date | None = None) -> ClaimBatch:
    """Return what mteb says of models: adapted from, trained on, superseded by.

    The package is read as text and never imported. Training data are named by mteb's
    tasks; a task stands for the dataset that it loads. Other names of datasets count
    only when they are ids of the Hub.

    Parameters
    ----------
    folder : pathlib.Path, optional
        Folder of the package; where it is installed by default.
    today : datetime.date, optional
        Day of reading; today in UTC by default.

    Raises
    ------
    MissingDependencyError
        When mteb is not installed.
    """
    if folder is None:
        folder, release = _installed()
    else:
        release = "main"
    day = (today or datetime.now(UTC).date()).isoformat()
    tree = SourceTree(dict(_modules(folder)))
    context = Context("", day)
    for name in tree.broken:
        context.batch.skip("module/no_valid_python", name)
    datasets = {fold(name): path for name, path in tree.task_datasets().items()}
    for meta in tree.models():
        _parse_model(context, meta, datasets, release)
    context.batch.claims = [
        replace(claim, confidence=_DATA_CONFIDENCE)
        if claim.relation == "trained_on"
        else claim
        for claim in dict.fromkeys(context.batch.claims)
    ]
    return context.batch


def _installed() -> tuple[Path, str]:
    spec = find_spec("mteb")
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError("mteb", "mteb", "pip install --no-deps mteb")
    try:
        release = version("mteb")
    except PackageNotFoundError:
        release = "main"
    return Path(spec.submodule_search_locations[0]), release


def _modules(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield dotted name and source of the modules that describe models and tasks."""
    for part in _FOLDERS:
        for path in sorted((folder / part).rglob("*.py")):
            if path.stat().st_size > MAX_FILE_BYTES:
                continue
            names = path.relative_to(folder).with_suffix("").parts
            if names[-1] == "__init__":
                names = names[:-1]
            source = path.read_text(encoding="utf-8", errors="replace")
            yield ".".join(("mteb", *names)), source


def _parse_model(
    context: Context, meta: ModelMeta, datasets: dict[str, str], release: str
) -> None:
    name = meta.fields.get("name")
    targets = read_reference(name, "model") if isinstance(name, str) else "no_name"
    if isinstance(targets, str) or len(targets) != 1 or "/" not in targets[0].id:
        context.batch.skip("name/no_repository", clean_text(f"{meta.module}: {name!r}"))
        return
    path = meta.module.replace(".", "/")
    document = f"{REPOSITORY}/{release}/{path}.py"
    subject = Subject(targets[0].id, "model", document, None)
    for field in meta.unreadable:
        context.batch.skip(f"{field}/unreadable", subject.id)
    context.batch.records.append(_record(context, subject, meta.fields))
    base = meta.fields.get("adapted_from")
    if base is not None:
        found = read_references(context, subject, "adapted_from", base, "model")
        statement = Statement("adapted_from", SOURCE, "unspecified", "curator")
        add_claims(context, subject, statement, found)
    _training_data(context, subject, meta.fields.get("training_datasets"), datasets)
    _successor(context, subject, meta.fields.get("superseded_by"))


def _record(context: Context, subject: Subject, fields: Any) -> Record:
    parameters = fields.get("n_parameters")
    is_count = isinstance(parameters, int) and not isinstance(parameters, bool)
    licence = fields.get("license")
    return Record(
        id=subject.id,
        kind="model",
        source=SOURCE,
        document=subject.document,
        seen=context.day,
        released=_day(fields.get("release_date")),
        parameters=parameters if is_count and parameters > 0 else None,
        licence=clean_text(licence) or None
        if isinstance(licence, str) and "://" not in licence
        else None,
    )


def _day(value: Any) -> str | None:
    try:
        return date.fromisoformat(value).isoformat() if value else None
    except (TypeError, ValueError):
        return None


def _training_data(
    context: Context, subject: Subject, value: Any, datasets: dict[str, str]
) -> None:
    paths = []
    for name in value if isinstance(value, list | dict) else ():
        path = datasets.get(fold(name)) if isinstance(name, str) else None
        if path is not None:
            paths.append(path)
        elif isinstance(name, str) and "/" in name:
            paths.append(name)
        else:
            context.batch.skip(
                "training_datasets/unresolved_name", f"{subject.id}: {name!r:.80}"
            )
    # Many tasks load one dataset; as repeats they would only be noise in the report.
    paths = list(dict.fromkeys(paths))
    found = read_references(
        context, subject, "training_datasets", paths, "dataset", MAX_DATASETS
    )
    statement = Statement(
        "training_datasets", SOURCE, "trained_on", "curator", "dataset"
    )
    add_claims(context, subject, statement, found)


def _successor(context: Context, subject: Subject, value: Any) -> None:
    """Read ``superseded_by`` the other way: the newer model succeeds this one."""
    if value is None:
        return
    found: References = read_references(
        context, subject, "superseded_by", value, "model"
    )
    for item in found.accepted:
        add_claim(
            context,
            Claim(
                child=item.id,
                child_kind="model",
                parent=subject.id,
                parent_kind="model",
                relation="successor_of",
                source=SOURCE,
                document=subject.document,
                first_seen=context.day,
                last_seen=context.day,
                declared_by="curator",
                raw=item.raw,
            ),
        )
