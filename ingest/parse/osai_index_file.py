"""One system of the European Open Source AI Index -> openness, records, claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from headwater.graph.claims import (
    Claim,
    ClaimBatch,
    Judgement,
    Record,
    claim_problem,
)
from headwater.graph.openness import CLASSES, CRITERIA
from headwater.ingest.parse.curated_names import NameTable, fold, slug, stub_id
from headwater.ingest.parse.reference_text import read_reference
from headwater.ingest.parse.text import clean_text

SOURCE: Final = "osai-index"
SITE: Final = "https://osai-index.eu/"
_OUTSIDE: Final = "osai-index"
_NOTHING: Final = frozenset({"", "none", "unknown", "undisclosed", "n/a"})
_RELEASED = re.compile(r"(20\d\d)(?:-(\d\d))?(?:-(\d\d))?\Z", re.ASCII)
_MAX_LINKS: Final = 64


@dataclass(frozen=True, slots=True)
class Criterion:
    """One judgement: ``open``, ``partial`` or ``closed``, why, and on what grounds."""

    name: str
    openness: str
    links: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class Openness:
    """How open a system is, criterion by criterion.

    Attributes
    ----------
    system : str
        Name of the system in the index.
    end_model, base_model : str or None
        Node ids of the model that users meet and of the one it was made from; None
        when the index names none.
    criteria : tuple of Criterion
        Those that were judged, in the order of
        :data:`headwater.graph.openness.CRITERIA`.
    document : str
        Where the index says so.
    seen : str
        Day of reading.
    """

    system: str
    end_model: str | None
    base_model: str | None
    criteria: tuple[Criterion, ...]
    document: str
    seen: str


@dataclass(slots=True)
class IndexReader:
    """Reads systems into a batch; `resolved` and `unresolved` map names to ids."""

    batch: ClaimBatch
    names: NameTable
    day: str
    resolved: dict[str, str]
    unresolved: dict[str, str]

    def read(self, file: str, content: Any) -> Openness | None:
        """Return the openness of the system in `file`; None if it describes none.

        Its records, claims and judgements go to the batch: the end model is a fine-tune
        of the base model where their names differ, and each was trained on the datasets
        that its data sources link to, unless the index calls these closed.
        """
        system = _object(content, "system")
        name = _text(system.get("name"))
        if name is None:
            self.batch.skip("system/no_name", file)
            return None
        owner = _text(_object(content, "org").get("name")) or name
        is_one = system.get("basemodelname") == system.get("endmodelname")
        # Whose a base model is, the index doesn't say; often it is another body's.
        base = self._model(content, system, "base", owner if is_one else _OUTSIDE)
        end = self._model(content, system, "end", owner)
        document = f"{SITE}model/{slug(name)}/"
        for node, part in ((base, "base"), (end, "end")):
            if node is not None and (part == "end" or node != end):
                self.batch.records.append(
                    self._record(node, part, system, owner, document)
                )
                self._claim_data(node, part, content, document)
        if base is not None and end is not None and base.lower() != end.lower():
            if _is_swapped(content, system):
                self.batch.skip("model/links_contradict_names", name)
            else:
                note = "base model and end model, says the index"
                self._claim(end, base, "finetune", "model", document, note)
        criteria = tuple(_criteria(self.batch, content, name))
        self.batch.openness.extend(
            Judgement(
                name, end, base, item.name, item.openness, item.links, SOURCE, document,
                self.day, item.note,
            )
            for item in criteria
        )  # fmt: skip
        return Openness(name, end, base, criteria, document, self.day)

    def _model(
        self, content: Any, system: dict[str, Any], part: str, owner: str
    ) -> str | None:
        """Return the id of the base or end model, a stub when no table knows it."""
        name = _text(system.get(f"{part}modelname"))
        if name is None or fold(name) in _NOTHING or self.names.is_ignored(name):
            return None
        linked = _linked(content, part)
        # The link often leads to another size; only one of the same name is the model.
        found = linked.get(name.lower())
        if found is None:
            by_slug = {slug(own): repository for own, repository in linked.items()}
            found = by_slug.get(slug(name))
        if found is None and (known := self.names.find(name, ("model",))) is not None:
            found = known[0]
        if found is not None:
            self.resolved[name] = found
            return found
        stub = stub_id(owner, name)
        self.unresolved[name] = stub
        self.batch.skip(f"{part}_model/unresolved_name", f"{name} -> {stub}")
        return stub

    def _record(
        self, node: str, part: str, system: dict[str, Any], owner: str, document: str
    ) -> Record:
        is_end = part == "end"
        licence = _text(system.get("endmodellicense")) if is_end else None
        is_off_hub = node.startswith("off-hub/")
        return Record(
            id=node,
            kind="model",
            source=SOURCE,
            document=document,
            seen=self.day,
            name=_text(system.get(f"{part}modelname")) if is_off_hub else None,
            released=_released(system.get("releasedate")) if is_end else None,
            licence=None if fold(licence or "") in _NOTHING else licence,
            developer=self.names.find_developer(owner)
            if is_end and is_off_hub
            else None,
        )

    def _claim_data(self, node: str, part: str, content: Any, document: str) -> None:
        sources = _object(content, f"datasources_{part}model")
        if sources.get("class") not in ("open", "partial"):
            return
        seen: set[str] = set()
        for link in _links(sources.get("link")):
            dataset = _hub_id(link, "dataset")
            if dataset is not None and dataset.lower() not in seen:
                seen.add(dataset.lower())
                self._claim(node, dataset, "trained_on", "dataset", document, None)

    def _claim(
        self,
        child: str,
        parent: str,
        relation: str,
        parent_kind: str,
        document: str,
        note: str | None,
    ) -> None:
        claim = Claim(
            child=child,
            child_kind="model",
            parent=parent,
            parent_kind=parent_kind,
            relation=relation,
            source=SOURCE,
            document=document,
            first_seen=self.day,
            last_seen=self.day,
            declared_by="curator",
            confidence=0.9 if relation == "finetune" else 0.8,
            note=note,
        )
        problem = claim_problem(claim)
        if problem is None:
            self.batch.claims.append(claim)
        else:
            self.batch.skip(f"claim/{problem}", f"{child} -> {parent}")


def _linked(content: Any, part: str) -> dict[str, str]:
    """Return the repositories that the weights link to, by their lower-case names."""
    return {
        repository.rpartition("/")[2].lower(): repository
        for link in _links(_object(content, f"weights_{part}model").get("link"))
        if (repository := _hub_id(link, "model")) is not None
    }


def _is_swapped(content: Any, system: dict[str, Any]) -> bool:
    """Whether each model's link leads to a repository with the other one's name."""
    base, end = (
        slug(_text(system.get(f"{part}modelname")) or "") for part in ("base", "end")
    )
    return base in {slug(own) for own in _linked(content, "end")} and end in {
        slug(own) for own in _linked(content, "base")
    }


def _criteria(batch: ClaimBatch, content: Any, system: str) -> Iterator[Criterion]:
    for name in CRITERIA:
        judged = _object(content, name)
        openness = judged.get("class")
        if openness in CLASSES:
            links = tuple(_links(judged.get("link")))
            yield Criterion(name, openness, links, _text(judged.get("notes")))
        elif openness is not None:
            batch.skip("criterion/unknown_class", f"{system}: {name}: {openness!r:.60}")


def _object(content: Any, key: str) -> dict[str, Any]:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return clean_text(value) or None if isinstance(value, str) else None


def _links(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    links = (clean_text(item) for item in items if isinstance(item, str))
    return [link for link in links if "://" in link][:_MAX_LINKS]


def _hub_id(link: str, kind: str) -> str | None:
    """Return the repository of `kind` that a link leads to, None for other pages."""
    targets = read_reference(link, kind)
    if isinstance(targets, str) or len(targets) != 1:
        return None
    target = targets[0]
    is_hub = target.kind == kind and not target.id.startswith("off-hub/")
    return target.id if is_hub else None


def _released(value: Any) -> str | None:
    """Return a day, or a month's or a year's first."""
    found = _RELEASED.match(str(value).strip()) if value is not None else None
    if found is None:
        return None
    year, month, day = found[1], found[2] or "01", found[3] or "01"
    is_date = 1 <= int(month) <= 12 and 1 <= int(day) <= 31
    return f"{year}-{month}-{day}" if is_date else None
