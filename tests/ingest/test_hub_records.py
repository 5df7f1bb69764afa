"""Hub records, as they come, become records and claims; bad fields are counted."""

from __future__ import annotations

import pytest

from tests.ingest.reading import DAY, HUB, ID, SHA, card, edges, model, read


def test_a_full_model_record():
    context = read(
        model(
            createdAt="2025-03-02T13:05:55.000Z",
            lastModified="2025-03-13T16:10:18.000Z",
            gated="manual",
            disabled=False,
            downloads=8752,
            downloadsAllTime=10**9,
            likes=90,
            library_name="transformers",
            pipeline_tag="text-generation",
            sha=SHA,
            safetensors={"parameters": {"BF16": 7}, "total": 7},
            cardData={"license": "mit", "language": ["en", "de"], "base_model": "o/b"},
            tags=["license:mit", "base_model:o/b", "base_model:quantized:o/b"],
            baseModels={"relation": "quantized", "models": [{"_id": ID, "id": "o/b"}]},
        )
    )

    (record,) = context.batch.records
    assert (record.id, record.kind, record.hub_id, record.source) == (
        "me/mine", "model", ID, "hub",
    )  # fmt: skip
    assert record.document == f"{HUB}/me/mine"
    assert (record.created, record.modified) == (
        "2025-03-02", "2025-03-13T16:10:18.000Z",
    )  # fmt: skip
    assert (record.state, record.downloads, record.likes) == ("gated", 8752, 90)
    assert (record.downloads_all_time, record.parameters) == (10**9, 7)
    assert (record.licence, record.language) == ("mit", ("en", "de"))
    assert (record.task, record.library) == ("text-generation", "transformers")
    assert (record.absent, record.scratch, record.seen) == ((), None, DAY)
    assert edges(context) == [
        ("me/mine", "o/b", "quantized", "hub:baseModels", "hub"),
        ("me/mine", "o/b", "unspecified", "hub:cardData", "author"),
        ("me/mine", "o/b", "quantized", "hub:tag", "hub"),
    ]
    claim = context.batch.claims[0]
    assert (claim.revision, claim.first_seen, claim.last_seen) == (SHA, DAY, DAY)
    assert not context.batch.skipped


def test_the_relation_of_the_card_is_the_authors():
    context = read(card(base_model=["o/a", "o/b"], base_model_relation="merge"))

    assert edges(context) == [
        ("me/mine", "o/a", "merge", "hub:cardData", "author"),
        ("me/mine", "o/b", "merge", "hub:cardData", "author"),
    ]


@pytest.mark.parametrize("relation", ["distill", "", 3, None, ["merge"], {"a": 1}])
def test_a_relation_that_is_none_is_unspecified(relation):
    context = read(card(base_model="o/a", base_model_relation=relation))

    assert [edge[2] for edge in edges(context)] == ["unspecified"]


def test_a_plain_tag_speaks_only_for_what_no_typed_tag_names():
    tags = ["base_model:o/a", "base_model:adapter:O/A", "base_model:o/b",
            "base_model:finetune:o/c", "base_model:me/mine"]  # fmt: skip
    context = read(model(tags=tags))

    assert sorted(edge[1:4] for edge in edges(context)) == [
        ("O/A", "adapter", "hub:tag"),
        ("o/b", "unspecified", "hub:tag"),
        ("o/c", "finetune", "hub:tag"),
    ]
    assert context.batch.skipped == {"tag.base_model/self": 1}


def test_tags_are_checked_like_card_values():
    tags = ["base_model:adapter:/cache/models/da10", "base_model:https://hf.co/o/a",
            "base_model:o/b:main", "base_model:finetune:"]  # fmt: skip
    context = read(model(tags=tags))

    assert [(e[1], e[2]) for e in edges(context)] == [
        ("o/a", "unspecified"), ("o/b", "unspecified"),
    ]  # fmt: skip
    assert context.batch.skipped == {
        "tag.base_model/local_path": 1, "tag.base_model/placeholder": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"relation": "adapter", "models": [{"_id": ID, "id": "o/a"}]}, ["adapter"]),
        ({"relation": "odd", "models": [{"id": "o/a"}]}, ["unspecified"]),
        ({"models": ["o/a"]}, ["unspecified"]),
        (["o/a"], ["unspecified"]),
        ("o/a", ["unspecified"]),
        ({"relation": "merge", "models": None}, []),
        ({"relation": "merge", "models": []}, []),
        (None, []),
        (7, []),
        ({"relation": ["x"], "models": [{"_id": ID}]}, []),
    ],
)
def test_base_models_of_any_shape(value, expected):
    assert [edge[2] for edge in edges(read(model(baseModels=value)))] == expected


def test_a_merge_of_ninety_resolved_parents_keeps_them_all():
    parents = [{"_id": ID, "id": f"o/m{i}"} for i in range(90)]
    context = read(model(baseModels={"relation": "merge", "models": parents}))

    assert len(context.batch.claims) == 90


def test_config_evidence_is_an_adapter():
    context = read(
        model(
            config={
                "peft": {"base_model_name_or_path": "o/a"},
                "adapter_transformers": {"model_name": "gpt2"},
            }
        )
    )

    assert edges(context) == [
        ("me/mine", "o/a", "adapter", "hub:config", "tool"),
        ("me/mine", "gpt2", "adapter", "hub:config", "tool"),
    ]


@pytest.mark.parametrize(
    "config", [{"peft": "x"}, {"peft": {}}, {"peft": None}, [], "x"]
)
def test_config_of_another_shape_is_no_evidence(config):
    assert edges(read(model(config=config))) == []


def test_datasets_of_card_and_tags():
    context = read(
        model(
            cardData={"datasets": ["squad", "o/d", None, "generator"]},
            tags=["dataset:o/d", "dataset:/var/hf/images/"],
        )
    )

    assert edges(context) == [
        ("me/mine", "datasets/squad", "trained_on", "hub:cardData", "author"),
        ("me/mine", "datasets/o/d", "trained_on", "hub:cardData", "author"),
        ("me/mine", "datasets/o/d", "trained_on", "hub:tag", "hub"),
    ]
    assert context.batch.skipped == {
        "datasets/null": 1, "datasets/placeholder_dataset": 1,
        "tag.dataset/local_path": 1,
    }  # fmt: skip


def test_a_new_version_succeeds_this_model():
    context = read(card(new_version="me/newer"))

    assert edges(context) == [
        ("me/newer", "me/mine", "successor_of", "hub:cardData", "author")
    ]
    assert not context.notes.counts


def test_a_new_version_that_is_the_base_is_kept_and_noted_itself_dropped():
    context = read(card(new_version="O/A", base_model="o/a"))
    assert ("O/A", "me/mine", "successor_of") in [e[:3] for e in edges(context)]
    assert context.notes.counts == {"new_version/names_base": 1}

    context = read(card(new_version="me/MINE"))
    assert edges(context) == []
    assert context.batch.skipped == {"new_version/self": 1}


@pytest.mark.parametrize(
    ("value", "scratch"),
    [
        ("trained from scratch", True),
        (["none (from scratch)"], True),
        ("o/a", None),
        (["trained from scratch", "o/a"], None),
        (None, None),
        ("None", None),
    ],
)
def test_only_the_authors_prose_says_from_scratch(value, scratch):
    (record,) = read(card(base_model=value)).batch.records

    assert record.scratch is scratch


def test_a_legacy_name_that_the_hub_resolves_is_an_alias():
    resolved = {"relation": "finetune", "models": [{"id": "openai-community/gpt2"}]}
    context = read(model(cardData={"base_model": "gpt2"}, baseModels=resolved))

    (alias,) = context.batch.aliases
    assert (alias.alias, alias.id, alias.kind) == (
        "gpt2", "openai-community/gpt2", "legacy",
    )  # fmt: skip

    other = {"relation": "finetune", "models": [{"id": "openai-community/gpt3"}]}
    assert not read(
        model(cardData={"base_model": "gpt2"}, baseModels=other)
    ).batch.aliases


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"cardData": {"license": "MIT"}}, "MIT"),
        ({"cardData": {"license": ["mit", "apache-2.0"]}}, "mit"),
        ({"cardData": {"license": []}, "tags": ["license:gemma"]}, "gemma"),
        ({"cardData": {}, "tags": ["license:gemma"]}, "gemma"),
        ({"cardData": {"license": "other", "license_name": "EXAONE"}}, "exaone"),
        ({"cardData": {"license": "other", "license_name": "my own words"}}, "other"),
        ({"cardData": {"license": "other", "license_name": 3}}, "other"),
        ({"cardData": {"license": "other"}}, "other"),
        ({"cardData": {"license": 3}}, None),
        ({"cardData": {"license": {"a": 1}}}, None),
        ({"cardData": {"license": "x" * 500}}, "x" * 200),
        ({"cardData": {"license": "m\u202eit\x00"}}, "mit"),
    ],
)
def test_licences(fields, licence):
    (record,) = read(model(**fields)).batch.records

    assert record.licence == licence


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("en", ("en",)),
        (["en", "en", None, 3, "zh"], ("en", "zh")),
        (False, ("no",)),
        ([False, "sv"], ("no", "sv")),
        (True, ()),
        ({"a": 1}, ()),
    ],
)
def test_languages(value, expected):
    (record,) = read(card(language=value)).batch.records

    assert record.language == expected


def test_what_a_full_record_lacks_is_absent_what_a_bare_one_lacks_is_unknown():
    (full,) = read(model(cardData={}, tags=[])).batch.records
    (bare,) = read(model()).batch.records

    assert full.absent == ("licence", "task", "library", "language", "parameters")
    assert bare.absent == ()


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "present"),
        ({"gated": False}, "present"),
        ({"gated": "auto"}, "gated"),
        ({"gated": "manual"}, "gated"),
        ({"gated": True}, "gated"),
        ({"gated": "no idea"}, "present"),
        ({"disabled": True, "gated": "auto"}, "disabled"),
    ],
)
def test_states(fields, state):
    (record,) = read(model(**fields)).batch.records

    assert record.state == state


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"createdAt": 1646263744}, "createdAt/not_a_date"),
        ({"createdAt": "yesterday"}, "createdAt/not_a_date"),
        ({"createdAt": "2025-02-30T00:00:00.000Z"}, "createdAt/not_a_date"),
        ({"lastModified": {"$date": 1}}, "lastModified/not_a_date"),
        ({"downloads": "many"}, "downloads/not_a_number"),
        ({"downloads": True}, "downloads/not_a_number"),
        ({"downloads": -1}, "downloads/out_of_range"),
        ({"likes": 2**64}, "likes/out_of_range"),
        ({"likes": 1.5}, "likes/not_a_number"),
        ({"cardData": "text"}, "cardData/not_an_object"),
        ({"cardData": [1]}, "cardData/not_an_object"),
        ({"tags": "a,b"}, "tags/not_a_list"),
        ({"tags": ["a", 3]}, "tags/not_text"),
        ({"safetensors": 7}, "safetensors/not_an_object"),
        ({"safetensors": {"total": "7B"}}, "safetensors.total/not_a_number"),
        ({"gguf": [7]}, "gguf/not_an_object"),
        ({"pipeline_tag": 3}, "task/not_text"),
        ({"library_name": ["x"]}, "library/not_text"),
        ({"config": [1]}, "config/not_an_object"),
        ({"gated": 7}, "gated/unknown_value"),
        ({"_id": "short"}, "_id/not_an_object_id"),
        ({"_id": 7}, "_id/not_an_object_id"),
    ],
)
def test_a_bad_field_is_a_counted_skip_and_the_record_stays(fields, reason):
    context = read({**model(), **fields})

    assert len(context.batch.records) == 1
    assert context.batch.skipped[reason] == 1
    assert context.batch.examples[reason][0].startswith("me/mine: ") or reason in (
        "tags/not_text",
    )


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([1], "not_an_object"),
        ("text", "not_an_object"),
        (None, "not_an_object"),
        ({"_id": ID}, "no_id"),
        ({"id": 7}, "no_id"),
        ({"id": "a/b/c"}, "bad_id"),
        ({"id": ""}, "bad_id"),
        ({"id": "datasets/x"}, "bad_id"),
        ({"id": "x" * 300}, "bad_id"),
        ({"id": "me/secret", "private": True}, "private"),
        (b'{"id": "a/b", ' + b'"x":[' * 5 + b"}", "undecodable"),
        # Deeper than Python 3.13 follows, which is twice as deep as 3.11 does.
        (b'{"id": "a/b", "cardData": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
         "undecodable"),
    ],
)  # fmt: skip
def test_a_bad_record_is_a_counted_skip(record, reason):
    context = read(record)

    assert context.batch.skipped == {f"record/{reason}": 1}
    assert not context.batch.records
    assert "secret" not in repr(context.batch.examples)


@pytest.mark.parametrize(
    "text", [b'"\\ud800 lone"', b"1e999", b"123456789012345678901234567890"]
)
def test_odd_but_legal_json_does_not_cost_the_record(text):
    context = read(b'{"id": "me/mine", "cardData": {"license": %s}}' % text)

    assert len(context.batch.records) == 1
    repr(context.batch).encode()


def test_a_record_without_id_may_have_a_model_id():
    (record,) = read({"_id": ID, "modelId": "me/mine"}).batch.records

    assert record.id == "me/mine"


def test_parameters_come_from_any_header():
    for fields, expected in (
        ({"safetensors": {"parameters": {"BF16": 3, "F32": 4}}}, 7),
        ({"safetensors": {"total": 0}, "gguf": {"total": 5}}, 5),
        ({"gguf": {"total": 5}}, 5),
        ({"safetensors": {}}, None),
    ):
        (record,) = read(model(**fields)).batch.records
        assert record.parameters == expected
