"""Bills of materials as CycloneDX JSON, the standard of OWASP (ECMA-424).

A model is a component of type ``machine-learning-model``, a dataset of type ``data``.
What it was made from stands in its ``pedigree.ancestors``, each with the relation and the
sources that assert it as properties; what it needs to load stands under ``dependencies``
too. What is unknown is said by ``compositions``, never left out. Hashes are not written:
the graph holds no digest of an artefact as a whole.

References
----------
https://cyclonedx.org/docs/1.6/json/, https://cyclonedx.org/docs/1.7/json/
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any, Final
from urllib.parse import quote

import orjson

import headwater
from headwater.errors import InvalidArgumentError
from headwater.graph.schema import RELATIONS
from headwater.queries.bill_of_materials import BillOfMaterials, Component, Ingredient

VERSIONS: Final = ("1.6", "1.7")
"""Versions of the specification that can be written."""
HUB: Final = "https://huggingface.co"
_TYPES: Final = {
    "model": "machine-learning-model", "dataset": "data", "application": "application",
}  # fmt: skip
_LOAD_TIME: Final = {item.name for item in RELATIONS if item.load_time == "yes"}
_Json = dict[str, Any]


def cyclonedx_bytes(bill: BillOfMaterials, version: str = VERSIONS[0]) -> bytes:
    """Return a bill of materials as the bytes of a CycloneDX JSON file.

    Equal bills give equal bytes: the serial number is made from the content, and the
    time is that of the snapshot.

    Parameters
    ----------
    version : str
        One of :data:`VERSIONS`.

    Raises
    ------
    InvalidArgumentError
        When there is no such version.
    """
    value = cyclonedx(bill, version)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def cyclonedx(bill: BillOfMaterials, version: str = VERSIONS[0]) -> _Json:
    """Return the same as the value that the file holds."""
    if version not in VERSIONS:
        raise InvalidArgumentError(
            f"CycloneDX {version[:20]!r} cannot be written; there are "
            f"{', '.join(VERSIONS)}"
        )
    parents: dict[str, list[Ingredient]] = {}
    for item in bill.ingredients:
        parents.setdefault(item.child, []).append(item)
    by_id = {item.id: item for item in bill.components}
    content: _Json = {
        "metadata": _metadata(bill),
        "components": [
            _component(item, parents.get(item.id, ()), by_id)
            for item in bill.components
        ],
        "dependencies": [
            {"ref": item.id, "dependsOn": needed}
            if (needed := _needed(parents.get(item.id, ())))
            else {"ref": item.id}
            for item in bill.components
        ],
    }
    compositions = list(_compositions(bill))
    if compositions:
        content["compositions"] = compositions
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        **content,
    }


def _metadata(bill: BillOfMaterials) -> _Json:
    return {
        "timestamp": bill.created,
        "tools": {
            "components": [
                {
                    "type": "application",
                    "name": "headwater",
                    "version": headwater.__version__,
                }
            ]
        },
        "properties": _properties({"snapshot": bill.snapshot}),
    }


def _component(
    item: Component,
    parents: tuple[Ingredient, ...] | list[Ingredient],
    by_id: dict[str, Component],
) -> _Json:
    made: _Json = {**_named(item), "bom-ref": item.id}
    if item.supplier:
        made["supplier"] = {"name": item.supplier}
    licence = _licence(item)
    if licence:
        made["licenses"] = [{"license": licence}]
    lineage = [edge for edge in parents if edge.parent in by_id]
    if lineage:
        made["pedigree"] = {
            "ancestors": [_ancestor(by_id[edge.parent], edge) for edge in lineage]
        }
    if item.kind == "model":
        card = _model_parameters(item, lineage, by_id)
        if card:
            made["modelCard"] = {"modelParameters": card}
    if item.kind == "dataset":
        made["data"] = [{"type": "dataset", "name": item.name}]
    references = _references(item)
    if references:
        made["externalReferences"] = references
    made["properties"] = _properties(
        {
            "state": item.state,
            "listed": "yes" if item.is_listed else "no",
            "depth": str(item.depth),
            "root_status": item.root_status,
            "licence_status": item.licence_status,
            "completeness": item.completeness,
            "developer": item.developer,
            "released": item.released,
        }
    )
    return made


def _named(item: Component) -> _Json:
    """Return the type and names of a component; a friendly name is its description."""
    made: _Json = {"type": _TYPES[item.kind], "name": item.id}
    if item.name != item.id:
        made["description"] = item.name
    if item.kind == "model" and item.id.count("/") <= 1 and item.state != "unknown":
        parts = [quote(part, safe="") for part in item.id.split("/")]
        made["purl"] = f"pkg:huggingface/{'/'.join(parts)}"
    return made


def _ancestor(parent: Component, edge: Ingredient) -> _Json:
    return {
        **_named(parent),
        "evidence": {
            "identity": [
                {
                    "field": "name",
                    "confidence": edge.confidence,
                    "concludedValue": parent.id,
                    "methods": [
                        {
                            "technique": "manifest-analysis",
                            "confidence": edge.confidence,
                            "value": document,
                        }
                        for document in edge.documents
                    ],
                }
            ]
        },
        "properties": _properties(
            {
                "ref": parent.id,
                "relation": edge.relation,
                "sources": ", ".join(edge.sources),
                "disputed": "yes" if edge.disputed else "no",
            }
        ),
    }


def _licence(item: Component) -> _Json | None:
    if item.spdx:
        return {"id": item.spdx}
    return {"name": item.licence} if item.licence else None


def _model_parameters(
    item: Component, lineage: list[Ingredient], by_id: dict[str, Component]
) -> _Json:
    data = [edge.parent for edge in lineage if by_id[edge.parent].kind == "dataset"]
    made: _Json = {"task": item.task} if item.task else {}
    if data:
        made["datasets"] = [{"ref": name} for name in data]
    return made


def _references(item: Component) -> list[_Json]:
    made = []
    if not item.id.startswith("off-hub/") and item.state != "unknown":
        made.append({"type": "distribution", "url": f"{HUB}/{quote(item.id)}"})
    address = _address(item.document or "")
    if address:
        made.append({"type": "documentation", "url": address})
    return made


def _address(document: str) -> str | None:
    """Return a document's address as an IRI, None when it is none of the web.

    Examples
    --------
    >>> _address("https://x.org/a b%zz"), _address("local:a"), _address("https://[")
    ('https://x.org/a%20b%25zz', None, None)
    """
    found = _WEB.fullmatch(document)
    if found is None:
        return None
    rest, hash_, fragment = found[2].partition("#")
    quoted = quote(rest, safe=_KEPT) + hash_ + quote(fragment, safe=_KEPT)
    return found[1] + _LOOSE_PERCENT.sub("%25", quoted)


_WEB: Final = re.compile(
    r"(https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?)((?:[/?#].*)?)", re.S
)
_KEPT: Final = "/?:@!$&'()*+,;=%-._~"
_LOOSE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")


def _needed(parents: tuple[Ingredient, ...] | list[Ingredient]) -> list[str]:
    """Return what a component cannot be loaded without."""
    return [edge.parent for edge in parents if edge.relation in _LOAD_TIME]


def _compositions(bill: BillOfMaterials) -> list[_Json]:
    """Return for which components it is known, and for which not, what is above them."""
    made = []
    for word in ("complete", "incomplete", "unknown"):
        found = [item.id for item in bill.components if item.completeness == word]
        if found:
            made.append({"aggregate": word, "dependencies": found})
    return made


def _properties(values: dict[str, str | None]) -> list[_Json]:
    return [
        {"name": f"headwater:{name}", "value": value}
        for name, value in values.items()
        if value is not None
    ]
