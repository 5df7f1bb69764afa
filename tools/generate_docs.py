"""Write the parts of the documentation that come from the code.

``python tools/generate_docs.py`` writes them, ``--check`` fails when they are stale.
Whole files: docs/cli.md, docs/data-dictionary.md,
docs/python-reference.md, docs/third-party.md, docs/img. Marked parts of other files::

    <!-- generated: NAME -->
    ...
    <!-- end -->
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

os.environ["COLUMNS"] = "100"
os.environ["TERM"] = "dumb"
os.environ["NO_COLOR"] = "1"

import answer_docs
import api_docs
import drawings
import incidents
import installed
import python_docs
from typer.main import get_command
from typer.testing import CliRunner

from headwater.cli.main import app
from headwater.config import VARIABLES
from headwater.graph.arrays import ARRAYS
from headwater.graph.data_dictionary import TABLES
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import (
    ALIAS_KINDS,
    EVENTS,
    RELATIONS,
    SOURCES,
    VERDICTS,
)
from headwater.graph.store import SnapshotStore
from headwater.ingest.load import build
from headwater.queries.diff import CHANGES
from headwater.queries.licence_flow import VERDICTS as LICENCE_VERDICTS
from headwater.queries.licence_table import licence_table

RELEASED = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NOTE = "<!-- Written by tools/generate_docs.py; do not edit. -->\n"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command."""
    for name, child in sorted(getattr(command, "commands", {}).items()):
        if hasattr(child, "commands"):
            yield from commands(child, (*path, name))
        else:
            yield (*path, name)


def cli() -> str:
    """Return the reference of the command line."""
    runner = CliRunner()
    parts = [NOTE, "# Command line\n"]
    parts.append(
        "Exit codes: 0 done, 1 an error of ours in one line, 2 wrong usage or an unknown "
        "name, 3 finished in part, 4 something upstream of watched artefacts changed "
        "(`headwater watch`), 130 interrupted.\n\n## Environment\n"
    )
    parts.append(
        table(("variable", "meaning"), [(f"`{k}`", v) for k, v in VARIABLES.items()])
    )
    for path in commands(get_command(app)):
        result = runner.invoke(app, [*path, "--help"], prog_name="headwater")
        if result.exit_code:
            raise SystemExit(f"{path}: {result.output}")
        text = "\n".join(line.rstrip() for line in result.output.strip().splitlines())
        parts.append(f"## headwater {' '.join(path)}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def data_dictionary() -> str:
    """Return the meaning of every column and array."""
    parts = [NOTE, "# Data dictionary\n", "## Tables (`tables/*.parquet`)\n"]
    for name, columns in TABLES.items():
        parts.append(f"### {name}\n")
        parts.append(
            table(("column", "meaning"), [(f"`{k}`", v) for k, v in columns.items()])
        )
    parts.append("## Arrays (`arrays/*.npy`)\n")
    parts.append(
        table(
            ("array", "type", "meaning"),
            [(f"`{item.name}`", item.dtype, item.meaning) for item in ARRAYS],
        )
    )
    return "\n".join(parts)


def relations() -> str:
    """Return the table of relations."""
    rows = [
        (
            f"`{item.name}`", " or ".join(item.children), " or ".join(item.parents),
            item.load_time, item.flow.replace("_", " "),
            "yes" if item.lineage else "no", item.meaning,
        )
        for item in RELATIONS
    ]  # fmt: skip
    header = (
        "relation",
        "child",
        "parent",
        "needs it to load",
        "what flows",
        "lineage",
        "meaning",
    )
    return table(header, rows)


def events() -> str:
    """Return the events with their verdicts."""
    return table(
        ("event", "meaning", "verdicts, worst first"),
        [
            (f"`{e.name}`", e.meaning, ", ".join(f"`{v}`" for v in e.verdicts))
            for e in EVENTS
        ],
    )


def verdicts() -> str:
    """Return the verdicts with their meaning."""
    return table(("verdict", "means"), [(f"`{k}`", v) for k, v in VERDICTS.items()])


def sources() -> str:
    """Return the sources by precedence."""
    ranked = sorted(SOURCES, key=lambda item: item.rank)
    rows = [(f"`{item.name}`", item.meaning) for item in ranked]
    return table(("source", "what it is"), rows)


def obligations() -> str:
    """Return what licences may ask."""
    every = licence_table()
    rows = [
        (
            f"`{item.id}`", item.means,
            str(sum(item.id in licence.has for licence in every.licences)),
        )
        for item in every.obligations
    ]  # fmt: skip
    return table(("obligation", "means", "licences that have it"), rows)


def licence_verdicts() -> str:
    """Return what may become of a model's licence."""
    rows = [(f"`{name}`", means) for name, means in LICENCE_VERDICTS.items()]
    return table(("verdict", "means"), rows)


def licences() -> str:
    """Return the table of licences."""
    rows = [
        (
            f"[`{item.id}`]({item.url})", item.spdx, item.family,
            ", ".join(item.has).replace("_", " "),
            "all" if not (item.has or item.lacks)
            else ", ".join(item.unknown).replace("_", " "),
        )
        for item in licence_table().licences
    ]  # fmt: skip
    return table(("licence", "SPDX", "family", "asks for", "not known"), rows)


def aliases() -> str:
    """Return the kinds of aliases."""
    return ", ".join(f"`{kind}`" for kind in ALIAS_KINDS) + "\n"


@cache
def demo() -> Path:
    """Return a data directory with the catalogue's snapshot, dated as the release."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    build(folder, created=RELEASED)
    return folder


def run(*arguments: str, lines: int | None = None) -> str:
    """Return a command and what it prints, or its first lines, as a code block."""
    result = CliRunner().invoke(app, [*arguments, "--data-dir", str(demo())])
    if result.exit_code:
        raise SystemExit(f"{arguments}: {result.output}")
    quoted = " ".join(f'"{word}"' if " " in word else word for word in arguments)
    printed = [line.rstrip() for line in result.output.strip().splitlines()]
    if lines is not None and len(printed) > lines:
        printed[lines:] = ["…"]
    return "\n".join(["```text", f"$ headwater {quoted}", *printed, "```", ""])


def what_breaks() -> str:
    """Return the main question with its four events."""
    return run("what-breaks", "llama", "--limit", "3")


def deleted() -> str:
    """Return the answer about one event, as the README shows it."""
    return run("what-breaks", "llama", "--event", "deleted", "--limit", "2")


def why() -> str:
    """Return a disputed edge as the README shows it."""
    return run("why", "Vicuna", "Alpaca")


def lineage() -> str:
    """Return what one model stands on."""
    return run("lineage", "Alpaca")


def chokepoints() -> str:
    """Return what one model hangs on."""
    return run("chokepoints", "lmsys/vicuna-7b-v1.5", lines=10)


def concentration() -> str:
    """Return who stands behind text models, down to the largest."""
    return run("concentration", "--where", "task=text-generation", lines=31)


def catalogue() -> str:
    """Return the size of the packaged catalogue."""
    manifest = SnapshotStore(demo()).list()[-1]
    source, nodes = manifest.sources[0], manifest.counts["nodes"]
    return (
        f"{nodes['model']:,} models, {nodes['dataset']:,} datasets and "
        f"{nodes['application']:,} applications of {source['developers']:,} developers; "
        f"{sum(manifest.counts['edges'].values()):,} edges and "
        f"{manifest.counts['edges']['mirror_of']:,} re-uploads among them; "
        f"{source['documents']:,} documents cited.\n"
    )


def changes() -> str:
    """Return the kinds of change between two snapshots."""
    return table(("change", "means"), [(f"`{k}`", v) for k, v in CHANGES.items()])


def answers() -> str:
    """Return what each type of answer has."""
    return table(answer_docs.HEADER, answer_docs.rows())


def api_routes() -> str:
    """Return the routes of the HTTP API."""
    header = ("route", "parameters (`?`: may be left out)", "answer")
    return table(header, api_docs.routes(demo()))


def api_problems() -> str:
    """Return the errors of the HTTP API."""
    return table(("status", "type ends in", "title"), api_docs.problems())


def api_limits() -> str:
    """Return the limits of the HTTP API."""
    return table(("limit", "at most"), api_docs.limits())


def replay(name: str) -> Callable[[], str]:
    """Return what writes a replayed incident."""
    (found,) = (item for item in incidents.read_replays() if item.name == name)
    return lambda: incidents.render(
        found, LineageGraph(SnapshotStore(demo()).current())
    )


FILES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "data-dictionary.md": data_dictionary,
    "third-party.md": lambda: installed.notices(NOTE),
    "python-reference.md": lambda: python_docs.render(NOTE),
}
PARTS: dict[str, Callable[[], str]] = {
    "relations": relations, "events": events, "verdicts": verdicts, "sources": sources,
    "aliases": aliases, "what_breaks": what_breaks, "why": why, "deleted": deleted,
    "catalogue": catalogue,
    "lineage": lineage, "chokepoints": chokepoints, "concentration": concentration,
    "answers": answers, "changes": changes,
    "api_routes": api_routes, "api_problems": api_problems,
    "api_limits": api_limits,
    "obligations": obligations, "licence_verdicts": licence_verdicts,
    "licences": licences,
    **{f"replay_{item.name}": replay(item.name) for item in incidents.read_replays()},
}  # fmt: skip
_MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rendered() -> dict[Path, str]:
    """Return every file that holds generated text, as it should be."""
    wanted = {DOCS / name: build() for name, build in FILES.items()}
    for name, draw in drawings.DRAWINGS.items():
        wanted[DOCS / "img" / f"{name}.svg"] = draw().svg()
    for path in (*DOCS.rglob("*.md"), ROOT / "README.md"):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if path not in wanted and _MARKED.search(text):
            wanted[path] = _MARKED.sub(
                lambda m: m.group(1) + PARTS[m.group(2)]() + m.group(3), text
            )
    return wanted


def main() -> int:
    """Write or check."""
    check = "--check" in sys.argv
    stale = [
        path
        for path, text in rendered().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if not check:
        for path in stale:
            path.write_text(rendered()[path], encoding="utf-8")
    verb = "is stale; run: make docs" if check else "written"
    for path in stale:
        sys.stdout.write(f"{path.relative_to(ROOT)} {verb}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
