"""Code blocks of Markdown pages, and a sandbox in which they are run.

A block may be told how to be run by a comment on the line above it::

    <!-- run: hub -->              against a Hub on the loopback
    <!-- run: server -->           `headwater serve` of the block runs while the rest of it does
    <!-- run: exit 4 -->           its last command ends with this code
    <!-- run: no, WHY -->          not run here; its commands and options have to exist
    <!-- file: ours.yaml -->       the block is the text of this file
"""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
RUN = ("console", "bash", "python")
"""Languages whose blocks are executed."""

_FENCE = re.compile(r"^( *)```(\S*)")
_MARK = re.compile(r"^ *<!-- (run|file): (.+?) -->$")
_GENERATED = re.compile(r"<!-- generated: \w+ -->")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    page: Path
    line: int
    language: str
    text: str
    generated: bool
    marks: tuple[tuple[str, str], ...] = ()

    def mark(self, name: str) -> str | None:
        """Return what a comment above the block says."""
        return dict(self.marks).get(name)

    @property
    def place(self) -> str:
        """Return page and line."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a `console` block and the output that is shown for it."""

    text: str
    shown: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    whole = bool(lines) and lines[0].startswith("<!-- Written by tools/")
    generated = whole
    marks: list[tuple[str, str]] = []
    while number < len(lines):
        line = lines[number]
        number += 1
        if _GENERATED.search(line):
            generated = True
        elif line.strip() == "<!-- end -->":
            generated = whole
        elif found := _MARK.match(line):
            marks.append((found[1], found[2]))
        elif fence := _FENCE.match(line):
            start, indent = number, len(fence[1])
            while lines[number].strip() != "```":
                number += 1
            text = "\n".join(item[indent:] for item in lines[start:number])
            number += 1
            yield Block(page, start, fence[2], text, generated, tuple(marks))
            marks = []
        elif line.strip():
            marks = []


def commands(block: Block) -> list[Command]:
    """Return the commands of a console block with the output that is shown."""
    found: list[tuple[str, list[str]]] = []
    continued = False
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif continued:
            text, shown = found[-1]
            found[-1] = (f"{text}\n{line.removeprefix('> ')}", shown)
        elif found:
            found[-1][1].append(line.rstrip())
        else:
            raise AssertionError(f"{block.place}: output before any command: {line}")
        continued = line.endswith("\\") and not found[-1][1]
    return [Command(text, tuple(shown)) for text, shown in found]


def pattern(shown: tuple[str, ...]) -> re.Pattern[str]:
    """Return what the output has to match: … stands for anything, alone for any lines."""
    parts = []
    for line in shown:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(
                ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
            )
    return re.compile("".join(parts))


def parses(block: Block) -> None:
    """Read a block of data as what it says it is; one with … in it is not read."""
    if "…" in block.text:
        return
    match block.language:
        case "json":
            json.loads(block.text)
        case "yaml":
            yaml.safe_load(block.text)
        case "toml":
            tomllib.loads(block.text)


def exists(text: str) -> None:
    """Check a command that is not run: its name and its options have to exist."""
    words = shlex.split(text, comments=True)
    while words and "=" in words[0]:
        words = words[1:]
    if not words:
        return
    tool = Path(words[0]).name
    if tool == "headwater":
        _options_exist(words[1:])
    elif tool == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for target in words[1:]:
            assert "=" in target or re.search(rf"^{target}:", makefile, re.MULTILINE), (
                text
            )
    elif tool == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        for listed in re.findall(r"\[([a-z0-9,]+)\]", text):
            known = extras["project"]["optional-dependencies"]
            assert set(listed.split(",")) <= set(known), text


def _options_exist(words: list[str]) -> None:
    from typer.main import get_command

    from headwater.cli.main import app

    words = list(words)
    for stop in ("|", ">", "&&", ";", "2>"):
        if stop in words:
            words = words[: words.index(stop)]
    command: Any = get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        command = command.commands[words.pop(0)]
    options = {
        name for item in command.params for name in (*item.opts, *item.secondary_opts)
    }
    for word in words:
        if word.startswith("--") or re.fullmatch("-[a-z]", word):
            name = word.split("=")[0]
            assert name in (*options, "--help"), f"{command.name} has no {name}"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Sandbox:
    """An empty home in which the blocks of one page are run, one after the other."""

    home: Path
    hub: str
    environment: dict[str, str] = field(init=False)
    script: str = ""

    def __post_init__(self) -> None:
        kept = ("LD_LIBRARY_PATH", "SSL_CERT_FILE", "HEADWATER_CHROMIUM")
        self.environment = {
            name: os.environ[name] for name in kept if name in os.environ
        }
        self.environment |= {
            "HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HF_ENDPOINT": "http://127.0.0.1:9",  # nothing gets out
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
        }
        (self.home / ".state").write_text("")

    def run(self, block: Block) -> None:
        """Run a block and compare what it prints with what it shows."""
        if name := block.mark("file"):
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text + "\n", encoding="utf-8")
        how = block.mark("run") or ""
        if how.startswith("no,"):
            for command in commands(block) if block.language == "console" else ():
                exists(command.text)
        elif block.language == "console":
            self._console(block, how)
        elif block.language == "bash":
            self._checked(block, f"set -euo pipefail\n{block.text}", how)
        elif block.language == "python":
            self._python(block, how)

    def _console(self, block: Block, how: str) -> None:
        served: subprocess.Popen[str] | None = None
        try:
            served = self._commands(block, how)
        finally:
            if served is not None:
                served.terminate()
                served.communicate(timeout=20)

    def _commands(self, block: Block, how: str) -> subprocess.Popen[str] | None:
        listed = commands(block)
        served: subprocess.Popen[str] | None = None
        port = str(_free_port()) if how == "server" else "8000"
        for index, command in enumerate(listed):
            text = command.text.replace("8000", port)
            if how == "server" and text.startswith("headwater serve"):
                served, said = self._serve(f"{text.split('#')[0]} --port {port}")
                self._compare(block, command, said.replace(port, "8000"))
                continue
            wanted = 0
            if index == len(listed) - 1 and how.startswith("exit "):
                wanted = int(how.removeprefix("exit "))
            out, code = self._shell(text, how)
            assert code == wanted, f"{block.place}: $ {text}\nended with {code}:\n{out}"
            self._compare(block, command, out.replace(f":{port}", ":8000"))
        return served

    def _compare(self, block: Block, command: Command, printed: str) -> None:
        if command.shown:
            lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
            shown = "\n".join(command.shown)
            assert pattern(command.shown).fullmatch(lines), (
                f"{block.place}: $ {command.text}\nprinted\n{lines}\ninstead of\n{shown}"
            )

    def _checked(self, block: Block, script: str, how: str) -> None:
        out, code = self._shell(script, how)
        wanted = int(how.removeprefix("exit ")) if how.startswith("exit ") else 0
        assert code == wanted, f"{block.place} ended with {code}:\n{out}"

    def _python(self, block: Block, how: str) -> None:
        """Run a block after those before it on the page, which it may build on."""
        self.script += block.text + "\n"
        (self.home / ".block.py").write_text(self.script, encoding="utf-8")
        self._checked(block, "python -W error::SyntaxWarning .block.py", how)

    def _shell(self, text: str, how: str) -> tuple[str, int]:
        environment = dict(self.environment)
        if how.startswith("hub"):
            environment["HF_ENDPOINT"] = self.hub
        script = (
            f'. "$HOME/.state"\n{text}\ncode=$?\n'
            'export -p | grep -v HF_ENDPOINT > "$HOME/.state"; '
            'printf "cd %q\\n" "$PWD" >> "$HOME/.state"; exit $code'
        )
        ran = subprocess.run(
            ["bash", "-c", script], cwd=self.home, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            timeout=120, check=False,
        )  # fmt: skip
        return ran.stdout, ran.returncode

    def _serve(self, text: str) -> tuple[subprocess.Popen[str], str]:
        """Start the server of a block and wait until it says where it is."""
        served = subprocess.Popen(
            ["bash", "-c", f'. "$HOME/.state"\nexec {text}'], cwd=self.home,
            env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert served.stdout is not None
        until, said = time.monotonic() + 60, ""
        while time.monotonic() < until and "Serving" not in said:
            line = served.stdout.readline()
            said += line
            if not line and served.poll() is not None:
                break
        assert "Serving" in said, said
        return served, said
