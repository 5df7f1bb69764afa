"""What changed between two worlds, in plain Python, from what was drawn."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from headwater.graph.claims import Alias, Claim, ClaimBatch, Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE, RELATIONS
from tests.drawing import DAY, publish

Edge = tuple[str, str]
LICENCES = ("mit", "apache-2.0", "absent", None)
STATES = ("present", "present", "gated", "disabled", "gone")
RELATION_NAMES = ("finetune", "adapter", "quantized", "merge", "distilled_from")


@dataclass(frozen=True)
class Drawn:
    """A record as it was drawn."""

    hub: str | None
    state: str = "present"
    licence: str | None = None


@dataclass
class World:
    """Records by name, edges with their relation, other names."""

    records: dict[str, Drawn] = field(default_factory=dict)
    edges: dict[Edge, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {*self.records, *(name for edge in self.edges for name in edge)}

    def hub(self, name: str) -> str | None:
        return self.records[name].hub if name in self.records else None

    def publish(self, path: Path) -> LineageGraph:
        batch = ClaimBatch()
        for name, drawn in self.records.items():
            absent = ("licence",) if drawn.licence == "absent" else ()
            batch.records.append(
                Record(
                    name, "model", "hub", f"https://hub/{name}", DAY, hub_id=drawn.hub,
                    state=drawn.state, absent=absent,
                    licence=None if absent else drawn.licence,
                )
            )  # fmt: skip
        for (child, parent), relation in self.edges.items():
            batch.claims.append(
                Claim(
                    child, "model", parent, "model", relation, "hub:baseModels",
                    f"https://hub/{child}", DAY, DAY,
                )
            )  # fmt: skip
        for alias, name in self.aliases.items():
            batch.aliases.append(
                Alias(alias, name, "rename", "hub", f"https://hub/{name}", DAY)
            )
        return publish(path, batch)


def draw_world(rng: random.Random, *, renames: bool = True) -> World:
    """Draw some of seven artefacts, under their own names or those of others."""
    world = World()
    names = [f"o/m{number}" for number in range(9)]
    if renames and rng.random() < 0.5:
        first, second = rng.sample(range(7), 2)
        names[first], names[second] = names[second], names[first]
    if renames and rng.random() < 0.5:
        names[rng.randrange(7)] = f"o/n{rng.randrange(7)}"
    for number in range(7):
        if rng.random() < 0.75:
            hub = None if rng.random() < 0.25 else f"hub-{number}"
            world.records[names[number]] = Drawn(
                hub, rng.choice(STATES), rng.choice(LICENCES)
            )
    for child in list(world.records):
        for parent in rng.sample(names, rng.randrange(3)):
            if parent != child:
                world.edges[child, parent] = rng.choice(RELATION_NAMES)
    return world


def expected_diff(old: World, new: World) -> dict[str, set[tuple[str | None, ...]]]:
    """Return the changes of each kind, found by looking at everything."""
    partner, entity = match(old, new)
    back = {after: before for before, after in partner.items()}
    found: dict[str, set[tuple[str | None, ...]]] = defaultdict(set)
    replaced = {
        name for name in old.names & new.names
        if old.hub(name) and new.hub(name) and old.hub(name) != new.hub(name)
    }  # fmt: skip
    found["replaced"] = {(name, name) for name in replaced}
    for before, after in partner.items():
        if before != after:
            found["renamed"].add((before, after))
        compare_records(old, new, before, after, found)
    known = set(entity[0].values())
    for name in new.names - set(back) - replaced:
        if entity[1][name] not in known:
            found["came"].add((name,))
    for name in old.names - set(partner) - replaced:
        if entity[0][name].startswith("old:"):
            found["not_seen" if name in old.records else "unnamed"].add((name,))
    compare_edges(old, new, partner, entity, found)
    return found


def match(
    old: World, new: World
) -> tuple[dict[str, str], tuple[dict[str, str], dict[str, str]]]:
    """Return one-to-one pairs, and the entity of every name of both worlds."""
    partner: dict[str, str] = {}
    for name in old.names & new.names:
        if old.hub(name) == new.hub(name):
            partner[name] = name
    by_hub = {new.hub(name): name for name in new.names if new.hub(name)}
    for name in old.names - set(partner):
        other = by_hub.get(old.hub(name)) if old.hub(name) else None
        if other and other not in partner.values():
            partner[name] = other
    joined: dict[str, str] = {}
    split: dict[str, str] = {}
    settled, taken = dict(partner), set(partner.values())
    for name in old.names & new.names:
        if old.hub(name) and new.hub(name):
            continue
        if name not in settled and name not in taken:
            partner[name] = name
        elif name not in settled:
            joined[name] = name
        elif name not in taken:
            split[name] = settled[name]
    before = {
        name: partner.get(name) or joined.get(name) or f"old:{name}"
        for name in old.names
    }
    return partner, (before, {name: split.get(name, name) for name in new.names})


def compare_records(
    old: World,
    new: World,
    before: str,
    after: str,
    found: dict[str, set[tuple[str | None, ...]]],
) -> None:
    was, now = old.records.get(before), new.records.get(after)
    if was is not None and now is None:
        found["not_seen"].add((before,))
        return
    states = [drawn.state if drawn else "unknown" for drawn in (was, now)]
    if states[0] != states[1]:
        kind = "deleted" if states[1] == "gone" else "state"
        found[kind].add((after, *states))
    if was is None or now is None:
        return
    lacking = {"absent": "none", None: "unknown"}
    licences = [lacking.get(item.licence, item.licence) for item in (was, now)]
    declared = [word not in ("none", "unknown") for word in licences]
    if any(declared) and licences[0] != licences[1]:
        found["licence"].add((after, *licences))


def compare_edges(
    old: World,
    new: World,
    partner: dict[str, str],
    entity: tuple[dict[str, str], dict[str, str]],
    found: dict[str, set[tuple[str | None, ...]]],
) -> None:
    sides: list[dict[Edge, tuple[str, str, str]]] = []
    for world, names in zip((old, new), entity, strict=True):
        own: dict[Edge, tuple[str, str, str]] = {}
        for (child, parent), relation in world.edges.items():
            key = names[child], names[parent]
            row = child, parent, relation
            rank = RELATION_CODE[relation]
            if key[0] != key[1] and (
                key not in own or rank < RELATION_CODE[own[key][2]]
            ):
                own[key] = row
        sides.append(own)
    stays = {
        after for before, after in partner.items()
        if (before in old.records) == (after in new.records)
    }  # fmt: skip
    lost = {key: sides[0][key] for key in sides[0].keys() - sides[1].keys()}
    gained = {key: sides[1][key] for key in sides[1].keys() - sides[0].keys()}
    for key in sides[0].keys() & sides[1].keys():
        words = sides[0][key][2], sides[1][key][2]
        if words[0] != words[1]:
            found["relation"].add((*sides[1][key][:2], *words))
    slots: list[dict[tuple[str, str], list[Edge]]] = []
    for side in (lost, gained):
        by_slot = defaultdict(list)
        for key, row in side.items():
            if key[0] in stays:
                by_slot[key[0], RELATIONS[RELATION_CODE[row[2]]].flow].append(key)
        slots.append(by_slot)
    for slot, keys in slots[0].items():
        others = slots[1].get(slot, [])
        if len(keys) == len(others) == 1:
            was, now = lost.pop(keys[0]), gained.pop(others[0])
            found["parent"].add((now[0], f"{was[2]} {was[1]}", f"{now[2]} {now[1]}"))
    for kind, side in (("edge_went", lost), ("edge_came", gained)):
        for key, row in side.items():
            found[kind].add((*row, "claims" if key[0] in stays else "child"))
