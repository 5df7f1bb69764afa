"""What a URL in a card names: a repository of the Hub, or something elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from headwater.graph.ids import artefact_id, off_hub_id

_HUB: Final = frozenset({"huggingface.co", "hf.co", "hf-mirror.com"})
_KINDS: Final = {"models": "model", "datasets": "dataset", "spaces": "application"}
# First segments of Hub URLs that are pages of the site and no owners.
_SITE: Final = frozenset({
    "papers", "docs", "blog", "collections", "posts", "join", "login", "settings",
    "pricing", "tasks", "learn", "chat", "search", "organizations", "new", "inference",
    "enterprise", "support", "terms-of-service", "buckets", "resolve", "api",
})  # fmt: skip
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+\-]", re.ASCII)
# How many path segments name the thing; the rest is a file or a tab of the page.
_DEPTH: Final = {"github.com": 2, "gitlab.com": 2, "civitai.com": 2}
_DEPTH_ELSEWHERE: Final = 4


@dataclass(frozen=True, slots=True)
class UrlTarget:
    """A node id, its kind, the revision in the URL, whether it is off the Hub."""

    id: str
    kind: str
    revision: str | None = None
    off_hub: bool = False


def read_url(text: str, kind: str) -> UrlTarget | str:
    """Return what a URL (its scheme may be missing) names, or a reason code.

    Reason codes: ``bad_url``, ``url_with_credentials``, ``local_path`` (``file:`` and
    hosts without a public name), ``other_scheme``, ``not_a_repository`` (another page
    of the Hub).

    Examples
    --------
    >>> read_url("https://github.com/meta-llama/llama/tree/main", "model").id
    'off-hub/github.com/meta-llama~llama'
    >>> read_url("hf.co/datasets/squad", "dataset").id
    'datasets/squad'
    """
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme == "hf":
        return _on_hub(text[5:].split("/"), kind)
    if scheme == "file":
        return "local_path"
    if scheme in ("modelscope", "ollama") or text.startswith("ollama:"):
        return _by_scheme(text, kind)
    if scheme not in ("", "http", "https"):
        return "other_scheme"
    try:
        parts = urlsplit(text if scheme else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
        port = parts.port
    except ValueError:
        return "bad_url"
    if parts.username is not None or parts.password is not None:
        return "url_with_credentials"
    if not _HOST.fullmatch(host) or port not in (None, 80, 443):
        return "local_path" if _is_private(host) else "bad_url"
    path = [part for part in unquote(parts.path).split("/") if part]
    if host in _HUB:
        return _on_hub(path, "model" if scheme or "/" in text else kind)
    return _elsewhere(host, path, parts, kind)


def _is_private(host: str) -> bool:
    return host == "localhost" or re.fullmatch(r"[\d.:]+", host) is not None


def _on_hub(path: list[str], kind: str) -> UrlTarget | str:
    path = [part.strip() for part in path]
    if path[:1] == ["api"]:
        path = path[1:]
    if path and path[0] in _KINDS:
        kind, path = _KINDS[path[0]], path[1:]
    if not path or path[0] in _SITE or not all(path[:2]):
        return "not_a_repository"
    name, at, revision = "/".join(path[:2]).partition("@")
    # `.git` is how the repository is cloned, not how it is called.
    found = artefact_id(kind, name.removesuffix(".git"))
    if len(path) > 3 and path[2] in ("blob", "tree", "resolve", "raw", "commit"):
        return UrlTarget(found, kind, path[3][:100])
    return UrlTarget(found, kind, revision[:100] if at else None)


def _by_scheme(text: str, kind: str) -> UrlTarget | str:
    scheme, _, rest = text.partition(":")
    rest = rest.strip("/")
    host = {"modelscope": "modelscope.cn", "ollama": "ollama"}[scheme.lower()]
    name, _, tag = rest.partition(":")
    if not name:
        return "bad_url"
    return UrlTarget(_off_hub(host, name.split("/")), kind, tag[:100] or None, True)


def _elsewhere(
    host: str, path: list[str], parts: SplitResult, kind: str
) -> UrlTarget | str:
    if host in ("ollama.com", "ollama.ai"):
        path = path[1:] if path[:1] == ["library"] else path
        name, _, tag = "/".join(path[:2]).partition(":")
        host, path = "ollama", name.split("/") if name else []
        revision = tag[:100] or None
    else:
        revision = None
    if host.startswith("modelscope.") and path[:1] in (["models"], ["datasets"]):
        kind = _KINDS[path[0]]
        path = path[1:3]
    if not path:
        return "not_a_repository"
    path = path[: _DEPTH.get(host, _DEPTH_ELSEWHERE)]
    path[-1] = path[-1].removesuffix(".git")
    return UrlTarget(_off_hub(host, path), kind, revision, True)


def _off_hub(host: str, path: list[str]) -> str:
    safe = [_UNSAFE.sub("-", part).lstrip(".+-") for part in path]
    return off_hub_id(host, "/".join(part for part in safe if part) or "_")
