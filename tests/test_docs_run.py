"""Every command and code block of the README and the docs does what it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs_blocks import (
    ROOT,
    RUN,
    Block,
    Sandbox,
    blocks,
    commands,
    parses,
    pattern,
)
from tests.ingest.conftest import LoopbackHub
from tests.ingest.fakehub import synth

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
WITH_BLOCKS = [page for page in PAGES if any(b.language in RUN for b in blocks(page))]
DATA = ("json", "yaml", "toml")
PLAIN = ("text", "cypher", "ini", "nginx", "http", "csv", "sql", "bibtex", "dockerfile")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    """A Hub on the loopback with models of an owner that the docs name."""
    records = list(synth(60, 12, 6, seed=11, dirt=0.1, card_extra=0))
    for number, record in enumerate(records[:5]):
        record["id"] = f"EleutherAI/model-{number}"
        record["author"] = "EleutherAI"
    running = LoopbackHub(records, quota=100_000)
    yield running.endpoint
    running.close()


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_blocks_do_what_they_say(
    page: Path, hub: str, tmp_path: Path, catalogue_dir: Path
) -> None:
    sandbox = Sandbox(tmp_path, hub)
    if page.name != "start.md":  # the one that begins with nothing at all
        shutil.copytree(catalogue_dir, tmp_path / ".local" / "share" / "headwater")
    for block in blocks(page):
        if not block.generated:
            sandbox.run(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is(page: Path) -> None:
    for block in blocks(page):
        assert block.language in (*RUN, *DATA, *PLAIN), block.place
        parses(block)
        if block.language == "text" and not block.generated:
            assert "$ " not in block.text, f"{block.place}: a command in a text block"
        how = block.mark("run")
        if how is not None:
            known = how in ("hub", "server") or how.startswith(("no, ", "exit "))
            assert known, f"{block.place}: run: {how}"


def block(text: str) -> Block:
    return Block(ROOT / "x.md", 1, "console", text, generated=False)


def test_commands_and_their_output_are_told_apart() -> None:
    one, two = commands(block("$ echo a \\\n>   b\na b\n\n$ true"))
    assert one.text == "echo a \\\n  b"
    assert one.shown == ("a b", "")
    assert two.shown == ()


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        (("a", "…", "z"), "a\nb\nc\nz\n", True),
        (("a", "…", "z"), "a\nz\n", True),
        (("a…c",), "abc\n", True),
        (("a…c",), "ab\n", False),
        (("a.c",), "abc\n", False),
        (("a",), "a\nb\n", False),
    ],
)
def test_shown_output_is_compared(
    shown: tuple[str, ...], printed: str, fits: bool
) -> None:
    assert bool(pattern(shown).fullmatch(printed)) is fits


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("$ false", "ended with 1"),
        ("$ echo a\nb", "instead of"),
        ("$ headwater lineage nobody/knows-this", "ended with 2"),
    ],
)
def test_a_wrong_block_fails(text: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=wrong):
        Sandbox(tmp_path, "http://127.0.0.1:9").run(block(text))


def test_an_option_that_is_gone_fails_though_not_run(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, "")
    marked = (("run", "no, a test"),)
    gone = Block(
        ROOT / "x.md",
        1,
        "console",
        "$ headwater crawl --gone",
        generated=False,
        marks=marked,
    )
    with pytest.raises(Exception, match="gone"):
        sandbox.run(gone)
    with pytest.raises(AssertionError, match="make nothing"):
        sandbox.run(
            Block(
                ROOT / "x.md",
                1,
                "console",
                "$ make nothing",
                generated=False,
                marks=marked,
            )
        )
