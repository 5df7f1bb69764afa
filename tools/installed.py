"""What is installed with headwater: names, licences and who needs whom.

The markers are those of Linux and the oldest Python that is supported, so that the
answer does not depend on where it is asked.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
EXTRAS = ("view", "serve", "neo4j", "igraph")
"""Extras that are looked at; `notebooks` brings JupyterLab with all that it needs."""
_LONG = 80


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package."""

    name: str
    version: str
    licence: str
    url: str
    needs: tuple[str, ...]
    wanted_by: str


def _environment() -> dict[str, str]:
    found = {name: str(value) for name, value in default_environment().items()}
    return found | {
        "python_version": "3.11", "python_full_version": "3.11.0",
        "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
        "platform_machine": "x86_64",
    }  # fmt: skip


def requirements(found: Distribution, extras: set[str]) -> list[Requirement]:
    """Return what a distribution asks for with some extras."""
    environment = _environment()
    wanted = []
    for text in found.requires or ():
        item = Requirement(text)
        names = ["", *sorted(extras)]
        if item.marker is None or any(
            item.marker.evaluate({**environment, "extra": name}) for name in names
        ):
            wanted.append(item)
    return wanted


def licence_of(found: Distribution) -> str:
    """Return the licence as the package states it."""
    told = found.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    classified = [
        str(item).rsplit(" :: ", 1)[-1]
        for item in told.get_all("Classifier") or ()
        if str(item).startswith("License :: ")
        and str(item) != "License :: OSI Approved"
    ]
    if classified:
        return ", ".join(sorted(set(classified)))
    first = (str(told.get("License") or "").strip().splitlines() or [""])[0]
    return first if 0 < len(first) <= _LONG else "see the package"


def url_of(found: Distribution) -> str:
    """Return where the project is."""
    listed: dict[str, str] = {}
    for item in found.metadata.get_all("Project-URL") or ():
        label, _, url = str(item).partition(", ")
        listed[label.lower()] = url
    for label in ("source", "repository", "source code", "homepage", "github", "home"):
        if label in listed:
            return listed[label]
    home = found.metadata.get("Home-page")
    return str(home or next(iter(listed.values()), ""))


def packages(extras: tuple[str, ...] = EXTRAS) -> list[Package]:
    """Return all that headwater needs with these extras, by name.

    Raises
    ------
    SystemExit
        When one of them is not installed.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    waiting = [(Requirement(text), "headwater") for text in project["dependencies"]]
    for extra in extras:
        listed = project["optional-dependencies"][extra]
        waiting += [(Requirement(text), f"[{extra}]") for text in listed]
    asked: dict[str, set[str]] = {}
    by: dict[str, str] = {}
    needs: dict[str, set[str]] = {}
    while waiting:
        item, wanted_by = waiting.pop(0)
        name = canonicalize_name(item.name)
        if name in asked and item.extras <= asked[name]:
            continue
        asked[name] = asked.get(name, set()) | set(item.extras)
        by.setdefault(name, wanted_by)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is not installed; run: make check") from None
        children = requirements(found, asked[name])
        needs[name] = {canonicalize_name(child.name) for child in children}
        waiting += [(child, name) for child in children]
    return [
        Package(
            name, distribution(name).version, licence_of(distribution(name)),
            url_of(distribution(name)), tuple(sorted(needs[name])), by[name],
        )
        for name in sorted(asked)
    ]  # fmt: skip


def notices(note: str) -> str:
    """Return the page of third-party notices."""
    lines = [
        note, "# Third-party notices\n",
        "What is installed with headwater, and the licence that each package states in its "
        "own metadata. None of it is carried in headwater's wheel; the texts are in the "
        "packages. Those in bold are asked for by headwater itself, the others by the "
        "package in the last column. Versions are in the bill of materials (`make sbom`).\n",
        "## Installed with it\n",
        "| package | licence | project | needed by |",
        "|---|---|---|---|",
    ]  # fmt: skip
    for item in packages():
        direct = item.wanted_by.startswith(("headwater", "["))
        name = f"**{item.name}**" if direct else item.name
        project = (
            f"[{re.sub('^https?://(www.)?', '', item.url).rstrip('/')}]({item.url})"
        )
        wanted = f"`{item.wanted_by}`" if direct else item.wanted_by
        lines.append(
            f"| {name} | {item.licence} | {project if item.url else '–'} | {wanted} |"
        )
    lines += [
        "", "The extra `notebooks` installs JupyterLab, pandas, polars and matplotlib with "
        "all that they need; see their own notices.\n",
        "## Carried in it\n",
        "| what | licence | where |", "|---|---|---|",
        "| Inter, cut down to Latin letters | OFL-1.1 | "
        "`api/explorer/static/fonts/LICENSE-inter.txt` |",
        "| Source Serif 4, cut down to Latin letters | OFL-1.1 | "
        "`api/explorer/static/fonts/LICENSE-source-serif-4.txt` |",
        "", "The catalogue is facts in the curators' own words, each with its source; it is "
        "under headwater's licence, Apache-2.0.", "",
    ]  # fmt: skip
    return "\n".join(lines)
