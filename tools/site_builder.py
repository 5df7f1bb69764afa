"""Build the site of the documentation and follow every link in it.

``python tools/site_builder.py`` gathers the pages in build/site-source (docs/, the changelog,
the notices), builds them with Zensical in strict mode into build/site, and then checks
what came out: every link and anchor leads somewhere, every page is in the navigation,
every picture has words, and nothing of another host is loaded.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "build" / "site-source"
SITE = ROOT / "build" / "site"
LOADED = {
    ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"),
    ("video", "src"), ("object", "data"),
}  # fmt: skip
_LINKED_FILES = ("stylesheet", "icon", "preload", "modulepreload", "manifest")


class Page(HTMLParser):
    """Ids, links and loaded files of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what matters of a tag."""
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag in ("a", "area") and found.get("href"):
            self.links.append(found["href"])
        for name, value in found.items():
            if (tag, name) in LOADED and value:
                self.loads.append(value)
        if tag == "link" and set(found.get("rel", "").split()) & set(_LINKED_FILES):
            self.loads.append(found.get("href", ""))
        if tag == "img" and not found.get("alt"):
            self.silent.append(found.get("src", "?"))


def prepare() -> None:
    """Gather the pages: those of docs/ and those that live at the root."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE)
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (SOURCE / "changelog.md").write_text(
        text.replace("](docs/", "]("), encoding="utf-8"
    )
    shutil.copy(
        ROOT / "api" / "explorer" / "static" / "logo" / "mark.svg", SOURCE / "img"
    )


def build() -> None:
    """Build the site; any warning ends it."""
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        said = re.sub(r"\x1b\[[0-9;]*m", "", ran.stderr)
        raise SystemExit(said.split("Traceback")[0] or said)


def problems(site: Path, navigated: set[str]) -> Iterator[str]:
    """Yield what is wrong with a built site."""
    pages = {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }
    for name, page in pages.items():
        if name != "404.html":
            for target in page.links:
                if wrong := _broken(site, pages, name, target):
                    yield f"{name}: {target}: {wrong}"
        for loaded in page.loads:
            if urlsplit(loaded).scheme in ("http", "https") or loaded.startswith("//"):
                yield f"{name}: loads {loaded} from another host"
            elif name != "404.html" and (
                wrong := _broken(site, pages, name, loaded.split("?")[0])
            ):
                yield f"{name}: {loaded}: {wrong}"
        yield from (f"{name}: no words for the picture {item}" for item in page.silent)
    for name in sorted(set(pages) - navigated - {"404.html"}):
        yield f"{name} is in no navigation"
    for sheet in sorted(site.rglob("*.css")):
        text = sheet.read_text(encoding="utf-8")
        if re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text):
            yield f"{sheet.relative_to(site)}: loads from another host"


def _broken(site: Path, pages: dict[str, Page], name: str, target: str) -> str | None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    place = (site / name).parent / unquote(parts.path) if parts.path else site / name
    if place.is_dir():
        place = place / "index.html"
    place = place.resolve()
    if not place.is_file():
        return "leads nowhere"
    found = pages.get(place.relative_to(site.resolve()).as_posix())
    anchor = unquote(parts.fragment)
    if anchor and found is not None and anchor not in found.ids:
        return "has no such anchor"
    return None


def navigation() -> set[str]:
    """Return the pages that the navigation names, as they are built."""
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    def walk(item: object) -> Iterator[str]:
        if isinstance(item, str):
            yield item.removesuffix(".md") + ".html"
        elif isinstance(item, dict):
            for child in item.values():
                yield from walk(child)
        elif isinstance(item, list):
            for child in item:
                yield from walk(child)

    return set(walk(config["nav"]))


def main() -> int:
    """Build and check."""
    prepare()
    build()
    navigated = navigation()
    found = list(problems(SITE, navigated))
    missing = sorted(name for name in navigated if not (SITE / name).is_file())
    found += [f"{name} is in the navigation and was not built" for name in missing]
    for item in found:
        sys.stderr.write(f"{item}\n")
    if not found:
        pages = sum(1 for _ in SITE.rglob("*.html"))
        sys.stdout.write(
            f"{pages} pages in {SITE.relative_to(ROOT)}, every link followed\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
