"""Node ids: parse, check and print.

What people type is what is stored and printed (kinds and forms are those of the
data dictionary):

=============  ==========================================================
kind           form
=============  ==========================================================
model          ``meta-llama/Llama-2-7b-hf``, legacy ``gpt2``
dataset        ``datasets/EleutherAI/pile``, legacy ``datasets/squad``
application    ``spaces/huggingchat/chat-ui``
namespace      ``@meta-llama``
developer      ``developer:meta``
any artefact   ``off-hub/openai/gpt-4`` (three parts: not on the Hub)
=============  ==========================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from headwater.errors import InvalidIdError

MAX_ID_LENGTH = 200
MAX_SEGMENT_LENGTH = 96

# The Hub's own rule for a repository or owner name, see
# huggingface_hub.utils.validate_repo_id: no "--", no "..", no ".git" at the end.
_SEGMENT = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?\Z", re.ASCII)
# Other hosts have freer paths; "~" stands for "/" in the last part of an off-hub id.
_OFF_HUB_SEGMENT = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.~+\-]*)\Z", re.ASCII)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?\Z", re.ASCII)

_PREFIXES = {"datasets": "dataset", "spaces": "application"}


@dataclass(frozen=True, slots=True)
class NodeId:
    """A checked node id.

    Attributes
    ----------
    text : str
        The id as it prints, case kept.
    kind : str or None
        The node kind, or None for ``off-hub/`` ids, whose kind is not in the name.
    namespace : str or None
        The Hub owner without ``@``; None for legacy and off-hub ids and developers.
    """

    text: str
    kind: str | None
    namespace: str | None

    @property
    def key(self) -> str:
        """The look-up key: ids are compared without regard to case."""
        return self.text.lower()


def is_segment(text: str) -> bool:
    """Return whether `text` can be a Hub owner's or repository's name."""
    return (
        len(text) <= MAX_SEGMENT_LENGTH
        and _SEGMENT.match(text) is not None
        and "--" not in text
        and ".." not in text
        and not text.endswith(".git")
    )


def is_repo_path(text: str) -> bool:
    """Return whether `text` is a Hub path: ``name`` or ``owner/name``."""
    parts = text.split("/")
    return len(parts) <= 2 and all(is_segment(part) for part in parts)


def parse_node_id(text: str) -> NodeId:
    """Return the checked id that `text` spells.

    Raises
    ------
    InvalidIdError
        When `text` is no id of any kind; the error says which rule it breaks.

    Examples
    --------
    >>> parse_node_id("meta-llama/Llama-2-7b-hf").kind
    'model'
    >>> parse_node_id("datasets/EleutherAI/pile").namespace
    'EleutherAI'
    >>> parse_node_id("off-hub/openai/gpt-4").kind is None
    True
    >>> parse_node_id("a/b/c")
    Traceback (most recent call last):
    headwater.errors.InvalidIdError: not a node id: 'a/b/c' (a Hub id has at most two parts)
    """
    if not text or len(text) > MAX_ID_LENGTH:
        raise InvalidIdError(text, "empty" if not text else "longer than 200 letters")
    if text.startswith("@"):
        return _checked(text, text[1:], "namespace")
    if text.startswith("developer:"):
        if _SLUG.match(text.removeprefix("developer:")) is None:
            raise InvalidIdError(text, "a developer is a lower-case slug")
        return NodeId(text, "developer", None)
    head, _, rest = text.partition("/")
    if head == "off-hub":
        return _off_hub(text, rest)
    if head in _PREFIXES and rest:
        return _checked(text, rest, _PREFIXES[head])
    return _checked(text, text, "model")


def _off_hub(text: str, rest: str) -> NodeId:
    parts = rest.split("/")
    if len(parts) != 2 or not all(_OFF_HUB_SEGMENT.match(part) for part in parts):
        raise InvalidIdError(text, "an off-hub id is off-hub/OWNER/NAME")
    return NodeId(text, None, None)


def _checked(text: str, path: str, kind: str) -> NodeId:
    parts = path.split("/")
    if len(parts) > (1 if kind == "namespace" else 2):
        raise InvalidIdError(text, "a Hub id has at most two parts")
    for part in parts:
        if not is_segment(part):
            raise InvalidIdError(text, f"{part[:40]!r} is no name of the Hub")
    namespace = parts[0] if len(parts) == 2 or kind == "namespace" else None
    return NodeId(text, kind, namespace)


def artefact_id(kind: str, path: str) -> str:
    """Return the node id of the Hub repository `path` of a kind.

    Examples
    --------
    >>> artefact_id("dataset", "EleutherAI/pile")
    'datasets/EleutherAI/pile'
    """
    prefix = {"model": "", "dataset": "datasets/", "application": "spaces/"}[kind]
    return prefix + path


def off_hub_id(owner: str, name: str) -> str:
    """Return the id of something that is not on the Hub, slashes folded to ``~``.

    Examples
    --------
    >>> off_hub_id("github.com", "meta-llama/llama")
    'off-hub/github.com/meta-llama~llama'
    """
    return f"off-hub/{owner}/{name.strip('/').replace('/', '~')}"
