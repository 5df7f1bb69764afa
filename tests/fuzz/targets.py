"""What must hold for any bytes that a stranger sends: no surprise, and only sound claims.

Each check takes bytes and raises when something is wrong. Two drivers feed them:
hypothesis in ``test_targets.py``, a coverage-guided fuzzer in ``run.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from headwater.errors import ParseError
from headwater.graph.claims import claim_problem, record_problem
from headwater.graph.ids import parse_node_id
from headwater.ingest.links import next_link, safe_next, same_origin
from headwater.ingest.parse.gguf_header import GgufError, parse_gguf_header
from headwater.ingest.parse.gguf_lineage import claim_gguf
from headwater.ingest.parse.hub_context import Context, Subject
from headwater.ingest.parse.hub_records import decode_record, identity, parse_record
from headwater.ingest.parse.page_body import split_page
from headwater.ingest.parse.page_changes import read_changes
from headwater.ingest.parse.references import normalise
from headwater.ingest.parse.repository_files import (
    RepositoryFiles,
    parse_repository,
    read_front_matter,
)
from headwater.ingest.parse.yaml_text import MAX_NODES, load_yaml
from headwater.ingest.rate_limit import parse_rate_limit, wait_told

HUB = "https://huggingface.co"
DAY = "2026-11-22"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ASKED = f"{HUB}/api/models?limit=1000&cursor=abc"
MAX_RAW = 200


def check_yaml(data: bytes) -> None:
    """A YAML text gives plain values, no more of them than allowed, or an error."""
    with contextlib.suppress(ParseError):
        value = load_yaml(as_text(data), "fuzz")
        assert _count(value) <= MAX_NODES


def check_card(data: bytes) -> None:
    """A README gives a mapping of text keys or an error, and its claims are sound."""
    with contextlib.suppress(ParseError):
        card = read_front_matter(data, "README.md")
        assert card is None or all(isinstance(key, str) for key in card)
    for kind, node in (("model", "me/mine"), ("dataset", "datasets/me/mine")):
        context = Context(HUB, DAY)
        subject = Subject(node, kind, f"{HUB}/me/mine", None)
        parse_repository(context, subject, RepositoryFiles(readme=data))
        assert len(context.batch.records) == 1
        check_batch(context)


def check_record(data: bytes) -> None:
    """A record of any route gives at most one record, or one reason why not."""
    for route in ("models", "datasets", "spaces"):
        context = Context(HUB, DAY)
        fields = decode_record(context, route, data)
        if fields is not None:
            identity(fields)
            parse_record(context, route, fields)
        assert len(context.batch.records) <= 1
        if not context.batch.records:
            assert sum(context.batch.skipped.values()) == 1
        check_batch(context)


def check_page(data: bytes) -> None:
    """A page falls into records that are parts of it, or is refused as a whole."""
    with contextlib.suppress(ValueError):
        records = split_page(data)
        assert sum(map(len, records)) <= len(data)
        read_changes(data)


def check_reference(data: bytes) -> None:
    """A text names valid ids of the kind that is expected, or is refused."""
    text = as_text(data)
    for kind in ("model", "dataset"):
        found = normalise(text, kind, "me/mine")
        for item in found.accepted:
            parsed = parse_node_id(item.id)
            assert parsed.kind in (kind, None)
            assert item.id.lower() != "me/mine"
            assert len(item.raw) <= MAX_RAW
            item.raw.encode()
        for rejection in found.rejected:
            assert len(rejection.raw) <= MAX_RAW
            rejection.raw.encode()
        assert found.accepted or found.rejected


def check_gguf(data: bytes) -> None:
    """The head of a file gives a header of general entries, or a reason code."""
    for head in (data, b"GGUF" + data):
        try:
            header = parse_gguf_header(head)
        except GgufError as error:
            assert str(error).replace("_", "").isalpha()  # noqa: PT017
            continue
        context = Context(HUB, DAY)
        subject = Subject("me/mine", "model", f"{HUB}/me/mine", None)
        claim_gguf(context, subject, "model.gguf", header)
        check_batch(context)


def check_links(data: bytes) -> None:
    """Whatever headers say, the next page is on the route that was asked for."""
    text = data.decode("latin-1")  # as an HTTP client reads them
    target = next_link(text)
    for link in (target, text):
        if link is None:
            continue
        url = safe_next(link, ASKED, HUB)
        if url is not None:
            assert same_origin(url, HUB)
            assert urlsplit(url).path == "/api/models"
    limit = parse_rate_limit(text)
    assert limit is None or (limit.remaining >= 0 and limit.reset_s >= 0)
    told = wait_told({"Retry-After": text, "RateLimit": text}, NOW)
    assert told is None or 0 <= told < float("inf")


def check_batch(context: Context) -> None:
    """All that came of a document is well-formed and can be written as UTF-8."""
    for record in context.batch.records:
        assert record_problem(record) is None
        assert parse_node_id(record.id).kind == record.kind
        repr(record).encode()
    for claim in context.batch.claims:
        assert claim_problem(claim) is None
        assert claim.child.lower() != claim.parent.lower()
        assert claim.raw is None or len(claim.raw) <= MAX_RAW
        repr(claim).encode()
    for shown in [*context.batch.examples.values(), *context.notes.examples.values()]:
        for example in shown:
            assert len(example) <= 600
            example.encode()


def as_text(data: bytes) -> str:
    """Return bytes as text; those that are no UTF-8 become halves of surrogates."""
    return data.decode("utf-8", "surrogateescape")


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_count(key) + _count(item) for key, item in value.items())
    if isinstance(value, list | tuple | set):
        return 1 + sum(map(_count, value))
    return 1


TARGETS: dict[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "yaml": (
        check_yaml,
        (
            b"base_model: a/b\nlanguage: [no, en]\n", b"a: &x [1]\nb: *x\n",
            b"!!binary aGk=", b"? {a: b}\n: c", b"<<: {a: 1}\nx: 017\ny: 12:30:45",
            b"a: !!set {b, c}\nd: !!omap [a: 1]\n", b"- |\n  text\n- >-\n  folded",
        ),
    ),
    "card": (
        check_card,
        (
            b"---\nbase_model: a/b\nlicense: mit\n---\n# Card",
            b"\xef\xbb\xbf---\r\nbase_model:\r\n- a/b\r\ntags: [x]\r\n---\r\n",
            b"---\ndatasets: squad\nnew_version: a/c\nlanguage: no\n---\n",
            b"---\nlicense: other\nlicense_name: own\nsource_datasets: [o/d]\n---",
        ),
    ),
    "record": (
        check_record,
        (
            b'{"_id":"666666666666666666666666","id":"me/mine","tags":["base_model:a/b",'
            b'"base_model:finetune:a/b","license:mit","dataset:o/d"],"downloads":3}',
            b'{"id":"me/mine","cardData":{"base_model":["a/b",null,{"name":"c/d"}],'
            b'"base_model_relation":"merge","new_version":"a/c","language":false}}',
            b'{"id":"me/mine","baseModels":{"relation":"adapter","models":[{"_id":"x",'
            b'"id":"a/b"}]},"config":{"peft":{"base_model_name_or_path":"a/b"}}}',
            b'{"id":"me/mine","safetensors":{"parameters":{"BF16":1},"total":1},'
            b'"gguf":{"total":7},"createdAt":"2024-01-01T00:00:00.000Z","gated":"auto"}',
            b'{"id":"me/app","models":["a/b"],"datasets":["o/d"],"sdk":"gradio"}',
        ),
    ),
    "page": (
        check_page,
        (
            b'[{"id":"a/b","lastModified":"2024-01-01T00:00:00Z"},{"id":"c/d"}]', b"[]",
            b'[{"a":"\\ud800"},[[1]],7]', b"[" * 1200 + b"]" * 1200,
        ),
    ),
    "reference": (
        check_reference,
        (
            b"org/name", b"https://huggingface.co/org/name/blob/main/README.md",
            b"[org/name](https://hf.co/org/name)", b"org/name@main", b"llama3:8b",
            b"models--org--name/snapshots/" + b"a" * 40, b"a/b, c/d; e/f", b"./path",
            b"https://github.com/org/name.git", b"modelscope://org/name", b"gpt2",
            b"{{ base_model }}", b"trained from scratch", "org/мoдель".encode(),
        ),
    ),
    "gguf": (
        check_gguf,
        (
            b"GGUF\x03\0\0\0" + b"\0" * 8 + b"\x01" + b"\0" * 7 + b"\x0c" + b"\0" * 7
            + b"general.name\x08\0\0\0\x03" + b"\0" * 7 + b"abc",
            b"GGUF\x03\0\0\0" + b"\0" * 8 + b"\x01" + b"\0" * 7 + b"\x18" + b"\0" * 7
            + b"general.base_model.count\x04\0\0\0\x02\0\0\0",
            b"\0\0\0\x03" + b"\0" * 16,
        ),
    ),
    "links": (
        check_links,
        (
            f'<{HUB}/api/models?cursor=x>; rel="next", <{HUB}/x>; rel=prev'.encode(),
            b'"api";r=0;t=42', b"Sun, 22 Nov 2026 00:01:00 GMT", b"9", b"//evil/api/models",
            b"http://[::1/api/models?x", b"https://huggingface.co:99999/api/models",
        ),
    ),
}  # fmt: skip
"""Each check with inputs to begin from."""
