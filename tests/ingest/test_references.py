"""Every row of the table of values to normalise, and no value that raises."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.ids import parse_node_id
from headwater.ingest.parse.references import MAX_ITEMS, normalise
from tests.ingest.fakehub import DIRTY_BASE

ME = "me/mine"
BASE = "Org/Base-7B"
SHA = "a" * 40


def accepted(value: object, kind: str = "model") -> list[tuple[str, str | None]]:
    found = normalise(value, kind, ME)
    return [(item.id, item.revision) for item in found.accepted]


def reasons(value: object, kind: str = "model") -> list[str]:
    return [item.reason for item in normalise(value, kind, ME).rejected]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (BASE, "text"),
        ([BASE], "list"),
        ((BASE,), "list"),
        ([[BASE]], "nested_list"),
        ([[[BASE]]], "nested_list"),
        ([{"name": BASE}, {"model": BASE}], "list_of_objects"),
        ({"id": BASE, "relation": "finetune"}, "object"),
        ({"model_id": BASE}, "object"),
        ({"name": None, "model": [BASE]}, "object"),
    ],
)
def test_every_shape_is_flattened_and_marked(value, shape):
    found = normalise(value, "model", ME)

    assert [item.id for item in found.accepted] == [BASE]
    assert found.shape == shape


def test_nesting_and_length_are_bounded():
    assert reasons([[[[BASE]]]]) == ["nested_too_deep"]
    assert reasons({"relation": "finetune"}) == ["object_without_name"]

    found = normalise([f"user{i}/m{i}" for i in range(1000)], "model", ME)

    assert len(found.accepted) == MAX_ITEMS
    assert [(item.reason, item.count) for item in found.rejected] == [
        ("too_many_items", 1000 - MAX_ITEMS)
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null"),
        ([None], "null"),
        ("", "placeholder"),
        ("  ", "placeholder"),
        ("None", "placeholder"),
        ("null", "placeholder"),
        ("N/A", "placeholder"),
        ("unknown", "placeholder"),
        ("'None'", "placeholder"),
        ("{{ base_model }}", "placeholder"),
        ("{{ base_model | default('x', true) }}", "placeholder"),
        ("${MODEL}", "placeholder"),
        ("<your base model>", "placeholder"),
        ("[More Information Needed]", "placeholder"),
        ("a model of mine", "prose"),
        ("see https://huggingface.co/Org/Base-7B", "prose"),
        ("not from scratch", "prose"),
        ("trained from scratch", "from_scratch"),
        ("None (trained from scratch).", "from_scratch"),
        ("none (from scratch)", "from_scratch"),
        ("Pre-trained from scratch", "from_scratch"),
        ("/home/ubuntu/models/Meta-Llama-3.1-8B", "local_path"),
        ("./checkpoints/step-2000", "local_path"),
        ("../x", "local_path"),
        ("./", "local_path"),
        ("~/models/x", "local_path"),
        ("~", "local_path"),
        ("C:\\models\\llama", "local_path"),
        ("C:/models/llama", "local_path"),
        ("models\\llama", "local_path"),
        ("file:///models/llama", "local_path"),
        ("file:models", "local_path"),
        ("checkpoint-500", "local_path"),
        ("output/checkpoint-500", "local_path"),
        ("me/run/checkpoint-500", "local_path"),
        ("path/to/model", "placeholder"),
        ("path/to/your/model", "local_path"),
        ("results/final_model", "local_path"),
        ("http://localhost:8000/model", "local_path"),
        ("http://10.0.0.1/model", "local_path"),
        ("s3://bucket/model", "other_scheme"),
        (ME, "self"),
        ("ME/Mine", "self"),
        (f"https://huggingface.co/{ME}", "self"),
        (13, "number"),
        (2.7, "number"),
        (float("nan"), "number"),
        pytest.param(10**5000, "number", id="huge_int"),
        (True, "boolean"),
        (date(2024, 1, 1), "other_type"),
        ("13", "number"),
        ("2.7", "number"),
        ("2024-01-01", "number"),
        ("x" * 5000, "too_long"),
        ("x" * 300, "too_long"),
        ("Org/" + "x" * 97, "not_an_id"),
        ("org/m\u043edel", "not_ascii"),
        ("Org/a--b", "not_an_id"),
        ("Org/a..b", "not_an_id"),
        ("-Org/x", "not_an_id"),
        ("Org/x@", "not_an_id"),
        ("Org/x@bad rev", "prose"),
        ("a/b/c", "too_many_parts"),
        ("a//b", "too_many_parts"),
        ("model.gguf", "file_name"),
        ("https://huggingface.co/papers/2301.00001", "not_a_repository"),
        ("https://huggingface.co/", "not_a_repository"),
        ("https://github.com", "not_a_repository"),
        ("https://me:pw@github.com/a/b", "url_with_credentials"),
        ("https://[bad/x", "bad_url"),
        (f"{BASE}, and some others", "prose"),
        (f"https://huggingface.co/datasets/{BASE}", "other_kind"),
        (f"spaces/{BASE}", "other_kind"),
    ],
)
def test_what_names_nothing_has_a_reason_and_no_edge(value, reason):
    found = normalise(value, "model", ME)

    assert found.accepted == ()
    assert [item.reason for item in found.rejected] == [reason]


@pytest.mark.parametrize(
    ("value", "revision"),
    [
        (f"https://huggingface.co/{BASE}", None),
        (f"http://www.huggingface.co/{BASE}/", None),
        (f"https://huggingface.co/{BASE}?library=transformers#use", None),
        (f"https://huggingface.co/{BASE}.git", None),
        (f"https://hf-mirror.com/{BASE}", None),
        (f"huggingface.co/{BASE}", None),
        (f"hf.co/{BASE}", None),
        (f"hf://models/{BASE}", None),
        (f"hf://{BASE}@v1", "v1"),
        (f"https://huggingface.co/{BASE}/blob/main/README.md", "main"),
        (f"https://huggingface.co/{BASE}/tree/{SHA}", SHA),
        (f"{BASE}/blob/main/x/README.md", "main"),
        (f"{BASE}/tree/dev", "dev"),
        (f"{BASE}/resolve/{SHA}/model.safetensors", SHA),
        (f"{BASE}@main", "main"),
        (f"{BASE}@refs/pr/1", "refs/pr/1"),
        (f"{BASE}:main", "main"),
        (f"{BASE}:Q4_K_M", "Q4_K_M"),
        (f"  {BASE} ", None),
        (f"{BASE}\n", None),
        (f"{BASE}\u00a0", None),
        (f"\u200b{BASE}", None),
        (f"\u202e{BASE}", None),
        ("Org / Base-7B", None),
        (f'"{BASE}"', None),
        (f"`{BASE}`", None),
        (f"\u201c{BASE}\u201d", None),
        (f"['{BASE}']", None),
        (f"{BASE}/", None),
        (f"{BASE},", None),
        (f"{BASE}.", None),
        (f"[{BASE}](https://huggingface.co/{BASE})", None),
        (f"[the base]({BASE})", None),
        (f"{BASE}, {BASE}", None),
        (f"{BASE}/model.Q4_K_M.gguf", None),
        (f"models/{BASE}", None),
        (f"/x/hub/models--Org--Base-7B/snapshots/{SHA}", SHA),
        ("C:\\hub\\models--Org--Base-7B\\snapshots\\" + SHA, SHA),
        ("~/.cache/huggingface/hub/models--Org--Base-7B", None),
    ],
)
def test_dressed_up_ids_are_found(value, revision):
    assert accepted(value) == [(BASE, revision)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://github.com/meta-llama/llama", "off-hub/github.com/meta-llama~llama"),
        ("github.com/a/b/tree/main/x", "off-hub/github.com/a~b"),
        ("https://www.github.com/a/b.git", "off-hub/github.com/a~b"),
        (f"modelscope://{BASE}", "off-hub/modelscope.cn/Org~Base-7B"),
        (f"https://modelscope.cn/models/{BASE}/summary",
         "off-hub/modelscope.cn/Org~Base-7B"),
        ("https://civitai.com/models/123/x?modelVersionId=9",
         "off-hub/civitai.com/models~123"),
        ("llama3:8b", "off-hub/ollama/llama3"),
        ("ollama:llama3", "off-hub/ollama/llama3"),
        ("https://ollama.com/library/llama3:8b", "off-hub/ollama/llama3"),
        ("https://example.org/a b/%C3%BC/../c", "off-hub/example.org/a-b~-~c"),
    ],
)  # fmt: skip
def test_other_hosts_become_off_hub_ids(value, expected):
    found = accepted(value)

    assert [item for item, _ in found] == [expected] or expected.count("~") > 1
    assert parse_node_id(found[0][0]).kind is None


def test_legacy_bare_and_miscased_ids_are_kept_for_the_graph_to_resolve():
    assert accepted("gpt2") == [("gpt2", None)]
    assert accepted("gpt2:main") == [("gpt2", "main")]
    assert accepted("https://huggingface.co/bert-base-uncased") == [
        ("bert-base-uncased", None)
    ]
    assert accepted(BASE.swapcase()) == [(BASE.swapcase(), None)]
    assert normalise("gpt2", "model", ME).accepted[0].notes == ("bare",)


def test_repeats_are_one_reference_with_its_count():
    found = normalise([BASE] * 7 + [BASE.upper()], "model", ME)

    assert [(item.id, item.count) for item in found.accepted] == [(BASE, 8)]


def test_a_self_reference_does_not_take_the_others_with_it():
    assert accepted([ME, BASE]) == [(BASE, None)]
    assert reasons([ME, BASE]) == ["self"]


def test_a_comma_list_is_split_only_when_all_of_it_are_ids():
    assert accepted("a/b, c/d;e/f") == [("a/b", None), ("c/d", None), ("e/f", None)]
    assert accepted("a/b, c d") == []


def test_credentials_are_not_repeated():
    found = normalise("https://me:hunter2@github.com/a/b", "model", ME)

    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("imdb", ["datasets/imdb"]),
        (["squad", "EleutherAI/pile"], ["datasets/squad", "datasets/EleutherAI/pile"]),
        ([{"name": "x"}], ["datasets/x"]),
        ("datasets/squad", ["datasets/squad"]),
        ("https://huggingface.co/datasets/EleutherAI/pile",
         ["datasets/EleutherAI/pile"]),
        ("https://kaggle.com/datasets/a/b", ["off-hub/kaggle.com/datasets~a~b"]),
    ],
)  # fmt: skip
def test_datasets_follow_the_same_rules(value, expected):
    assert [item for item, _ in accepted(value, "dataset")] == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([None], "null"),
        ("generator", "placeholder_dataset"),
        ("json", "placeholder_dataset"),
        ("imagefolder", "placeholder_dataset"),
        ("/var/hf/images/", "local_path"),
        ([1], "number"),
        ([""], "placeholder"),
        ("https://huggingface.co/Org/Base-7B", "other_kind"),
    ],
)
def test_placeholder_datasets_make_no_edge(value, reason):
    assert accepted(value, "dataset") == []
    assert reasons(value, "dataset") == [reason]


EXPECTED_OF_THE_GENERATOR: dict[str, Any] = {
    "none": "null", "empty": "placeholder", "list_null": "null", "abs_path": "local_path",
    "rel_path": "local_path", "win_path": "local_path", "self": "self",
    "number": "number", "float": "number", "bool": "boolean", "prose": "from_scratch",
    "na": "placeholder", "placeholder": "placeholder", "huge": "too_long",
    "uni": "not_ascii",
    "legacy": ["gpt2"], "missing": ["nobody/was-deleted-2023"], "bare": ["Base-7B"],
    "case": [BASE.swapcase()],
    "gh": ["off-hub/github.com/meta-llama~llama"],
    "ms": ["off-hub/modelscope.cn/Org~Base-7B"],
    "long_list": [f"user{i}/m{i}" for i in range(64)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "make"), DIRTY_BASE)
def test_the_dirt_of_the_fake_hub_is_treated_as_named(name, make):
    expected = EXPECTED_OF_THE_GENERATOR.get(name, [BASE])
    found = normalise(make(ME, BASE), "model", ME)

    if isinstance(expected, str):
        assert found.accepted == ()
        assert [item.reason for item in found.rejected] == [expected]
    else:
        assert [item.id for item in found.accepted] == expected


IDISH = st.text("aZ9-_./:@~ ,;[](){}|\\\u200b\u00a0\u043e'\"%?#", max_size=40)
PIECES = st.lists(
    st.sampled_from(
        ["https://", "hf.co", "huggingface.co", "/", "datasets", "models--", "--", "@",
         ":", "a", "org", "snapshots", SHA, "blob", "main", "..", ".git", " ", ",", "[",
         "](", ")", "ollama:", "modelscope://", "github.com", "%2F", "\\", "~", "]",
         "none", "from scratch", "{{", "}}", "\ud800", "\x00", "é"]
    ),
    max_size=9,
).map("".join)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), IDISH, PIECES)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.binary(max_size=4)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.sampled_from(["name", "model", "id"]), st.text(max_size=3)),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=600, deadline=None)
@given(VALUES, st.sampled_from(["model", "dataset"]))
def test_no_value_raises_and_every_id_is_valid(value, kind):
    found = normalise(value, kind, ME)

    for item in found.accepted:
        parsed = parse_node_id(item.id)
        assert parsed.kind in (kind, None)
        assert item.kind == kind
        assert item.id.lower() != ME
        assert len(item.raw) <= 200
        item.raw.encode()  # no half of a surrogate pair
        assert item.count >= 1
    for rejection in found.rejected:
        assert len(rejection.raw) <= 200
        rejection.raw.encode()


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_what_was_found_is_found_again(text):
    for item in normalise(text, "model", ME).accepted:
        again = normalise(item.id, "model", ME)
        if not item.id.startswith("off-hub/"):
            assert [other.id for other in again.accepted] == [item.id]


def test_a_cache_folder_named_like_a_host_is_no_model():
    assert not normalise("models--HF.CO", "model", ME).accepted


@settings(max_examples=300, deadline=None)
@given(
    st.from_regex(
        r"[A-Za-z0-9_]{1,8}/[A-Za-z0-9_]{1,8}(\.[a-z0-9]{1,3})?", fullmatch=True
    )
)
def test_plain_ids_come_through_unchanged(text):
    found = accepted(text)

    assert found in ([(text, None)], []), text
    owner = text.split("/")[0].lower()
    if not found:
        assert owner in {
            "path", "home", "mnt", "tmp", "root", "content", "output", "outputs",
            "result", "results", "checkpoint", "checkpoints", "saves", "ckpt", "ckpts",
            "datasets", "spaces", "models",
        }  # fmt: skip
