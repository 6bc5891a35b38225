"""Small random graphs in the words of the schema, and parameters drawn from them for any query of the library."""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from graph_service.graph import keys
from graph_service.graph.library import CYPHER, Param, Query
from tests.cypher.stage import Stage

SCHEMA: dict[str, dict[str, Any]] = yaml.safe_load((CYPHER / "schema.yaml").read_text(encoding="utf-8"))
CONTROL = {"Tenant", "ApiKey", "Control"}
LABELS = {label: kind["properties"] for label, kind in SCHEMA["labels"].items() if label not in CONTROL}
NATURAL = {"source", "record_id", "kind", "scope", "value"}  # parts of a key that a world outside chose
SINGLE = {"DESCRIBES", "STARTS_WITH", "ENDS_WITH", "NEXT", "ENDED_IN", "DURING", "UNDER"}  # one at most from a node
FORWARD = {"NEXT"}  # an edge that never leads back, so that a walk ends
WORDS = ("ann", "o'neil", "zoë", "a/b", "50%", "", "henderson", "14 elm st||dallas|tx|75209")


def _moment(dice: random.Random) -> str:
    return f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T12:00:00Z"


MADE: dict[str, Callable[[random.Random], Any]] = {
    "source": lambda dice: dice.choice(["crm", "crm-2", "web"]),
    "record_id": lambda dice: str(dice.randrange(20)),
    "kind": lambda dice: dice.choice(["email", "phone", "address", "cookie_id", "anonymous"]),
    "scope": lambda dice: dice.choice(["", "", "web"]),
    "version": lambda dice: dice.randint(1, 3),
    "records": lambda dice: dice.randint(0, 3),
    "persons": lambda dice: dice.randint(0, 3),
    "confidence": lambda dice: dice.choice([0.25, 0.5, 0.5, 1.0]),
    "strength": lambda dice: dice.choice([0.25, 0.5, 0.5, 1.0]),
    "probability": lambda dice: dice.choice([0.1, 0.5, 0.5, 0.99]),
    "weight": lambda dice: dice.choice([-3.5, 0.0, 0.0, 12.25]),
    "current": lambda dice: dice.random() < 0.5,
    "blocks": lambda dice: ["family", "given"],
    "also": lambda dice: dice.sample(["p1", "p2", "p3"], dice.randint(1, 2)),
    "others": lambda dice: dice.sample(["p1", "p2", "p3"], dice.randint(1, 2)),
    "lost": lambda dice: dice.sample(["acme/email//a", "acme/email//b", "acme/phone//1"], dice.randint(1, 2)),
    "job": lambda dice: dice.choice(["ingest", "match", "match"]),
    "state": lambda dice: dice.choice(["running", "done", "done", "failed"]),
    "at": lambda dice: dice.choice([1767225600000, 1767312000000, 1767312000000, 1767830400000]),
    "channel": lambda dice: dice.choice(["door_knock", "mail", "web", "call"]),
    "direction": lambda dice: dice.choice(["outbound", "inbound"]),
    "aliases": lambda dice: dice.sample(["door", "phone", "flyer"], dice.randint(1, 2)),
    "outcome": lambda dice: dice.choice(["converted", "null"]),
    "anonymous": lambda dice: dice.random() < 0.2,
    "touches": lambda dice: dice.randint(0, 3),
    "threaded": lambda dice: dice.randint(1, 3),
    "value_usd": lambda dice: dice.choice([0.0, 8500.0, 8500.0, 14250.5]),
    "progress": lambda dice: dice.choice([0.0, 0.5, 1.0]),
    "method": lambda dice: dice.choice(["markov", "linear"]),
    "moe_usd": lambda dice: dice.choice([0.0, 12000.0]),
    "sii": lambda dice: dice.choice([0.0, 35.0, 80.5]),
    "magnitude": lambda dice: dice.choice([0.75, 1.75]),
    "latitude": lambda dice: dice.choice([32.75, 32.8]),
    "longitude": lambda dice: dice.choice([-97.25, -97.3]),
    "stage": lambda dice: dice.choice(["ingest", "match"]),
    "since": _moment,
    "until": _moment,
    "window_end": _moment,
    "last_seen": _moment,
    "from": lambda dice: _moment(dice)[:10],
    "to": lambda dice: _moment(dice)[:10],
}


@dataclass
class Graph:
    """Rows ready to be written: nodes by label, edges by type and the labels at their ends."""

    tenant: str
    nodes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)


def drawn(tenant: str, seed: int, *, most: int = 5) -> Graph:
    """The random graph of a seed: the same whoever holds it, up to the tenant in its keys."""
    dice = random.Random(seed)
    graph = Graph(tenant)
    for label, properties in LABELS.items():
        made = (_node(dice, tenant, label, properties) for _ in range(dice.randint(1, most)))
        graph.nodes[label] = list({node["key"]: node for node in made}.values())
    for kind, declared in SCHEMA["edges"].items():
        for start in declared["from"].split("|"):
            for finish in declared["to"].split("|"):
                graph.edges[kind, start, finish] = _edges(dice, graph, (kind, start, finish))
    return graph


async def load(stage: Stage, graphs: Iterable[Graph]) -> None:
    """Write many graphs at once: one statement for each label and each type of edge."""
    nodes: dict[str, list[dict[str, Any]]] = {}
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for graph in graphs:
        for label, rows in graph.nodes.items():
            nodes.setdefault(label, []).extend(rows)
        for ends, rows in graph.edges.items():
            edges.setdefault(ends, []).extend(rows)
    for label, rows in nodes.items():
        await stage.ask(f"UNWIND $rows AS row CREATE (n:{label}) SET n = row", rows=rows)
    for (kind, start, finish), rows in edges.items():
        statement = (
            f"UNWIND $rows AS row MATCH (a:{start} {{key: row.start}}) MATCH (b:{finish} {{key: row.finish}}) "
            f"CREATE (a)-[e:{kind}]->(b) SET e = row.properties"
        )
        await stage.ask(statement, rows=rows)


def parameters(query: Query, graph: Graph, seed: int) -> dict[str, Any]:
    """Parameters for a query, most of them such that the graph has something to answer."""
    dice = random.Random(f"{query.name} {seed}")
    wanted = (param for param in query.params if param.name != "tenant" and param.type != "END")
    return {param.name: _parameter(dice, query, param, graph) for param in wanted}


def _parameter(dice: random.Random, query: Query, param: Param, graph: Graph) -> Any:
    if param.type == "KEY":
        return "" if param.default == "" and dice.random() < 0.6 else _own_id(dice, query, param, graph)
    if param.type == "KEYS":
        return [_own_id(dice, query, param, graph) for _ in range(dice.randint(1, 5))]
    if param.default is not None and dice.random() < 0.5:
        return param.default
    if param.type == "STRING":
        return _string(dice, param.name, graph)
    if param.type in {"STRINGS", "LIST"}:
        return [_string(dice, param.name.removesuffix("s"), graph) for _ in range(dice.randint(1, 3))]
    simple: dict[str, Callable[[], Any]] = {
        "INTEGER": lambda: dice.randint(1, 6),
        "FLOAT": lambda: dice.choice([0.0, 0.25, 0.5]),
        "BOOLEAN": lambda: dice.random() < 0.5,
        "MAP": dict,
    }
    return simple[param.type]()


def _own_id(dice: random.Random, query: Query, param: Param, graph: Graph) -> list[str]:
    """The own id of a node that the query asks for by this parameter, now and then of nobody."""
    if dice.random() < 0.1:
        return ["nobody"]
    sought = re.findall(rf":(\w+)\s*\{{\s*key:\s*\${param.name}\b", query.text) or re.findall(
        r"\(\w*:(\w+)", query.text
    )
    nodes = [node for label in sought for node in graph.nodes.get(label, [])]
    return keys.parts(dice.choice(nodes)["key"])[1:]


def _string(dice: random.Random, name: str, graph: Graph) -> str:
    held = [node.get(own) for nodes in graph.nodes.values() for node in nodes for own in (name, f"{name}_id")]
    values = {value for value in held if isinstance(value, str)}
    return dice.choice(sorted(values) or [_moment(dice) if name.endswith(("_at", "as_of")) else dice.choice(WORDS)])


def _node(dice: random.Random, tenant: str, label: str, properties: dict[str, str]) -> dict[str, Any]:
    own = properties["key"].rstrip(".").split("/")[1:]
    node = {name: _value(dice, name, own=name in own) for name in properties if name not in {"tenant", "key"}}
    if "feed" in node:  # a key of its own, by which changes are paged
        node["feed"] = keys.compose(tenant, f"{dice.randrange(10**9):012}")
    if "waiting" in node:  # and one by which rows that wait are
        node["waiting"] = keys.compose(tenant, [_moment(dice), f"{dice.randrange(10**9):012}"])
    kept = {name: value for name, value in node.items() if name in own or dice.random() < 0.8}
    return {**kept, "tenant": tenant, "key": keys.compose(tenant, [str(node[name]) for name in own])}


def _edges(dice: random.Random, graph: Graph, ends: tuple[str, str, str]) -> list[dict[str, Any]]:
    kind, start, finish = ends
    declared = SCHEMA["edges"][kind]["properties"]
    rows = []
    for node in graph.nodes[start]:
        ahead = [other for other in graph.nodes[finish] if kind not in FORWARD or other["key"] > node["key"]]
        others = dice.sample(ahead, min(len(ahead), dice.randint(0, 2)))
        for other in others[: 1 if kind in SINGLE else None]:
            properties = {name: _value(dice, name) for name in declared if dice.random() < 0.8}
            rows.append({"start": node["key"], "finish": other["key"], "properties": properties})
    return rows


def _value(dice: random.Random, name: str, *, own: bool = False) -> Any:
    if name in MADE:
        return MADE[name](dice)
    if name.endswith("_id") or name == "alias_of":
        letter = "p" if name == "alias_of" else name[0]
        return f"{letter}{dice.randint(1, 8)}"
    if name.endswith("_at"):
        return _moment(dice)
    return dice.choice(WORDS[:5] if own else WORDS)
