#!/usr/bin/env python3
"""Loopback stand-in for the Hugging Face Hub metadata API (stdlib only).

    python fakehub.py --synth-models 20000 --synth-datasets 2000 --port 8123 [--faults plan.json]
    python fakehub.py --data hub.jsonl --port 0 --port-file port.txt

What it copies from the real Hub:
  * list routes with a keyset cursor (`{"$or":[{key:v,"_id":{"$gt":id}},{key:{"$lt":v}},{key:null}]}`, base64)
    carried by `Link: <...>; rel="next"`, page size capped at 1000;
  * `expand` / `expand[]` as an exact enum: one wrong name is a 400 which lists the valid ones;
    list routes refuse `childrenModelCount` and `usedStorage`;
  * overviews of organisations and users, which share one set of names;
  * 307 with a relative Location for renamed / legacy / wrongly-cased ids, query kept;
  * 401 + X-Error-Message for a missing repo seen anonymously, 404 + X-Error-Code with a token,
    401/403 + X-Error-Code: GatedRepo on gated files (card stays readable), RevisionNotFound, EntryNotFound;
  * `RateLimit` / `RateLimit-Policy` on every answer, 429 once the window is spent.

Faults: a JSON list of rules, first rule that fires wins. A rule:
  {"match": "regex on METHOD path?query", "on": [1,3] | "after": n | "every": k | "p": 0.1, "times": n, "do": ACTION, ...}
ACTIONs: status, ratelimit, truncate, invalid_json, reset, reset_mid, hang, slow, empty, html, body, drop_next,
         loop_next, back_next, foreign_next, short_page, dup_page, bad_utf8.
Control routes (never faulted, never counted): GET /__stats, POST /__faults, POST /__reset, POST /__mutate.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import gzip
import hashlib
import json
import random
import re
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

# --------------------------------------------------------------------------- vocabulary

EXPAND = {
    "models": [
        "author",
        "baseModels",
        "cardData",
        "config",
        "createdAt",
        "disabled",
        "downloads",
        "downloadsAllTime",
        "evalResults",
        "gated",
        "inference",
        "inferenceProviderMapping",
        "lastModified",
        "library_name",
        "likes",
        "mask_token",
        "model-index",
        "pipeline_tag",
        "private",
        "safetensors",
        "sha",
        "siblings",
        "spaces",
        "tags",
        "transformersInfo",
        "trendingScore",
        "widgetData",
        "gguf",
        "resourceGroup",
        "xetEnabled",
    ],
    "datasets": [
        "author",
        "cardData",
        "citation",
        "createdAt",
        "disabled",
        "description",
        "downloads",
        "downloadsAllTime",
        "gated",
        "lastModified",
        "likes",
        "mainSize",
        "paperswithcode_id",
        "private",
        "siblings",
        "sha",
        "tags",
        "trendingScore",
        "resourceGroup",
        "xetEnabled",
    ],
    "spaces": [
        "author",
        "cardData",
        "createdAt",
        "datasets",
        "disabled",
        "lastModified",
        "likes",
        "models",
        "private",
        "region",
        "runtime",
        "sdk",
        "sha",
        "siblings",
        "subdomain",
        "tags",
        "trendingScore",
        "resourceGroup",
        "xetEnabled",
    ],
}
DETAIL_ONLY = {
    "models": ["childrenModelCount", "usedStorage"],
    "datasets": ["usedStorage"],
    "spaces": ["usedStorage"],
}
LIST_DEFAULT = {
    "models": [
        "likes",
        "trendingScore",
        "private",
        "downloads",
        "tags",
        "pipeline_tag",
        "library_name",
        "createdAt",
    ],
    "datasets": [
        "author",
        "disabled",
        "gated",
        "lastModified",
        "likes",
        "trendingScore",
        "private",
        "sha",
        "description",
        "downloads",
        "tags",
        "createdAt",
    ],
    "spaces": ["likes", "trendingScore", "private", "sdk", "tags", "createdAt"],
}
FULL_EXTRA = {
    "models": ["author", "gated", "lastModified", "sha", "siblings", "disabled"],
    "datasets": ["cardData", "siblings"],
    "spaces": ["author", "cardData", "lastModified", "sha", "siblings", "disabled"],
}
INFO_DEFAULT = {
    "models": [
        "author",
        "private",
        "disabled",
        "gated",
        "sha",
        "lastModified",
        "createdAt",
        "pipeline_tag",
        "library_name",
        "tags",
        "downloads",
        "likes",
        "cardData",
        "config",
        "siblings",
        "spaces",
        "safetensors",
        "gguf",
        "transformersInfo",
        "model-index",
        "widgetData",
    ],
    "datasets": [
        "author",
        "private",
        "disabled",
        "gated",
        "sha",
        "lastModified",
        "createdAt",
        "tags",
        "downloads",
        "likes",
        "cardData",
        "siblings",
        "description",
        "citation",
        "paperswithcode_id",
    ],
    "spaces": [
        "author",
        "private",
        "disabled",
        "sha",
        "lastModified",
        "createdAt",
        "tags",
        "likes",
        "cardData",
        "siblings",
        "sdk",
        "runtime",
        "subdomain",
        "models",
        "datasets",
    ],
}
SORTS = {
    "models": {
        "createdAt",
        "downloads",
        "likes",
        "likes30d",
        "lastModified",
        "trendingScore",
        "num_parameters",
        "mainSize",
        "id",
    },
    "datasets": {
        "createdAt",
        "downloads",
        "likes",
        "likes30d",
        "lastModified",
        "trendingScore",
        "mainSize",
        "id",
    },
    "spaces": {"createdAt", "likes", "likes30d", "lastModified", "trendingScore", "id"},
}
KINDS = ("models", "datasets", "spaces")
OWNER_ROUTES = ("organizations", "users")
PAGE_MAX = (
    1000  # real cap; --page-max lowers it so that small catalogues have many pages
)

# --------------------------------------------------------------------------- synthetic catalogue

ORGS = [
    "meta-llama",
    "Qwen",
    "mistralai",
    "google",
    "google-bert",
    "openai-community",
    "deepseek-ai",
    "microsoft",
    "HuggingFaceTB",
    "stabilityai",
    "black-forest-labs",
    "tiiuae",
    "ibm-granite",
    "nvidia",
    "unsloth",
    "bartowski",
    "mradermacher",
    "TheBloke",
    "mlx-community",
    "lmstudio-community",
    "MaziyarPanahi",
    "NousResearch",
]
RELATIONS = [
    ("finetune", 0.42),
    ("adapter", 0.27),
    ("quantized", 0.24),
    ("merge", 0.07),
]
TASKS = [
    "text-generation",
    "text-classification",
    "feature-extraction",
    "image-classification",
    "text-to-image",
    "automatic-speech-recognition",
    "token-classification",
    "question-answering",
    None,
]
LICENSES = [
    "apache-2.0",
    "mit",
    "llama3.1",
    "gemma",
    "cc-by-nc-4.0",
    "other",
    "openrail",
    None,
]
LANGS = ["en", "zh", "fr", "de", "no", "ja", "multilingual", "code"]

# every malformed `base_model` shape the report lists; callables get (own id, a random real id)
DIRTY_BASE = [
    ("none", lambda me, x: None),
    ("empty", lambda me, x: ""),
    ("list_null", lambda me, x: [None]),
    ("list_mixed", lambda me, x: [x, None, "", 7]),
    ("dict", lambda me, x: {"name": x, "relation": "finetune"}),
    ("list_dict", lambda me, x: [{"name": x}, {"model": x}]),
    ("nested", lambda me, x: [[x]]),
    ("url", lambda me, x: f"https://huggingface.co/{x}"),
    ("hf_co", lambda me, x: f"hf.co/{x}"),
    ("url_blob", lambda me, x: f"https://huggingface.co/{x}/blob/main/README.md"),
    ("blob", lambda me, x: f"{x}/blob/main"),
    ("at_rev", lambda me, x: f"{x}@main"),
    ("colon_rev", lambda me, x: f"{x}:main"),
    ("spaces", lambda me, x: f"  {x} "),
    ("nbsp", lambda me, x: x + "\u00a0"),
    ("zwsp", lambda me, x: "\u200b" + x),
    ("abs_path", lambda me, x: "/home/ubuntu/models/Meta-Llama-3.1-8B"),
    ("rel_path", lambda me, x: "./checkpoints/step-2000"),
    ("win_path", lambda me, x: "C:\\models\\llama"),
    (
        "cache_path",
        lambda me, x: (
            "/home/user/.cache/huggingface/hub/models--"
            + x.replace("/", "--")
            + "/snapshots/"
            + "a" * 40
        ),
    ),
    ("self", lambda me, x: me),
    ("list_self", lambda me, x: [me, x]),
    ("dup7", lambda me, x: [x] * 7),
    ("case", lambda me, x: x.swapcase()),
    ("legacy", lambda me, x: "gpt2"),
    ("missing", lambda me, x: "nobody/was-deleted-2023"),
    ("bare", lambda me, x: x.split("/")[-1]),
    ("number", lambda me, x: 13),
    ("float", lambda me, x: 2.7),
    ("bool", lambda me, x: True),
    ("csv", lambda me, x: f"{x}, {x}"),
    ("markdown", lambda me, x: f"[{x}](https://huggingface.co/{x})"),
    ("prose", lambda me, x: "trained from scratch"),
    ("na", lambda me, x: "N/A"),
    ("placeholder", lambda me, x: "{{ base_model }}"),
    ("huge", lambda me, x: "x" * 5000),
    ("gh", lambda me, x: "https://github.com/meta-llama/llama"),
    ("ms", lambda me, x: "modelscope://" + x),
    ("long_list", lambda me, x: [f"user{i}/m{i}" for i in range(120)]),
    ("uni", lambda me, x: "org/мoдель"),
]


def oid(ts: int, n: int) -> str:
    return f"{ts:08x}{n & 0xFFFFFFFFFFFFFFFF:016x}"


def iso(ts: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ts)) + ".000Z"


def synth(
    n_models: int,
    n_datasets: int,
    n_spaces: int,
    seed: int = 7,
    dirt: float = 0.02,
    card_extra: int = 350,
):
    """Yield records {"kind": ..., <api fields>, "_readme": str, ...}. Deterministic for (sizes, seed, dirt)."""
    rnd = random.Random(seed)
    t0, t1 = 1646263744, 1795305600  # 2022-03-02 (legacy import) .. 2026-11-22
    users = ORGS + [f"user{i}" for i in range(max(20, n_models // 25))]
    ds_ids = []
    for i in range(n_datasets):
        ts = int(t0 + (t1 - t0) * i / max(1, n_datasets))
        rid = f"{rnd.choice(users)}/data-{i}"
        src = rnd.choice(
            [
                ["original"],
                [rnd.choice(ds_ids)] if ds_ids else ["original"],
                ["extended|squad"],
                None,
                "original",
            ]
        )
        card = {
            "language": [rnd.choice(LANGS)],
            "license": rnd.choice(LICENSES),
            "size_categories": ["n<1K"],
        }
        if src is not None:
            card["source_datasets"] = src
        tags = [f"language:{card['language'][0]}", "region:us"]
        if card["license"]:
            tags.insert(0, f"license:{card['license']}")
        if isinstance(src, list):
            tags += [f"source_datasets:{s}" for s in src]
        ds_ids.append(rid)
        yield {
            "kind": "datasets",
            "_id": oid(ts, i + (1 << 40)),
            "id": rid,
            "author": rid.split("/")[0],
            "cardData": card,
            "tags": tags,
            "createdAt": iso(ts),
            "lastModified": iso(min(t1, ts + rnd.randrange(1, 9_000_000))),
            "downloads": int(rnd.paretovariate(0.9)) - 1,
            "likes": int(rnd.paretovariate(1.2)) - 1,
            "trendingScore": 0,
            "private": False,
            "gated": False,
            "disabled": False,
            "sha": hashlib.sha1(rid.encode()).hexdigest(),
            "description": "synthetic",
            "siblings": [{"rfilename": "README.md"}],
            "_readme": card_md(card),
        }
    ids: list[str] = []
    oids: dict[str, str] = {}
    weights: list[str] = []
    for i in range(n_models):
        ts = int(t0 + (t1 - t0) * i / max(1, n_models))
        user = rnd.choice(ORGS) if i < 60 else rnd.choice(users)
        rid = f"{user}/model-{i}"
        _id = oid(ts, i)
        card: dict = {
            "license": rnd.choice(LICENSES),
            "language": [rnd.choice(LANGS)],
            "library_name": "transformers",
            "tags": ["generated_from_trainer"],
        }
        tags = ["transformers", "safetensors"]
        rel, parents, base, dirty = None, [], None, None
        if ids and i >= 40 and rnd.random() < 0.6:
            x, acc = rnd.random(), 0.0
            for rel, p in RELATIONS:
                acc += p
                if x <= acc:
                    break
            k = rnd.choice([2, 2, 3, 5]) if rel == "merge" else 1
            for _ in range(k):
                p = rnd.choice(weights)
                if p not in parents and p != rid:
                    parents.append(p)
            base = parents if (rel == "merge" or rnd.random() < 0.5) else parents[0]
            card["base_model"] = base
            if rnd.random() < 0.15:
                card["base_model_relation"] = rel
        if ids and rnd.random() < dirt:
            dirty, fn = DIRTY_BASE[rnd.randrange(len(DIRTY_BASE))]
            base = fn(rid, rnd.choice(ids))
            card["base_model"] = base
            parents, rel = [], None
            for v in base if isinstance(base, list) else [base]:
                if isinstance(v, str) and v in oids and v not in parents:
                    parents.append(v)
            rel = ("merge" if len(parents) > 1 else "finetune") if parents else None
        for v in base if isinstance(base, list) else [base]:
            if isinstance(v, str) and v and (not dirty or len(v) < 300):
                tags.append(f"base_model:{v}")
                tags.append(f"base_model:{rel or 'finetune'}:{v}")
        if ds_ids and rnd.random() < 0.3:
            used = [rnd.choice(ds_ids) for _ in range(rnd.choice([1, 1, 2, 4]))]
            if rnd.random() < dirt * 2:
                used = rnd.choice(
                    [
                        [None],
                        ["squad"],
                        ["/var/hf/images/"],
                        "imdb",
                        [1],
                        [{"name": "x"}],
                        [""],
                    ]
                )
            card["datasets"] = used
            tags += [
                f"dataset:{d}"
                for d in (used if isinstance(used, list) else [used])
                if isinstance(d, str)
            ]
        task = rnd.choice(TASKS)
        tags += (
            [f"arxiv:{rnd.randrange(2001, 2611)}.{rnd.randrange(10000, 19999)}"]
            if rnd.random() < 0.25
            else []
        )
        tags += (
            [card["language"][0]]
            + ([f"license:{card['license']}"] if card["license"] else [])
            + ["endpoints_compatible", "region:us"]
        )
        if card_extra:
            card["widget"] = [{"text": "lorem ipsum " * (card_extra // 12)}]
        if rnd.random() < 0.05:
            card["model-index"] = [
                {
                    "name": rid.split("/")[1],
                    "results": [
                        {
                            "task": {"type": "text-generation"},
                            "dataset": {"name": "ARC", "type": "ai2_arc"},
                            "metrics": [
                                {"type": "acc", "value": round(rnd.random(), 3)}
                            ],
                        }
                    ],
                }
            ]
        gated = rnd.choice([False] * 30 + ["auto", "manual"])
        rec = {
            "kind": "models",
            "_id": _id,
            "id": rid,
            "modelId": rid,
            "author": user,
            "cardData": card,
            "tags": tags,
            "createdAt": iso(ts),
            "lastModified": iso(min(t1, ts + rnd.randrange(1, 9_000_000))),
            "downloads": int(rnd.paretovariate(0.8)) - 1,
            "likes": int(rnd.paretovariate(1.1)) - 1,
            "trendingScore": rnd.choice([0] * 20 + [1, 2, 30]),
            "private": False,
            "gated": gated,
            "disabled": False,
            "sha": hashlib.sha1(rid.encode()).hexdigest(),
            "library_name": "transformers",
            "siblings": [
                {"rfilename": ".gitattributes"},
                {"rfilename": "README.md"},
                {"rfilename": "model.safetensors"},
            ],
            "config": {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
            "spaces": [],
            "safetensors": {"parameters": {"BF16": 8030261248}, "total": 8030261248},
            "_dirty": dirty,
            "_readme": card_md(card),
        }
        rec["downloadsAllTime"] = rec["downloads"] * 17
        if task:
            rec["pipeline_tag"] = task
        if parents:
            rec["baseModels"] = {
                "relation": rel,
                "models": [{"_id": oids[p], "id": p} for p in parents],
            }
        yield rec
        ids.append(rid)
        oids[rid] = _id
        weights.append(rid)
        weights += [p for p in parents for _ in range(3)]
    for i in range(n_spaces):
        ts = int(t0 + (t1 - t0) * i / max(1, n_spaces))
        rid = f"{rnd.choice(users)}/space-{i}"
        ms = [rnd.choice(ids)] if ids else []
        yield {
            "kind": "spaces",
            "_id": oid(ts, i + (1 << 41)),
            "id": rid,
            "author": rid.split("/")[0],
            "models": ms,
            "datasets": [],
            "cardData": {"title": f"space {i}", "sdk": "gradio", "models": ms},
            "sdk": "gradio",
            "tags": ["gradio", "region:us"],
            "createdAt": iso(ts),
            "lastModified": iso(ts + 5),
            "likes": 0,
            "trendingScore": 0,
            "private": False,
            "disabled": False,
            "sha": hashlib.sha1(rid.encode()).hexdigest(),
            "subdomain": rid.replace("/", "-"),
            "siblings": [{"rfilename": "README.md"}],
        }
    if n_models:
        yield {"kind": "redirect", "of": "models", "from": "gpt2", "to": ids[0]}
        yield {
            "kind": "redirect",
            "of": "models",
            "from": "old-owner/renamed",
            "to": ids[min(1, len(ids) - 1)],
        }
    if n_datasets:
        yield {"kind": "redirect", "of": "datasets", "from": "squad", "to": ds_ids[0]}


def card_md(card: dict) -> str:
    # JSON is a subset of YAML flow style: good enough for a front matter, and needs no YAML writer
    return (
        "---\n"
        + "".join(
            f"{k}: {json.dumps(v, ensure_ascii=False)}\n" for k, v in card.items()
        )
        + "---\n\n# Card\n\nText.\n"
    )


# --------------------------------------------------------------------------- catalogue


class Catalogue:
    def __init__(self):
        self.lock = threading.RLock()
        self.recs: dict[str, dict[str, dict]] = {k: {} for k in KINDS}
        self.redirects: dict[str, dict[str, str]] = {k: {} for k in KINDS}
        self.lower: dict[str, dict[str, str]] = {k: {} for k in KINDS}
        self.order_cache: dict = {}
        self.bytes_cache: dict = {}
        self.children: dict[str, dict[str, int]] = {}
        # users and organisations share one set of names
        self.owners: dict[str, dict] = {}

    def add(self, rec: dict):
        kind = rec.get("kind", "models")
        with self.lock:
            if kind == "redirect":
                of = rec.get("of", "models")
                self.redirects.setdefault(of, {})[rec["from"]] = rec["to"]
                return
            if kind in OWNER_ROUTES:
                self.owners[rec["name"].lower()] = rec
                return
            self.recs[kind][rec["id"]] = rec
            self.lower[kind][rec["id"].lower()] = rec["id"]
            self.dirty(kind)
            bm = rec.get("baseModels")
            if isinstance(bm, dict):
                for m in bm.get("models") or []:
                    c = self.children.setdefault(
                        m["id"],
                        {"adapter": 0, "merge": 0, "quantized": 0, "finetune": 0},
                    )
                    if bm.get("relation") in c:
                        c[bm["relation"]] += 1

    def dirty(self, kind):
        for k in [k for k in self.order_cache if k[0] == kind]:
            del self.order_cache[k]

    def order(self, kind: str, sort: str, desc: bool, flt: tuple):
        """Records in API order: sort key (nulls last), ties by _id ascending, plus the key column for bisecting."""
        key = (kind, sort, desc, flt)
        with self.lock:
            hit = self.order_cache.get(key)
            if hit is None:
                rows = [r for r in self.recs[kind].values() if self._match(r, flt)]
                some = [r for r in rows if r.get(sort) is not None]
                none = sorted(
                    (r for r in rows if r.get(sort) is None), key=lambda r: r["_id"]
                )
                some.sort(key=lambda r: r["_id"])
                some.sort(
                    key=lambda r: r[sort], reverse=desc
                )  # stable: ties stay in _id order
                hit = self.order_cache[key] = some + none
                if len(self.order_cache) > 64:
                    self.order_cache.pop(next(iter(self.order_cache)))
            return hit

    @staticmethod
    def _match(r, flt):
        if r.get("private"):
            return False
        for name, val in flt:
            if name == "filter" and val not in r.get("tags", ()):
                return False
            if name == "author" and r.get("author") != val:
                return False
            if name == "search" and val.lower() not in r["id"].lower():
                return False
            if name == "pipeline_tag" and r.get("pipeline_tag") != val:
                return False
            if name == "gated" and bool(r.get("gated")) != (
                val.lower() in ("1", "true")
            ):
                return False
        return True

    def start_index(self, rows, sort, desc, cursor):
        (a,) = [x for x in cursor["$or"] if "_id" in x]
        last_id, v = a["_id"]["$gt"], a.get(sort)
        sgn = -1 if desc else 1

        class K:  # compares (key, _id) in list order
            __slots__ = ("r",)

            def __init__(self, r):
                self.r = r

            def t(self):
                k = self.r.get(sort)
                return (1, 0, self.r["_id"]) if k is None else (0, k, self.r["_id"])

            def __lt__(self, o):
                x, y = self.t(), o.t()
                if x[0] != y[0]:
                    return x[0] < y[0]
                if x[1] != y[1]:
                    return x[1] < y[1] if sgn == 1 else x[1] > y[1]
                return x[2] < y[2]

        return bisect.bisect_right(_Lazy(rows, K), K({sort: v, "_id": last_id}))

    def encode(self, rec, kind, fields: tuple) -> bytes:
        key = (kind, rec["id"], fields)
        b = self.bytes_cache.get(key)
        if b is None:
            out = {"_id": rec["_id"], "id": rec["id"]}
            for f in fields:
                if f == "childrenModelCount":
                    out[f] = self.children.get(
                        rec["id"],
                        {"adapter": 0, "merge": 0, "quantized": 0, "finetune": 0},
                    )
                elif f in rec:
                    out[f] = rec[f]
            if (
                kind == "models"
                and "modelId" in rec
                and ("likes" in fields and "tags" in fields)
            ):
                out["modelId"] = rec["modelId"]
            b = self.bytes_cache[key] = json.dumps(
                out, separators=(",", ":"), ensure_ascii=False
            ).encode()
        return b


class _Lazy:
    def __init__(self, rows, k):
        self.rows, self.k = rows, k

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.k(self.rows[i])


def cursor_for(rec, sort, desc) -> str:
    v = rec.get(sort)
    alt = [{sort: v, "_id": {"$gt": rec["_id"]}}]
    if v is not None:
        alt += [{sort: {"$lt" if desc else "$gt": v}}, {sort: None}]
    return base64.b64encode(
        json.dumps({"$or": alt}, separators=(",", ":")).encode()
    ).decode()


# --------------------------------------------------------------------------- faults


class Faults:
    def __init__(self, rules=(), seed=1):
        self.lock = threading.Lock()
        self.set(rules, seed)

    def set(self, rules, seed=1):
        with self.lock:
            self.rules = [
                dict(r, _re=re.compile(r.get("match", "")), _n=0, _hits=0)
                for r in rules
            ]
            self.rnd = random.Random(seed)

    def pick(self, line: str):
        with self.lock:
            for r in self.rules:
                if not r["_re"].search(line):
                    continue
                r["_n"] += 1
                n = r["_n"]
                if "times" in r and r["_hits"] >= r["times"]:
                    continue
                if "on" in r:
                    fire = n in r["on"]
                elif "every" in r:
                    fire = n % r["every"] == 0
                elif "p" in r:
                    fire = self.rnd.random() < r["p"]
                else:
                    fire = n > r.get("after", 0)
                if fire:
                    r["_hits"] += 1
                    return r
        return None


# --------------------------------------------------------------------------- server


class Hub(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def __init__(
        self,
        addr,
        cat: Catalogue,
        faults: Faults,
        *,
        quota=None,
        window=300,
        latency=0.0,
        gz=False,
        resolve_cache=False,
        tokens=(),
        link_base=None,
        log=None,
        page_max=PAGE_MAX,
    ):
        self.cat, self.faults = cat, faults
        self.quota, self.window, self.latency, self.gz = quota, window, latency, gz
        self.resolve_cache, self.tokens, self.link_base, self.page_max = (
            resolve_cache,
            set(tokens),
            link_base,
            page_max,
        )
        self.stats_lock = threading.Lock()
        self.logf = open(log, "a", buffering=1) if log else None
        self.reset()
        super().__init__(addr, Handler)

    def reset(self):
        with getattr(self, "stats_lock", threading.Lock()):
            self.stats = {
                "requests": 0,
                "bytes": 0,
                "by_status": {},
                "by_route": {},
                "faults": {},
                "auth_seen": 0,
                "user_agents": {},
            }
            self.win_start, self.win_used = time.time(), 0
            self.seen = []

    def spend(self):
        with self.stats_lock:
            now = time.time()
            if now - self.win_start >= self.window:
                self.win_start, self.win_used = now, 0
            self.win_used += 1
            left = (self.quota or 500) - self.win_used
            return (
                max(0, left),
                max(0, int(self.window - (now - self.win_start) + 0.999)),
                bool(self.quota) and left < 0,
            )

    def handle_error(self, request, client_address):
        if not isinstance(
            sys.exc_info()[1], (ConnectionError, BrokenPipeError, socket.timeout)
        ):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: Hub

    def log_message(self, *a):
        pass

    def do_GET(self):
        self.route("GET")

    def do_HEAD(self):
        self.route("HEAD")

    def do_POST(self):
        n = int(self.headers.get("Content-Length") or 0)
        self.body_in = self.rfile.read(n)
        self.route("POST")

    # ---- plumbing
    def route(self, method):
        self.method, self.fault, self.note = method, None, {}
        u = urlsplit(self.path)
        self.upath, self.query = (
            unquote(u.path),
            parse_qsl(u.query, keep_blank_values=True),
        )
        if self.upath.startswith("/__"):
            return self.control()
        self.rl = self.server.spend()
        self.fault = self.server.faults.pick(f"{method} {self.path}")
        if self.server.latency:
            time.sleep(self.server.latency)
        if self.rl[2]:
            return self.too_many(self.rl[1])
        f = self.fault
        if f:
            do = f["do"]
            with self.server.stats_lock:
                self.server.stats["faults"][do] = (
                    self.server.stats["faults"].get(do, 0) + 1
                )
            if do == "reset":
                return self.rst()
            if do == "hang":
                time.sleep(f.get("seconds", 3600))
                return self.rst()
            if do == "slow":
                time.sleep(f.get("seconds", 1.0))
            if do == "status":
                hs = {k: str(v) for k, v in f.get("headers", {}).items()}
                return self.send(
                    f["status"],
                    f.get(
                        "text",
                        json.dumps({"error": f.get("error", "Service unavailable")}),
                    ).encode(),
                    hs,
                )
            if do == "ratelimit":
                return self.too_many(
                    f.get("t", 1), f.get("retry_after"), f.get("ratelimit_header", True)
                )
            if do == "html":
                return self.send(
                    f.get("status", 200),
                    b"<html><body>Bad gateway</body></html>",
                    {"Content-Type": "text/html"},
                )
            if do == "empty":
                return self.send(200, b"")
            if do == "body":
                return self.send(f.get("status", 200), f["text"].encode())
        try:
            self.dispatch()
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True

    def rst(self):
        try:  # SO_LINGER 0 turns close() into a TCP reset
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self.connection.close()
        except OSError:
            pass
        self.count(0, 0)
        self.close_connection = True

    def too_many(self, t, retry_after=None, header=True):
        hs = {}
        if header:
            q = self.server.quota or 500
            hs = {
                "RateLimit": f'"api";r=0;t={int(t)}',
                "RateLimit-Policy": f'"fixed window";"api";q={q};w={self.server.window}',
            }
        if retry_after is not None:
            hs["Retry-After"] = str(retry_after)
        return self.send(
            429,
            b'{"error":"We had to rate limit your IP. To continue using our service, create a HF account or login."}',
            hs,
        )

    def count(self, status, nbytes):
        s = self.server
        with s.stats_lock:
            st = s.stats
            st["requests"] += 1
            st["bytes"] += nbytes
            st["by_status"][str(status)] = st["by_status"].get(str(status), 0) + 1
            r = (
                "/".join(self.upath.split("/")[:3])
                if self.upath.startswith("/api/")
                else (
                    "resolve"
                    if "/resolve/" in self.upath
                    else "raw"
                    if "/raw/" in self.upath
                    else self.upath
                )
            )
            st["by_route"][f"{self.method} {r}"] = (
                st["by_route"].get(f"{self.method} {r}", 0) + 1
            )
            if self.headers.get("Authorization"):
                st["auth_seen"] += 1
            ua = self.headers.get("User-Agent", "")
            st["user_agents"][ua] = st["user_agents"].get(ua, 0) + 1
            s.seen.append((self.method, self.path, status))
            del s.seen[:-2000]
        if s.logf:
            s.logf.write(
                json.dumps(
                    {
                        "t": round(time.time(), 3),
                        "m": self.method,
                        "p": self.path,
                        "s": status,
                        "n": nbytes,
                        "auth": bool(self.headers.get("Authorization")),
                        "fault": self.fault and self.fault["do"],
                    }
                )
                + "\n"
            )

    def send(
        self,
        status,
        body=b"",
        headers=None,
        ctype="application/json; charset=utf-8",
        etag=None,
    ):
        f, do = self.fault, self.fault and self.fault["do"]
        headers = dict(headers or {})
        if do == "invalid_json" and status == 200:
            body = body[: int(len(body) * f.get("at", 0.7))] + b'"oops'
        if do == "bad_utf8" and status == 200:
            body = body[:-2] + b"\xff\xfe" + body[-2:]
        if (
            self.server.gz
            and len(body) > 500
            and "gzip" in self.headers.get("Accept-Encoding", "")
        ):
            body = gzip.compress(body, 4)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        self.send_header("Content-Type", headers.pop("Content-Type", ctype))
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "X-Request-Id",
            "Root=1-" + hashlib.md5(f"{time.time()}{self.path}".encode()).hexdigest(),
        )
        if "RateLimit" not in headers and status != 429:
            q = self.server.quota or 500
            self.send_header("RateLimit", f'"api";r={self.rl[0]};t={self.rl[1]}')
            self.send_header(
                "RateLimit-Policy", f'"fixed window";"api";q={q};w={self.server.window}'
            )
        for k, v in headers.items():
            self.send_header(k, v)
        if do in ("truncate", "reset_mid"):
            self.send_header("Connection", "close")
        self.end_headers()
        n = len(body)
        if do != "reset_mid":
            # before the last byte: a client that has it may look at the counts at once
            self.count(status, int(n * f.get("at", 0.5)) if do == "truncate" else n)
        if self.method != "HEAD":
            if do in ("truncate", "reset_mid"):
                n = int(len(body) * f.get("at", 0.5))
                self.wfile.write(body[:n])
                self.wfile.flush()
                if do == "reset_mid":
                    time.sleep(0.05)
                    return self.rst()
                self.close_connection = True
            elif do == "slow" and f.get("chunks"):
                step = max(1, len(body) // f["chunks"])
                for i in range(0, len(body), step):
                    self.wfile.write(body[i : i + step])
                    self.wfile.flush()
                    time.sleep(f.get("chunk_seconds", 0.2))
            else:
                self.wfile.write(body)
        self.wfile.flush()

    def err(self, status, message, code=None, extra=None):
        h = {"X-Error-Message": message, **(extra or {})}
        if code:
            h["X-Error-Code"] = code
        self.send(status, json.dumps({"error": message}).encode(), h)

    def authed(self):
        a = self.headers.get("Authorization", "")
        return a.startswith("Bearer ") and (
            not self.server.tokens or a[7:] in self.server.tokens
        )

    def missing(self):
        if self.headers.get("Authorization") and not self.authed():
            return self.err(401, "Invalid credentials in Authorization header")
        if self.authed():
            return self.err(404, "Repository not found", "RepoNotFound")
        return self.err(401, "Invalid username or password.")

    # ---- routes
    def dispatch(self):
        p = self.upath.strip("/").split("/")
        if p[0] == "api" and len(p) >= 2 and p[1] in KINDS:
            if len(p) == 2:
                return self.listing(p[1])
            return self.info(p[1], p[2:])
        if p[0] == "api" and len(p) == 4 and p[1] in OWNER_ROUTES:
            if p[3] == "overview":
                return self.overview(p[1], p[2])
        if p[:3] == ["api", "resolve-cache", "models"] or p[:3] == [
            "api",
            "resolve-cache",
            "datasets",
        ]:
            return self.file(p[2], "/".join(p[3:5]), p[6:], final=True)
        kind = "models"
        if p[0] in ("datasets", "spaces"):
            kind, p = p[0], p[1:]
        for verb in ("resolve", "raw"):
            if verb in p:
                i = p.index(verb)
                return self.file(
                    kind,
                    "/".join(p[:i]),
                    p[i + 2 :],
                    rev=p[i + 1] if len(p) > i + 1 else "main",
                    verb=verb,
                )
        return self.err(404, "Sorry, we can't find the page you are looking for.")

    def overview(self, route, name):
        if self.headers.get("Authorization") and not self.authed():
            return self.err(401, "Invalid credentials in Authorization header")
        cat = self.server.cat
        with cat.lock:
            to = cat.redirects.get(route, {}).get(name)
            owner = cat.owners.get(name.lower())
        if owner is not None and owner["kind"] == route and owner["name"] != name:
            to = to or owner["name"]
        if to:
            return self.send(307, b"", {"Location": f"/api/{route}/{to}/overview"})
        if owner is None or owner["kind"] != route:
            what = "organization" if route == "organizations" else "user"
            return self.err(404, f"This {what} does not exist")
        out = {
            key: value for key, value in owner.items() if key not in ("kind", "name")
        }
        out["name" if route == "organizations" else "user"] = owner["name"]
        self.send(200, json.dumps(out).encode())

    def expands(self):
        return [
            v
            for k, vs in self.query
            for v in vs.split(",")
            if k in ("expand", "expand[]")
        ]

    def fields(self, kind, detail):
        ex = self.expands()
        if ex:
            ok = EXPAND[kind] + (DETAIL_ONLY[kind] if detail else [])
            bad = [e for e in ex if e not in ok]
            if bad:
                opts = " | ".join(f'"{o}"' for o in ok)
                self.err(
                    400,
                    f'"expand[{ex.index(bad[0])}]": Invalid option: expected one of {opts}',
                )
                return None
            return tuple(dict.fromkeys(ex))
        q = dict(self.query)
        if detail:
            return tuple(INFO_DEFAULT[kind])
        out = list(LIST_DEFAULT[kind])
        if q.get("full", "").lower() in ("1", "true"):
            out += FULL_EXTRA[kind]
        if q.get("cardData", "").lower() in ("1", "true"):
            out.append("cardData")
        if q.get("config", "").lower() in ("1", "true"):
            out.append("config")
        return tuple(out)

    def listing(self, kind):
        if self.headers.get("Authorization") and not self.authed():
            return self.err(401, "Invalid credentials in Authorization header")
        q = dict(self.query)
        fields = self.fields(kind, False)
        if fields is None:
            return
        sort = q.get("sort", "trendingScore")
        if sort not in SORTS[kind]:
            return self.err(400, f'"sort": Invalid option: {sort}')
        desc = q.get("direction", "-1") != "1"
        flt = tuple(
            (k, v)
            for k, v in self.query
            if k in ("filter", "author", "search", "pipeline_tag", "gated")
        )
        try:
            limit = min(
                self.server.page_max, max(1, int(q.get("limit", self.server.page_max)))
            )
        except ValueError:
            return self.err(
                400, '"limit": Invalid input: expected number, received NaN'
            )
        rows = self.server.cat.order(kind, sort, desc, flt)
        start = int(q.get("skip", 0) or 0)
        if "cursor" in q:
            try:
                start = self.server.cat.start_index(
                    rows, sort, desc, json.loads(base64.b64decode(q["cursor"]))
                )
            except Exception:
                return self.err(400, "Invalid cursor")
        do = self.fault and self.fault["do"]
        if do == "dup_page":
            start = max(0, start - limit // 2)
        page = rows[start : start + limit]
        last = page[-1] if page else None
        if do == "short_page":
            page = page[: len(page) // 2]
        body = (
            b"["
            + b",".join(self.server.cat.encode(r, kind, fields) for r in page)
            + b"]"
        )
        hs = {}
        if last is not None and start + limit < len(rows) and do != "drop_next":
            params = [(k, v) for k, v in self.query if k not in ("cursor", "skip")]
            cur = cursor_for(last, sort, desc)
            if do == "loop_next":  # this page again
                cur = q.get("cursor")
            if do == "back_next":  # the first page
                cur = None
            base = self.server.link_base or f"http://{self.headers.get('Host')}"
            if do == "foreign_next":
                base = self.fault["base"]
            hs["Link"] = (
                f"<{base}/api/{kind}?"
                f'{urlencode(params + [("cursor", cur)] * (cur is not None))}>; rel="next"'
            )
        self.send(200, body, hs)

    def locate(self, kind, rid):
        """(record, None) or (None, canonical id to redirect to) or (None, None)."""
        cat = self.server.cat
        with cat.lock:
            r = cat.recs[kind].get(rid)
            if r is not None:
                return r, None
            to = cat.redirects[kind].get(rid) or cat.lower[kind].get(rid.lower())
            return None, to

    def info(self, kind, rest):
        rev = None
        if "revision" in rest:
            i = rest.index("revision")
            rest, rev = rest[:i], "/".join(rest[i + 1 :])
        rid = "/".join(rest[:2])
        r, to = self.locate(kind, rid)
        if to:
            new = f"/api/{kind}/{to}" + (
                f"/revision/{quote(rev, safe='')}" if rev else ""
            )
            qs = urlsplit(self.path).query
            return self.send(
                307,
                f"Temporary Redirect. Redirecting to {new}".encode(),
                {
                    "Location": new + ("?" + qs if qs else ""),
                    "Content-Type": "text/plain",
                },
            )
        if r is None or (r.get("private") and not self.authed()):
            return self.missing()
        if rev not in (None, "main", r["sha"]):
            return self.err(404, f"Invalid rev id: {rev}", "RevisionNotFound")
        fields = self.fields(kind, True)
        if fields is None:
            return
        body = self.server.cat.encode(r, kind, fields)
        if "siblings" in fields and ("blobs", "true") not in self.query:
            out = json.loads(body)
            for item in out.get("siblings") or []:
                item.pop("lfs", None)
            body = json.dumps(out).encode()
        self.send(200, body)

    def file(self, kind, rid, path, rev="main", verb="resolve", final=False):
        r, to = self.locate(kind, rid)
        pre = "" if kind == "models" else f"/{kind}"
        if to:
            return self.send(
                307, b"", {"Location": f"{pre}/{to}/{verb}/{rev}/{'/'.join(path)}"}
            )
        if r is None or (r.get("private") and not self.authed()):
            return self.missing()
        if rev not in ("main", r["sha"]):
            return self.err(404, f"Invalid rev id: {rev}", "RevisionNotFound")
        name = "/".join(path)
        if r.get("disabled"):
            return self.err(403, "Access to this resource is disabled.")
        if (
            r.get("gated")
            and (name != "README.md" or r.get("_gate_card"))
            and not (self.authed() and r.get("_granted"))
        ):
            if self.authed():
                return self.err(
                    403,
                    f"Access to {kind[:-1]} {rid} is restricted and you are not in the authorized list.",
                    "GatedRepo",
                )
            return self.err(
                401,
                f"Access to {kind[:-1]} {rid} is restricted. You must have access to it and be authenticated to access it.",
                "GatedRepo",
            )
        if name != "README.md" or r.get("_readme") is None:
            return self.err(404, "Entry not found", "EntryNotFound")
        body = r["_readme"]
        body = (
            base64.b64decode(body["b64"])
            if isinstance(body, dict)
            else body.encode("utf-8", "surrogateescape")
        )
        if verb == "resolve" and self.server.resolve_cache and not final:
            return self.send(
                307,
                b"",
                {
                    "Location": f"/api/resolve-cache/{kind}/{rid}/{r['sha']}/{name}",
                    "X-Repo-Commit": r["sha"],
                    "X-Linked-Size": str(len(body)),
                    "ETag": '"' + hashlib.sha1(body).hexdigest() + '"',
                    "Accept-Ranges": "bytes",
                },
            )
        self.send(
            200,
            body,
            {
                "X-Repo-Commit": r["sha"],
                "ETag": '"' + hashlib.sha1(body).hexdigest() + '"',
                "Accept-Ranges": "bytes",
                "Content-Disposition": 'inline; filename="README.md"',
            },
            ctype="text/plain; charset=utf-8",
        )

    # ---- control
    def control(self):
        self.rl = (499, 300, False)
        s = self.server
        p = self.upath
        out: object = {"ok": True}
        if p == "/__stats":
            with s.stats_lock:
                out = dict(s.stats, window_used=s.win_used, last=s.seen[-40:])
        elif p == "/__faults":
            j = json.loads(self.body_in or b"[]")
            s.faults.set(
                j if isinstance(j, list) else j["rules"],
                1 if isinstance(j, list) else j.get("seed", 1),
            )
        elif p == "/__reset":
            s.reset()
        elif (
            p == "/__mutate"
        ):  # {"kind","id","set":{..}} | {"delete":true} | {"rename":"new/id"} | {"add":{record}}
            j = json.loads(self.body_in)
            kind, cat = j.get("kind", "models"), s.cat
            with cat.lock:
                if "add" in j:
                    cat.add(j["add"])
                else:
                    r = cat.recs[kind][j["id"]]
                    for k in [k for k in cat.bytes_cache if k[1] == j["id"]]:
                        del cat.bytes_cache[k]
                    if j.get("delete"):
                        del cat.recs[kind][j["id"]]
                        cat.lower[kind].pop(j["id"].lower(), None)
                    elif "rename" in j:
                        del cat.recs[kind][j["id"]]
                        r = dict(r, id=j["rename"], author=j["rename"].split("/")[0])
                        cat.redirects[kind][j["id"]] = j["rename"]
                        cat.add(r)
                    else:
                        r.update(j["set"])
                cat.dirty(kind)
        body = json.dumps(out).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def build(args) -> Hub:
    cat = Catalogue()
    for path in args.data or []:
        with open(path, encoding="utf-8") as fh:
            for line in fh:
                if line.strip():
                    cat.add(json.loads(line))
    for rec in synth(
        args.synth_models,
        args.synth_datasets,
        args.synth_spaces,
        args.seed,
        args.dirt,
        args.card_extra,
    ):
        cat.add(rec)
    rules, seed = [], 1
    if args.faults:
        j = (
            json.load(open(args.faults))
            if not args.faults.lstrip().startswith(("[", "{"))
            else json.loads(args.faults)
        )
        rules, seed = (j, 1) if isinstance(j, list) else (j["rules"], j.get("seed", 1))
    return Hub(
        ("127.0.0.1", args.port),
        cat,
        Faults(rules, seed),
        quota=args.quota,
        window=args.window,
        latency=args.latency,
        gz=args.gzip,
        resolve_cache=args.resolve_cache,
        tokens=args.token or (),
        link_base=args.link_base,
        log=args.log,
        page_max=args.page_max,
    )


def main(argv=None):
    ap = argparse.ArgumentParser(description="fake Hugging Face Hub on the loopback")
    ap.add_argument("--port", type=int, default=0)
    ap.add_argument("--port-file")
    ap.add_argument(
        "--data", action="append", help="JSON-lines of records (kind, _id, id, ...)"
    )
    ap.add_argument(
        "--dump", help="write the catalogue as JSON-lines to this file and exit"
    )
    ap.add_argument("--synth-models", type=int, default=0)
    ap.add_argument("--synth-datasets", type=int, default=0)
    ap.add_argument("--synth-spaces", type=int, default=0)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--dirt", type=float, default=0.02)
    ap.add_argument("--card-extra", type=int, default=350)
    ap.add_argument("--faults", help="file or inline JSON")
    ap.add_argument(
        "--quota", type=int, help="requests a window before 429 (real: 500 anonymous)"
    )
    ap.add_argument("--window", type=int, default=300)
    ap.add_argument("--latency", type=float, default=0.0)
    ap.add_argument("--page-max", type=int, default=PAGE_MAX)
    ap.add_argument("--gzip", action="store_true")
    ap.add_argument(
        "--resolve-cache",
        action="store_true",
        help="README via the 307 the real Hub uses",
    )
    ap.add_argument(
        "--token", action="append", help="tokens taken as valid (default: any)"
    )
    ap.add_argument(
        "--link-base",
        help="origin to put in Link (the real Hub always says https://huggingface.co)",
    )
    ap.add_argument("--log")
    args = ap.parse_args(argv)
    if args.dump:
        with open(args.dump, "w", encoding="utf-8") as fh:
            for rec in synth(
                args.synth_models,
                args.synth_datasets,
                args.synth_spaces,
                args.seed,
                args.dirt,
                args.card_extra,
            ):
                fh.write(json.dumps(rec, ensure_ascii=False) + "\n")
        return
    hub = build(args)
    port = hub.server_address[1]
    if args.port_file:
        with open(args.port_file, "w") as fh:
            fh.write(str(port))
    print(
        f"fakehub http://127.0.0.1:{port} models={len(hub.cat.recs['models'])} datasets={len(hub.cat.recs['datasets'])} spaces={len(hub.cat.recs['spaces'])}",
        flush=True,
    )
    try:
        hub.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
