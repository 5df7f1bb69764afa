"""The model records in the source of the mteb package, read without running it.

mteb states for some thousand embedding models what they were adapted from, trained on
and superseded by, as calls of ``ModelMeta(...)`` in Python modules. Importing them would
need torch; the syntax tree has all that is wanted. Only literals, names that stand for
them, and unions of sets are understood; anything else counts as unreadable.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_DEPTH: Final = 20
_FIELDS: Final = (
    "name", "revision", "release_date", "n_parameters", "license", "languages",
    "adapted_from", "superseded_by", "training_datasets",
)  # fmt: skip
_TASK_FIELDS: Final = ("name", "dataset")


class UnreadableError(ValueError):
    """An expression that cannot be known without running the module."""


@dataclass(frozen=True, slots=True)
class ModelMeta:
    """One record: the values of its fields, and the fields that are unreadable."""

    module: str
    fields: Mapping[str, Any]
    unreadable: tuple[str, ...]


class SourceTree:
    """The modules of a package, by dotted name; reads what they assign to names."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.trees: dict[str, ast.Module] = {}
        self.broken: list[str] = []
        for name, source in modules.items():
            try:
                self.trees[name] = ast.parse(source)
            except (SyntaxError, ValueError, RecursionError):
                self.broken.append(name)
        self._names = {name: _assigned(tree) for name, tree in self.trees.items()}

    def models(self) -> Iterator[ModelMeta]:
        """Yield every record of a model, in the order of modules and lines."""
        for module, fields, unreadable in self._calls("ModelMeta", _FIELDS):
            yield ModelMeta(module, fields, unreadable)

    def task_datasets(self) -> dict[str, str]:
        """Return the Hub dataset behind each task, by the task's name."""
        found = {}
        for _, fields, _ in self._calls("TaskMetadata", _TASK_FIELDS):
            name, dataset = fields.get("name"), fields.get("dataset")
            path = dataset.get("path") if isinstance(dataset, dict) else None
            if isinstance(name, str) and isinstance(path, str):
                found[name] = path
        return found

    def _calls(
        self, function: str, wanted: tuple[str, ...]
    ) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
        for module, tree in sorted(self.trees.items()):
            for node in ast.walk(tree):
                if not isinstance(node, ast.Call) or _called(node) != function:
                    continue
                fields: dict[str, Any] = {}
                unreadable: list[str] = []
                for keyword in node.keywords:
                    if keyword.arg not in wanted:
                        continue
                    try:
                        fields[keyword.arg] = self.value(module, keyword.value)
                    except UnreadableError:
                        unreadable.append(keyword.arg)
                yield module, fields, tuple(unreadable)

    def value(self, module: str, node: ast.expr, depth: int = 0) -> Any:
        """Return what an expression of `module` stands for.

        Raises
        ------
        UnreadableError
            When it is more than literals, names of such, and unions of sets.
        """
        if depth > MAX_DEPTH:
            raise UnreadableError("nested too deep")
        below = depth + 1
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Set | ast.List | ast.Tuple):
            return [self.value(module, item, below) for item in node.elts]
        if isinstance(node, ast.Dict):
            return self._mapping(module, node, below)
        if isinstance(node, ast.Name):
            return self._named(module, node.id, below)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return [
                *_items(self.value(module, node.left, below)),
                *_items(self.value(module, node.right, below)),
            ]
        if isinstance(node, ast.Call):
            return self._called_value(module, node, below)
        raise UnreadableError(type(node).__name__)

    def _mapping(self, module: str, node: ast.Dict, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                found[key.value] = self._or_none(module, value, depth)
            elif key is None:
                more = self.value(module, value, depth)
                found.update(more if isinstance(more, dict) else {})
        return found

    def _or_none(self, module: str, node: ast.expr, depth: int) -> Any:
        try:
            return self.value(module, node, depth)
        except UnreadableError:
            return None

    def _called_value(self, module: str, node: ast.Call, depth: int) -> Any:
        """Read ``set(...)``, ``frozenset(...)`` and ``a.union(b)``."""
        called = _called(node)
        if called in ("set", "frozenset", "list", "sorted") and not node.keywords:
            return _items(self.value(module, node.args[0], depth)) if node.args else []
        if called == "union" and isinstance(node.func, ast.Attribute):
            parts = [node.func.value, *node.args]
            return [
                item
                for part in parts
                for item in _items(self.value(module, part, depth))
            ]
        raise UnreadableError(str(called))

    def _named(self, module: str, name: str, depth: int) -> Any:
        found = self._names.get(module, {}).get(name)
        if isinstance(found, tuple):
            other, original = _absolute(module, found[0]), found[1]
            return (
                self._named(other, original, depth + 1) if depth < MAX_DEPTH else None
            )
        if found is None:
            raise UnreadableError(name)
        return self.value(module, found, depth)


def _assigned(tree: ast.Module) -> dict[str, ast.expr | tuple[str, str]]:
    """Return what the names of a module stand for: expressions, or imports."""
    found: dict[str, ast.expr | tuple[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.value is not None:
                found[node.target.id] = node.value
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            for alias in node.names:
                found[alias.asname or alias.name] = (origin, alias.name)
    return found


def _absolute(module: str, origin: str) -> str:
    level = len(origin) - len(origin.lstrip("."))
    if level == 0:
        return origin
    parent = module.split(".")[:-level]
    return ".".join([*parent, origin[level:]] if origin[level:] else parent)


def _called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else None


def _items(value: Any) -> list[Any]:
    """Return the members of a set, list or mapping; an empty one for None."""
    if value is None:
        return []
    if isinstance(value, list | dict):
        return list(value)
    raise UnreadableError("no collection")
