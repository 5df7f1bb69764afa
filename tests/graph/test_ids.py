"""Node ids: what is one, and that printing and parsing agree."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidIdError
from headwater.graph.ids import artefact_id, is_repo_path, off_hub_id, parse_node_id


@pytest.mark.parametrize(
    ("text", "kind", "namespace"),
    [
        ("meta-llama/Llama-2-7b-hf", "model", "meta-llama"),
        ("gpt2", "model", None),
        ("datasets/EleutherAI/pile", "dataset", "EleutherAI"),
        ("datasets/squad", "dataset", None),
        ("spaces/huggingchat/chat-ui", "application", "huggingchat"),
        ("@meta-llama", "namespace", "meta-llama"),
        ("developer:meta", "developer", None),
        ("off-hub/openai/gpt-4", None, None),
        ("off-hub/github.com/meta-llama~llama", None, None),
    ],
)
def test_forms(text: str, kind: str | None, namespace: str | None) -> None:
    node = parse_node_id(text)
    assert (text, kind, namespace) == (node.text, node.kind, node.namespace)


@pytest.mark.parametrize(
    "text",
    [
        "", "a/b/c", "a//b", "/a", "a/", "a b", "a/b c", "..", "a/..", "a--b/c", "x/y.git",
        "-a/b", "a/b-", ".a/b", "a/b.", "developer:Meta", "developer:", "@a/b", "@",
        "off-hub/a", "off-hub/a/b/c", "datasets/a/b/c", "org/мodel", "a/b\n", "a\u202eb",
        "a/b\x00", "<script>", "x" * 97, "a/" + "b" * 97, "é/b",
    ],
)  # fmt: skip
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(InvalidIdError) as caught:
        parse_node_id(text)
    assert caught.value.text == text


segment = st.from_regex(
    r"[A-Za-z0-9_]([A-Za-z0-9_.]{0,20}[A-Za-z0-9_])?", fullmatch=True
).filter(lambda text: ".." not in text and not text.endswith(".git"))


@given(segment, segment, st.sampled_from(["model", "dataset", "application"]))
def test_parsing_what_was_printed_gives_it_back(
    owner: str, name: str, kind: str
) -> None:
    path = f"{owner}/{name}"
    if owner in ("datasets", "spaces", "off-hub"):
        return
    node = parse_node_id(artefact_id(kind, path))
    assert (kind, owner) == (node.kind, node.namespace)
    assert node.key == node.text.lower()


@given(st.text(max_size=220))
def test_any_text_is_an_id_or_a_clear_error(text: str) -> None:
    with suppress(InvalidIdError):
        assert text == parse_node_id(text).text
        assert text.isascii()


@given(st.text(max_size=100))
def test_repo_paths_are_models(text: str) -> None:
    if is_repo_path(text) and "/" in text and text.split("/")[0] not in (
        "datasets", "spaces", "off-hub",
    ):  # fmt: skip
        assert parse_node_id(text).kind == "model"


def test_off_hub_folds_slashes() -> None:
    assert (
        off_hub_id("github.com", "/meta-llama/llama/")
        == "off-hub/github.com/meta-llama~llama"
    )
