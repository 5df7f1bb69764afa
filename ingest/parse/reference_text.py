"""What one string in a card, a tag or a config names.

Authors and their tools write ids, URLs, local paths, prose and placeholders into the
same fields. Each string becomes a :class:`Target` or a reason why it names nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from headwater.errors import InvalidIdError
from headwater.graph.ids import artefact_id, is_repo_path, parse_node_id
from headwater.ingest.parse.reference_urls import UrlTarget, read_url
from headwater.ingest.parse.text import strip_marks

MAX_INPUT: Final = 2000

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*/[A-Za-z0-9_.\-]*[A-Za-z0-9_]", re.A)
NOTHING: Final = frozenset({
    "", "none", "null", "nil", "n/a", "na", "nan", "unknown", "undefined", "tbd",
    "todo", "-", "--", "?", "...", "false", "true", "no", "yes", "not applicable",
    "base_model", "base-model", "basemodel", "your-base-model", "model", "model_id",
    "model_name", "base", "custom", "self", "this", "[]", "{}",
    "more information needed", "[more information needed]", "org/name", "owner/name",
    "username/model_name", "path/to/model",
})  # fmt: skip
# What `datasets` calls data that has no name: the builder that read it.
_NO_DATASET: Final = frozenset({
    "generator", "json", "csv", "tsv", "parquet", "text", "arrow", "pandas", "xml",
    "sql", "imagefolder", "audiofolder", "videofolder", "pdffolder", "webdataset",
    "dataset", "datasets", "private", "local", "my_dataset", "custom_dataset",
    "other", "original",
})  # fmt: skip
_TEMPLATE = re.compile(r"\{\{.*|.*\}\}|\$\{?\w+\}?.*|<[\w \-/]+>|%\w+%", re.DOTALL)
_SCRATCH = re.compile(
    r"(?:(?:none|null|n/?a|no base(?: model)?)\W*)?"
    r"(?:(?:this|the|model|it|is|was|randomly|initiali[sz]ed|pre|pretrained|trained"
    r"|training|built|made|created|train)\W+){0,5}from[\s_\-]+scratch\W*",
    re.IGNORECASE,
)
_CACHED = re.compile(
    r"(?:^|[\\/])(models|datasets|spaces)--([A-Za-z0-9_.\-]+?)(?:--([A-Za-z0-9_.\-]+?))?"
    r"(?:[\\/]+snapshots[\\/]+([0-9a-f]{40}))?(?=[\\/]|$)",
    re.ASCII,
)
_LOCAL = re.compile(
    r"[/~\\]|\.{1,2}(?:[\\/]|$)|[A-Za-z]:[\\/]|file:|.*\\|checkpoint-\d+$"
    r"|(?:[^/]+/)+checkpoint-\d+$"
    r"|(?:path|home|mnt|tmp|root|content|outputs?|results|checkpoints?|saves"
    r"|saved_models|ckpts?)/",
    re.IGNORECASE | re.DOTALL,
)
_FILE = re.compile(
    r".*\.(?:gguf|ggml|safetensors|bin|pt|pth|ckpt|onnx|h5|pkl|json|ya?ml|zip|tar|gz)",
    re.IGNORECASE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?\d[\d.,_]*(?:e[+-]?\d+)?|\d{4}-\d\d-\d\d.*", re.IGNORECASE)
_MARKDOWN = re.compile(r"!?\[([^\]]*)\]\(\s*<?([^)\s>]+)[^)]*\)")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-/]{0,99}", re.ASCII)
_REV_LIKE = re.compile(r"main|master|[0-9a-f]{7,40}|v\d[\w.]*|refs/.*", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_VIEWS: Final = ("blob", "tree", "resolve", "raw", "commit", "commits", "edit")
_HOSTS = re.compile(
    r"(?:www\.[a-z0-9.\-]+|huggingface\.co|hf\.co|hf-mirror\.com|github\.com|gitlab\.com"
    r"|(?:www\.)?modelscope\.(?:cn|ai)|civitai\.com|ollama\.com|ollama\.ai|kaggle\.com"
    r"|arxiv\.org|drive\.google\.com|tfhub\.dev|zenodo\.org|openxlab\.org\.cn)(?:/|$)",
    re.IGNORECASE,
)
NO_PATH: Final = f"(?is)^(?:{_LOCAL.pattern}|{_HOSTS.pattern})"
"""What may look like ``owner/name`` and is a local path or another site, for RE2."""
_QUOTES: Final = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb\u201e "
_TRAILING: Final = ",.;/\\ "


@dataclass(frozen=True, slots=True)
class Target:
    """A node id that a string names, the revision it adds, and what was odd."""

    id: str
    kind: str
    revision: str | None = None
    notes: tuple[str, ...] = ()


# Cards, tags and the Hub's own field repeat each other, and a few thousand parents are
# named by most models.
@lru_cache(maxsize=1 << 16)
def read_reference(text: str, kind: str) -> tuple[Target, ...] | str:
    """Return what `text` names where a node of `kind` is expected, or a reason code.

    More than one target comes of a comma list only, and only when every part of it
    is an id. Reason codes: ``placeholder``, ``placeholder_dataset``, ``from_scratch``,
    ``too_long``, ``number``, ``local_path``, ``file_name``, ``prose``, ``not_ascii``,
    ``not_an_id``, ``too_many_parts``, and those of
    :func:`~headwater.ingest.parse.reference_urls.read_url`.

    Examples
    --------
    >>> read_reference("https://huggingface.co/openai-community/gpt2", "model")[0].id
    'openai-community/gpt2'
    >>> read_reference("trained from scratch", "model")
    'from_scratch'
    """
    if _is_plain(text):
        return (Target(artefact_id(kind, text), kind),)
    if len(text) > MAX_INPUT:
        return "too_long"
    cleaned = _unwrap(strip_marks(text))
    noted = ("cleaned",) if cleaned != text else ()
    nothing = _nothing(cleaned, kind)
    if nothing is not None:
        return nothing
    one = _read_one(cleaned, kind, noted)
    if not isinstance(one, str):
        return (one,)
    parts = [_unwrap(part) for part in re.split(r"[,;]", cleaned.strip("[]"))]
    if len(parts) > 1 and all(_is_listed(part, kind) for part in parts if part):
        many = [_read_one(part, kind, ("comma_list",)) for part in parts if part]
        targets = [target for target in many if isinstance(target, Target)]
        if targets and len(targets) == len(many):
            return tuple(targets)
    return one


def _is_listed(part: str, kind: str) -> bool:
    """Whether a part of a comma list is an id, as it would be on its own."""
    return is_repo_path(part) and _nothing(part, kind) is None


def _is_plain(text: str) -> bool:
    """Whether `text` is an ordinary ``owner/name``: nine of ten values are."""
    return (
        len(text) <= MAX_INPUT
        and _PLAIN.fullmatch(text) is not None
        and not text.startswith(("datasets/", "spaces/", "off-hub/"))
        and is_repo_path(text)
        and _LOCAL.match(text) is None
        and _HOSTS.match(text) is None
        and text.lower() not in NOTHING
    )


def _unwrap(text: str) -> str:
    """Take off what surrounds an id: spaces, quotes, brackets, a Markdown link."""
    text = " ".join(text.split())
    while True:
        before = text
        text = text.strip(_QUOTES)
        if text not in ("...", ".", "..", "/") and not re.search(
            r"[/\\]\.{0,2}$", text
        ):
            text = text.rstrip(_TRAILING)
        text = text.rstrip("/, ") if text.strip("/, ") else text
        link = _MARKDOWN.fullmatch(text)
        if link is not None:
            text = link[2]
        if text[:1] == "[" and text[-1:] == "]" and "[" not in text[1:]:
            text = text if text.lower() in NOTHING else text[1:-1]
        if text == before:
            break
    return re.sub(r" ?([/@:]) ?", r"\1", text) if text.count(" ") <= 4 else text


def _nothing(text: str, kind: str) -> str | None:
    lowered = text.lower()
    if lowered in NOTHING or _TEMPLATE.fullmatch(text):
        return "placeholder"
    if kind == "dataset" and lowered in _NO_DATASET:
        return "placeholder_dataset"
    if _SCRATCH.fullmatch(text):
        return "from_scratch"
    if _NUMBER.fullmatch(text):
        return "number"
    return None


def _read_one(text: str, kind: str, noted: tuple[str, ...]) -> Target | str:
    if _SCHEME.match(text) or _HOSTS.match(text) or text.startswith("ollama:"):
        return _from_url(text, kind, noted)
    cached = _CACHED.search(text)
    if cached is not None:
        return _from_cache(cached, noted)
    if _LOCAL.match(text):
        return "local_path"
    if not text.isascii():
        return "prose" if " " in text else "not_ascii"
    if " " in text:
        return "prose"
    return _from_path(text, kind, noted)


def _from_url(text: str, kind: str, noted: tuple[str, ...]) -> Target | str:
    found = read_url(text, kind)
    if isinstance(found, UrlTarget):
        notes = (*noted, "off_hub" if found.off_hub else "url")
        return _checked(found.id, found.kind, found.revision, notes)
    return found


def _from_cache(match: re.Match[str], noted: tuple[str, ...]) -> Target | str:
    plural, owner, name, revision = match.groups()
    kind = {"models": "model", "datasets": "dataset", "spaces": "application"}[plural]
    path = f"{owner}/{name}" if name else owner
    if _HOSTS.match(path):
        return "not_an_id"
    return _checked(artefact_id(kind, path), kind, revision, (*noted, "cache_path"))


def _from_path(text: str, kind: str, noted: tuple[str, ...]) -> Target | str:
    head, slash, rest = text.partition("/")
    prefixed = {"datasets": "dataset", "spaces": "application"}.get(head)
    if slash and prefixed is not None:
        kind, text = prefixed, rest
    elif head == "models" and rest.count("/") == 1:
        text = rest
    parts = text.split("/")
    if len(parts) > 2 and parts[2] in _VIEWS:
        revision = parts[3] if len(parts) > 3 else None
        path = "/".join(parts[:2])
        return _checked(artefact_id(kind, path), kind, revision, (*noted, "view_path"))
    if len(parts) > 2 and _FILE.fullmatch(parts[-1]):
        path = "/".join(parts[:2])
        return _checked(artefact_id(kind, path), kind, None, (*noted, "file_path"))
    return _with_revision(text, kind, noted)


def _with_revision(text: str, kind: str, noted: tuple[str, ...]) -> Target | str:
    for mark in "@:":
        path, found, revision = text.partition(mark)
        if not found or not path:
            continue
        if not (is_repo_path(path) and _REVISION.fullmatch(revision)):
            return "not_an_id"
        is_bare = "/" not in path
        if mark == ":" and is_bare and not _REV_LIKE.fullmatch(revision):
            # `llama3:8b`: a name and a size tag is how Ollama writes its models.
            notes = (*noted, "off_hub")
            return _checked(f"off-hub/ollama/{path}", kind, revision, notes)
        return _checked(artefact_id(kind, path), kind, revision, (*noted, "revision"))
    if text.count("/") > 1:
        return "too_many_parts"
    if "/" not in text and _FILE.fullmatch(text):
        return "file_name"
    return _checked(artefact_id(kind, text.removesuffix(".git")), kind, None, noted)


def _checked(
    node: str, kind: str, revision: str | None, notes: tuple[str, ...]
) -> Target | str:
    try:
        parsed = parse_node_id(node)
    except InvalidIdError:
        return "too_long" if len(node) > MAX_INPUT // 10 else "not_an_id"
    if parsed.kind is not None and parsed.kind != kind:
        return "not_an_id"
    bare = () if parsed.namespace or parsed.kind is None else ("bare",)
    return Target(parsed.text, kind, revision, (*notes, *bare))
