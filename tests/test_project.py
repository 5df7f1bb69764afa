"""The project's own papers: site, versions, citation, notices, bill of materials."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import headwater

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


@pytest.fixture(scope="module")
def tools() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "tools"))
    yield
    sys.path.remove(str(ROOT / "tools"))


@pytest.fixture
def site(tools: None) -> ModuleType:
    return importlib.import_module("site_builder")


def write(folder: Path, **pages: str) -> Path:
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<html><body>{body}</body></html>")
    return folder


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="gone.html">x</a>', "gone.html: leads nowhere"),
        ('<a href="b.html#nope">x</a>', "b.html#nope: has no such anchor"),
        ('<a href="#nope">x</a>', "#nope: has no such anchor"),
        ('<img src="gone.png" alt="x">', "gone.png: leads nowhere"),
        ('<img src="https://example.org/x.png" alt="x">', "from another host"),
        ('<script src="//example.org/x.js"></script>', "from another host"),
        (
            '<link rel="stylesheet" href="https://example.org/x.css">',
            "from another host",
        ),
        ('<img src="b.html">', "no words for the picture"),
    ],
)
def test_the_site_is_held_to_its_links(
    site: ModuleType, tmp_path: Path, body: str, wrong: str
) -> None:
    folder = write(tmp_path, a=body, b='<h1 id="there">b</h1>')
    found = list(site.problems(folder, {"a.html", "b.html"}))
    assert len(found) == 1
    assert wrong in found[0]


def test_a_page_that_nothing_leads_to_is_told(site: ModuleType, tmp_path: Path) -> None:
    folder = write(
        tmp_path, a='<a href="b.html#there">x</a>', b='<h1 id="there">b</h1>'
    )
    assert list(site.problems(folder, {"a.html", "b.html"})) == []
    assert list(site.problems(folder, {"a.html"})) == ["b.html is in no navigation"]


def test_every_page_is_in_the_navigation(site: ModuleType) -> None:
    pages = {
        path.relative_to(ROOT / "docs").as_posix().removesuffix(".md") + ".html"
        for path in (ROOT / "docs").rglob("*.md")
    }
    assert site.navigation() - {"changelog.html"} == pages


def test_versions_are_one() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert headwater.__version__ == PROJECT["version"] == citation["version"]
    assert citation["license"] == PROJECT["license"]
    assert isinstance(citation["date-released"], date)


def test_the_changelog_has_this_version_or_what_is_to_come() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (.+)$", text, re.MULTILINE)
    assert first is not None
    assert first[1] == "Unreleased" or first[1].startswith(headwater.__version__)


def test_every_dependency_has_a_floor() -> None:
    listed = [*PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        listed += extra
    assert [item for item in listed if ">=" not in item] == []


def test_the_bill_of_materials_has_every_dependency(tools: None) -> None:
    sbom = importlib.import_module("sbom")
    bill = json.loads(sbom.bill())  # validated against the schema on the way
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {item["name"] for item in bill["components"]}
    asked = {
        re.split(r"[^\w-]", item)[0].replace("_", "-")
        for item in PROJECT["dependencies"]
    }
    assert asked <= names
    assert all(item["licenses"] and item["purl"] for item in bill["components"])
    known = {item["bom-ref"] for item in bill["components"]}
    for item in bill["dependencies"]:
        assert set(item.get("dependsOn", ())) <= known


def test_the_notices_name_what_is_installed(tools: None) -> None:
    installed = importlib.import_module("installed")
    text = (ROOT / "docs" / "third-party.md").read_text(encoding="utf-8")
    for item in installed.packages():
        assert f"| {item.licence} |" in text
        assert re.search(
            rf"^\| (\*\*)?{re.escape(item.name)}(\*\*)? \|", text, re.MULTILINE
        )
