"""YAML from strangers: safe C loader, capped in bytes, depth and nodes, no aliases."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from headwater.errors import ParseError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _TextLoader(_Loader):  # type: ignore[misc]  # the base is chosen at run time
    """A safe loader in which only ``true``, ``false``, ``null`` and numbers are typed.

    YAML 1.1 reads ``no`` as false and ``2024-01-01`` as a date; here both stay text,
    as they do in the Hub's own parser.
    """


_TextLoader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rsplit(":", 1)[-1] in ("null", "float", "merge")
    ]
    for letter, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_TextLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    list("tTfF"),
)
_TextLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"),
    list("-+0123456789"),
)


def load_yaml(text: str, document: str, *, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value of a YAML text.

    Parameters
    ----------
    text : str
        One YAML document.
    document : str
        Its name in errors.
    max_bytes : int
        Longer texts are refused before they are parsed.

    Raises
    ------
    ParseError
        When the text is too long, too deep, has too many nodes, uses aliases or
        unknown tags, or is no YAML.

    Examples
    --------
    >>> load_yaml("language: no", "card")
    {'language': 'no'}
    """
    if len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise ParseError(document, f"YAML longer than {max_bytes} bytes")
    _check_shape(text, document)
    loader = _TextLoader(text)
    try:
        return loader.get_single_data()
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ParseError(document, f"no valid YAML: {_first_line(error)}") from error
    finally:
        loader.dispose()


def _check_shape(text: str, document: str) -> None:
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=_TextLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ParseError(document, "YAML aliases are not allowed")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            nodes += 1
            if depth > MAX_DEPTH or nodes > MAX_NODES:
                raise ParseError(document, "YAML too deep or too large")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ParseError):
            raise
        raise ParseError(document, f"no valid YAML: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1})" if mark is not None else ""
    problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
    return f"{problem}{where}"[:200]
