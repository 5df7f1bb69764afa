"""The reference of the Python interface, from signatures and docstrings."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import headwater.queries
from headwater.loading import load
from headwater.queries.session import Session

SECTIONS = (
    "Parameters", "Returns", "Raises", "Yields", "Notes", "Attributes", "References", "See Also",
)  # fmt: skip
_ROLE = re.compile(r":\w+:`~?([^`]+)`")
_NAME = re.compile(r"[A-Z]\w+")


def split_sections(text: str) -> dict[str, list[str]]:
    """Return the lines of each section of a numpydoc docstring; "" is the beginning."""
    found: dict[str, list[str]] = {"": []}
    name = ""
    for line in inspect.cleandoc(text).splitlines():
        if line and set(line) == {"-"} and found[name] and len(line) > 3:
            name = found[name].pop()
            found[name] = []
        else:
            found[name].append(line)
    return found


def prose(lines: list[str]) -> str:
    """Return text for a page: roles become code, single quotes of names too."""
    text = _ROLE.sub(lambda found: f"`{found[1].rsplit('.', 1)[-1]}`", "\n".join(lines))
    return text.replace("``", "`").strip()


def listed(lines: list[str]) -> Iterator[str]:
    """Yield a bullet for each entry of a section."""
    entry: list[str] = []
    for line in [*lines, "."]:
        if line and not line.startswith(" "):
            if entry:
                head, *body = entry
                name, _, kind = head.partition(" : ")
                names = ", ".join(f"`{item.strip()}`" for item in name.split(","))
                said = prose([" ".join(item.strip() for item in body if item)])
                yield f"- {names}{f' ({kind})' if kind else ''}{f': {said}' if said else ''}"
            entry = [line]
        else:
            entry.append(line)


def seen(text: str) -> Callable[..., Any] | None:
    """Return the function that a docstring says is behind a method."""
    found = re.search(r"See :func:`([\w.]+)`", text)
    if not found:
        return None
    module, _, name = found[1].rpartition(".")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def signature(name: str, function: Callable[..., Any]) -> str:
    """Return how it is called, one parameter a line when it is long."""
    parameters = inspect.signature(function).parameters
    parts, starred = [], False
    for item in parameters.values():
        if item.name == "self":
            continue
        if item.kind is item.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        starred = starred or item.kind is item.VAR_POSITIONAL
        stars = {item.VAR_POSITIONAL: "*", item.VAR_KEYWORD: "**"}.get(item.kind, "")
        default = "" if item.default is item.empty else f" = {item.default!r}"
        parts.append(f"{stars}{item.name}: {item.annotation}{default}")
    returns = inspect.signature(function).return_annotation
    line = f"{name}({', '.join(parts)}) -> {returns}"
    if len(line) <= 92:
        return line
    inner = "".join(f"    {part},\n" for part in parts)
    return f"{name}(\n{inner}) -> {returns}"


def method(name: str, function: Callable[..., Any]) -> Iterator[str]:
    """Yield the part of the page about one function or method."""
    text = function.__doc__ or ""
    yield f"### {name}\n"
    yield f"```text\n{signature(name, function)}\n```\n"
    own = split_sections(text)
    yield prose([line for line in own[""] if not line.startswith("See :func:")]) + "\n"
    behind = seen(text)
    sections = split_sections(behind.__doc__ or "") if behind else own
    known = set(inspect.signature(function).parameters)
    for title in ("Parameters", "Returns", "Raises", "Notes"):
        lines = own.get(title) or sections.get(title)
        if not lines:
            continue
        if title in ("Parameters", "Raises"):
            bullets = list(listed(lines))
            if title == "Parameters":
                bullets = [
                    item for item in bullets
                    if set(re.findall(r"`(\w+)`", item.split(":")[0])) & known
                ]  # fmt: skip
            if bullets:
                yield f"{title}:\n\n" + "\n".join(bullets) + "\n"
        else:
            yield (
                f"{title}: " + prose([" ".join(line.strip() for line in lines)]) + "\n"
            )


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Yield the modules of a package that can be imported here."""
    for item in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        try:
            yield importlib.import_module(item.name)
        except ImportError:  # an extra that is not installed
            continue


def results() -> dict[str, type]:
    """Return the frozen dataclasses of queries by name."""
    found: dict[str, type] = {}
    for module in modules(headwater.queries):
        for name, value in vars(module).items():
            is_ours = getattr(value, "__module__", "") == module.__name__
            if not is_ours or name.startswith("_") or not isinstance(value, type):
                continue
            if dataclasses.is_dataclass(value):
                found.setdefault(name, value)
    return found


def reached(start: list[str], known: dict[str, type]) -> list[str]:
    """Return the names of results that answers lead to, in order of first use."""
    order: list[str] = []
    waiting = [name for text in start for name in _NAME.findall(text)]
    while waiting:
        name = waiting.pop(0)
        if name in known and name not in order:
            order.append(name)
            for item in dataclasses.fields(known[name]):
                waiting += _NAME.findall(str(item.type))
    return order


def result(name: str, kind: type) -> Iterator[str]:
    """Yield the part of the page about one dataclass."""
    sections = split_sections(kind.__doc__ or "")
    yield f"### {name}\n"
    yield prose(sections[""]) + "\n"
    bullets = list(listed(sections.get("Attributes", [])))
    told = {
        found for item in bullets for found in re.findall(r"^- (.*?)(?: \(|:|$)", item)
    }
    names = {word for item in told for word in re.findall(r"`(\w+)`", item)}
    bullets += [
        f"- `{item.name}` ({item.type})"
        for item in dataclasses.fields(kind) if item.name not in names
    ]  # fmt: skip
    yield "\n".join(bullets) + "\n"


def members() -> Iterator[tuple[str, Any]]:
    """Yield the public members of a session, in the order of the source."""
    for owner in reversed(Session.__mro__):
        if owner.__module__.startswith("headwater."):
            for name, value in vars(owner).items():
                current = inspect.getattr_static(Session, name)
                if not name.startswith("_") and current is value:
                    yield name, value


def render(note: str) -> str:
    """Return the page."""
    parts = [note, "# Python\n"]
    parts.append(
        "`import headwater` costs nothing; `headwater.load()` opens a snapshot, and the session "
        "that it returns has one method a question. Answers are frozen dataclasses, ordered "
        "the same way each time, with what is unknown counted apart. What begins with an "
        "underline, and what is not on this page, may change in any version.\n"
    )
    parts += method("headwater.load", load)
    parts.append("## Session\n")
    parts.append(prose(split_sections(Session.__doc__ or "")[""]) + "\n")
    returned: list[str] = []
    plain = []
    for name, value in members():
        if isinstance(value, property):
            said = (value.__doc__ or "").splitlines()[0]
            plain.append(f"- `session.{name}`: {prose([said])}")
        elif inspect.isfunction(value):
            returned.append(str(inspect.signature(value).return_annotation))
    parts.append("\n".join(plain) + "\n")
    for name, value in members():
        if inspect.isfunction(value):
            parts += method(f"session.{name}", value)
    known = results()
    parts.append("## Answers\n")
    for name in reached(returned, known):
        parts += result(name, known[name])
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render(""))
