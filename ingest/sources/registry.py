"""The table of sources: what each one is, what it needs, how it is used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One source of records and claims.

    Attributes
    ----------
    name : str
        The word for it.
    meaning : str
        What it is, in one line.
    needs : str
        What must be there for it to work; empty when nothing.
    usage : str
        The command that reads it.
    evidence : tuple of str
        Sources of the schema that its claims carry.
    package : str or None
        Optional package that it reads from.
    """

    name: str
    meaning: str
    needs: str
    usage: str
    evidence: tuple[str, ...]
    package: str | None = None

    @property
    def is_available(self) -> bool:
        """Whether the optional package that it reads is there, if it reads one."""
        return self.package is None or find_spec(self.package) is not None


_HUB_EVIDENCE: Final = (
    "hub:baseModels", "hub:cardData", "hub:tag", "hub:config", "hub:space"
)  # fmt: skip

REGISTRY: Final = (
    SourceEntry(
        "hub",
        "the Hub's list routes: models, datasets, Spaces; single questions; resumable",
        "the network",
        "headwater crawl",
        (*_HUB_EVIDENCE, "hub:files"),
    ),
    SourceEntry(
        "bulk",
        "a dump of the Hub as Parquet files: all of it in minutes",
        "a dump: a path, https://…/models.parquet, or "
        "hf://datasets/cfahlgren1/hub-stats/models.parquet",
        "headwater import bulk ADDRESS",
        _HUB_EVIDENCE,
    ),
    SourceEntry(
        "local",
        "the Hub's cache and folders of models on this disk, GGUF files included",
        "a folder; ~/.cache/huggingface/hub if none is named",
        "headwater import local [FOLDER]",
        ("local", "gguf", "mergekit"),
    ),
    SourceEntry(
        "catalog",
        "headwater's curated catalogue, and files of your own in its form",
        "",
        "headwater build --catalog FILE",
        ("catalog",),
    ),
    SourceEntry(
        "ecosystem-graphs",
        "Stanford's Ecosystem Graphs: models, datasets, products and dependencies",
        "the assets folder of a clone of github.com/stanford-crfm/ecosystem-graphs",
        "headwater import ecosystem-graphs FOLDER",
        ("ecosystem-graphs",),
    ),
    SourceEntry(
        "osai-index",
        "European Open Source AI Index: openness of systems, base and end models",
        "its folder of YAML files, see osai-index.eu (CC-BY 4.0)",
        "headwater import osai-index FOLDER",
        ("osai-index",),
    ),
    SourceEntry(
        "mteb",
        "model records of the mteb package: adapted from, trained on, superseded by",
        "pip install --no-deps mteb (it is read, never imported)",
        "headwater import mteb",
        ("mteb",),
        "mteb",
    ),
)
"""Every source, in the order in which they are explained."""


def find_source(name: str) -> SourceEntry | None:
    """Return the source called `name`, None when there is none."""
    return next((entry for entry in REGISTRY if entry.name == name), None)
