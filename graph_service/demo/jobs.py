"""The guided run: Anytown's six sources become a household graph, a line per stage, and the answer is graded."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Any

import orjson
import pyarrow as pa

from graph_service.context import service as context
from graph_service.context.schemas import Storm
from graph_service.credit import service as credit
from graph_service.credit.schemas import METHODS, Question
from graph_service.demo import model
from graph_service.demo.schemas import DemoReport
from graph_service.demo.storm import causes, logs
from graph_service.demo.storm.grading import graded as credit_graded
from graph_service.errors import BadInput
from graph_service.graph.store import Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.run.grading import answered
from graph_service.identity.run.reading import Rows, rows_to_match
from graph_service.journeys.chain.mapping import EventMapping
from graph_service.journeys.jobs import ingest_events
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from graph_service.tenants import service as tenants
from matching import evaluate, most_common_address, plain_splink

Say = Callable[[str, int, float], None]
PACKAGED_SEED = 7
PLAIN_CUT = 0.95
SCOPES = ("identity:read", "graph:query", "pii:read", "attribution:read")


def write_files(out: Path, *, seed: int | None, size: int | None) -> dict[str, Any]:
    """Draw a town and write its six files, the four logs of its storm, and the truth of both into a folder."""
    town = _drawn(seed, size)
    paths = model.write_town(town, out)
    storm = _storm_over(town)
    paths += storm.write(out)
    worth = {by: {name: round(share, 6) for name, share in shares.items()} for by, shares in storm.truth.items()}
    (out / "storm_truth.json").write_bytes(orjson.dumps(worth, option=orjson.OPT_INDENT_2))
    return {"records": town.size, "files": [str(path) for path in paths], "truth": str(out / "truth.csv")}


@dataclass(frozen=True)
class StormOver:
    """What four systems logged of the storm, and what each channel and play was truly worth."""

    rows: dict[str, list[dict[str, Any]]]
    truth: dict[str, dict[str, float]]

    def write(self, out: Path) -> list[Path]:
        """Write the four logs, each with the mapping that reads it; the logs' paths."""
        paths = logs.write_logs(self.rows, out)
        for log, path in paths.items():
            path.with_suffix(".toml").write_text(logs.SHAPES[log].lstrip(), encoding="utf-8")
        return list(paths.values())


def _storm_over(town: model.Town) -> StormOver:
    known = logs.known_by(town.sources, town.truth)
    plans = causes.draw_plans(town.seed, sorted(known))
    return StormOver(logs.logs_of(plans, known, town.seed), causes.truth(plans))


def _drawn(seed: int | None, size: int | None) -> model.Town:
    try:
        chosen = PACKAGED_SEED if seed is None else seed
        return model.draw_town(chosen, model.DEFAULT_SIZE if size is None else size)
    except ValueError as error:
        raise BadInput(f"There is no such town: {error}.") from error


async def guided(store: Store, tenant: str, *, seed: int | None, size: int | None, say: Say) -> DemoReport:
    """Draw the town, take its sources in, match, grade, hand out a key; `say` hears of every stage."""
    stages = _Stages(say)
    await tenants.add(store, tenant, name="Anytown Roofing")
    with tempfile.TemporaryDirectory() as folder:
        town = await asyncio.to_thread(_drawn, seed, size)
        paths = await asyncio.to_thread(model.write_town, town, Path(folder))
        stages.done("draw Anytown", town.size)
        for path in paths:
            report = await ingest(store, tenant, IngestRequest(source=path.name.partition(".")[0], files=[path]))
            stages.done(f"ingest {path.name}", report.read)
    matched = await match_tenant(store, tenant)
    stages.done("match persons and households", matched.counts["records"])
    rows = await rows_to_match(store, tenant)
    accuracy = await asyncio.to_thread(_graded, rows, await answered(store, tenant), town.truth)
    stages.done("grade, with plain Splink beside", town.truth.num_rows)
    worth = await _storm(store, tenant, town, stages=stages)
    key = await tenants.add_key(store, tenant, scopes=SCOPES, label="demo")
    email = next(value for value in rows.records["email"].to_pylist() if value)
    return DemoReport(
        tenant=tenant,
        counts=matched.counts,
        accuracy=accuracy,
        credit=worth,
        seconds=stages.seconds,
        api_key=key.token,
        commands=_commands(store, tenant, key.token, email=email),
    )


async def _storm(store: Store, tenant: str, town: model.Town, *, stages: "_Stages") -> list[dict[str, Any]]:
    """Let the storm come, take its four logs in, and grade every method of credit by what was truly so."""
    storm = await asyncio.to_thread(_storm_over, town)
    opened, ended = (datetime.fromtimestamp(at / 1000, UTC) for at in (causes.OPENED, causes.OPENED + causes.WINDOW))
    told = Storm(storm_id=causes.STORM, name="Hail of May 2024", kind="hail", start=opened, until=ended)
    await context.write_storms(store, tenant, [told])
    with tempfile.TemporaryDirectory() as folder:
        paths = await asyncio.to_thread(logs.write_logs, storm.rows, Path(folder))
        for log, path in paths.items():
            mapping = EventMapping.from_toml(logs.SHAPES[log])
            report = await ingest_events(store, tenant, f"storm_{log}", files=[path], mapping=mapping)
            stages.done(f"events {path.name}", report.read)
    answers = {
        method: await credit.storm_credit(store, tenant, causes.STORM, Question(method=method, as_of=ended))
        for method in METHODS
    }
    stages.done(f"credit of {causes.STORM}, {len(METHODS)} methods", sum(map(len, storm.rows.values())))
    return credit_graded(answers, storm.truth)


class _Stages:
    def __init__(self, say: Say) -> None:
        self.say, self.clock, self.seconds = say, time.monotonic(), dict[str, float]()

    def done(self, stage: str, rows: int) -> None:
        now = time.monotonic()
        self.seconds[stage] = round(now - self.clock, 2)
        self.say(stage, rows, now - self.clock)
        self.clock = now


def _graded(rows: Rows, ours: pa.Table, truth: pa.Table) -> list[dict[str, str]]:
    """Precision, recall and F1 of our answer and of what one gets without us, on the same records."""
    known = truth.select(["source", "record_id", "person", "household"])
    names = rows.records.select(["source", "record_id"])
    plain = plain_splink(rows.records, rows.fields, threshold=PLAIN_CUT).cast(pa.string())
    here = names.join(ours, keys=["source", "record_id"]).sort_by([("source", "ascending"), ("record_id", "ascending")])
    persons = here["person"].combine_chunks().dictionary_encode()
    in_order = rows.records.sort_by([("source", "ascending"), ("record_id", "ascending")])
    homes = most_common_address(in_order, persons.indices.to_numpy()).take(persons.indices)
    addresses = here.select(["source", "record_id"]).append_column("household", homes.cast(pa.string()))
    peers = names.append_column("person", plain).join(addresses, keys=["source", "record_id"])
    our_grade, peer_grade = evaluate(ours, known), evaluate(peers, known)
    return [
        _line("persons, StormGraph", our_grade["persons"]),
        _line("persons, plain Splink at .95", peer_grade["persons"]),
        _line("households, StormGraph", our_grade["households"]),
        _line("households, most common address", peer_grade["households"]),
    ]


def _line(what: str, found: dict[str, Any]) -> dict[str, str]:
    return {"": what, **{name: f"{found[name]:.4f}" for name in ("precision", "recall", "f1")}}


def _commands(store: Store, tenant: str, token: str, *, email: str) -> list[str]:
    settings = store.settings
    base = f"http://{settings.host}:{settings.port}"
    beside = os.path.relpath(Path(sys.executable).with_name("stormgraph"))
    program = "stormgraph" if which("stormgraph") else beside  # pasted, it must run
    return [
        f"{program} resolve --tenant {tenant} email:{email}",
        f"curl -s -H 'Authorization: Bearer {token}' '{base}/v1/identity/email:{email}'",
        f"{program} query exploration.largest_households --tenant {tenant}",
        f"{program} attribute --storm {causes.STORM} --tenant {tenant} --by channel",
        f"{program} cypher --tenant {tenant}     # how an analyst connects, read-only",
    ]
