"""A tenant's matching model, kept in the graph."""

import asyncio
import base64
import gzip
import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakKeyDictionary

import pyarrow as pa

from graph_service import moments
from graph_service.errors import BadInput, NotFound
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.run.reading import declared_fields, rows_to_match
from graph_service.identity.schemas import AdoptionReport
from matching import MatchingError, Model, adopt, with_counts

FRESH_SECONDS = 1.0  # so long is believed what the graph said of the model in use


@dataclass(frozen=True, slots=True)
class HeldModel:
    """A model with the id it is kept under."""

    model_id: str
    model: Model


async def current_model(store: Store, tenant: str) -> HeldModel | None:
    """The model in use, or None where none was trained."""
    row = await store.read_one(tenant, "identity.current_model")
    if row is None:
        return None
    return HeldModel(row["model_id"], await asyncio.to_thread(_read, row["content"]))


def _read(content: str) -> Model:
    return Model.from_json(gzip.decompress(base64.b85decode(content)).decode())


async def held_model(store: Store, tenant: str, model_id: str) -> HeldModel:
    """A model by its id, in use or not. Raises NotFound."""
    row = await store.read_one(tenant, "identity.held_model", model=model_id)
    if row is None:
        raise NotFound("There is no model of this id.")
    return HeldModel(row["model_id"], await asyncio.to_thread(_read, row["content"]))


_SAID: "WeakKeyDictionary[Store, dict[str, tuple[float, Row | None]]]" = WeakKeyDictionary()


async def model_in_use(store: Store, tenant: str) -> Row | None:
    """Which model is in use, and by which blocks? Asked anew every second: it changes with a run, not with a row."""
    said = _SAID.setdefault(store, {})
    moment, row = said.get(tenant, (-FRESH_SECONDS, None))
    if time.monotonic() - moment >= FRESH_SECONDS:
        row = await store.read_one(tenant, "identity.model_in_use")
        said[tenant] = (time.monotonic(), row)
    return row


def forget(store: Store, tenant: str) -> None:
    """Ask the graph anew which model is in use: this process has just changed it."""
    _SAID.get(store, {}).pop(tenant, None)


async def save_model(store: Store, tenant: str, model: Model) -> str:
    """Keep a model and use it from now on; returns its id."""
    model_id = await _kept(store, tenant, model, {}, query="identity.save_model")
    forget(store, tenant)
    return model_id


async def keep_model(store: Store, tenant: str, model: Model, said: Row) -> str:
    """Keep a model beside the one in use, with what is `said` of it (derived_from, measured, blocks): its id."""
    return await _kept(store, tenant, model, said, query="identity.keep_model")


async def _kept(store: Store, tenant: str, model: Model, said: Row, *, query: str) -> str:
    """Keep a model: its document apart from what is said of it, which is asked for all the time."""
    document = model.to_json().encode()
    fingerprint = hashlib.blake2b(document, digest_size=16).hexdigest()
    content = {"model_id": keys.mint(), "fingerprint": fingerprint, "trained_at": moments.now(), **said}
    model_id = str(content["model_id"])
    packed = await asyncio.to_thread(_packed, document)

    async def act(work: Work) -> None:
        work.post("identity.keep_document", model=model_id, model_id=model_id, content=packed)
        await work.run(query, model=model_id, content=content)

    await store.work(tenant, act)
    return model_id


async def use_model(store: Store, tenant: str, model_id: str) -> None:
    """Use a kept model from now on. Raises NotFound."""
    held = await held_model(store, tenant, model_id)
    await store.write(tenant, "identity.save_model", model=held.model_id, content={"model_id": held.model_id})
    forget(store, tenant)


async def forget_values(work: Work, rows: Sequence[Mapping[str, str | None]]) -> int:
    """Take the values that only these rows (by field) had out of every kept model; how many those were."""
    gone = 0
    for held in await work.run("privacy.models"):
        content, values = without_values(held["content"], rows)
        if values:
            await work.run("privacy.rewrite_model", model=held["model_id"], content=content)
        gone += values
    return gone


def without_values(content: str, rows: Iterable[Mapping[str, str | None]]) -> tuple[str, int]:
    """A kept model without the values that only these rows (by field) had, and how many those were.

    A value is theirs alone where the model counted it no more often than they carry it.
    """
    model = _read(content)
    carried = Counter((column, value) for row in rows for column in model.sizes if (value := row.get(column)))
    counted = zip(*(model.counts.column(name).to_pylist() for name in ("column", "value", "count")), strict=True)
    kept = [carried[column, value] < count for column, value, count in counted]
    gone = len(kept) - sum(kept)
    if not gone:
        return content, 0
    return _packed(replace(model, counts=model.counts.filter(pa.array(kept, pa.bool_()))).to_json().encode()), gone


def _packed(document: bytes) -> str:
    return base64.b85encode(gzip.compress(document, 6, mtime=0)).decode()


async def adopt_model(store: Store, tenant: str, path: Path, columns: Mapping[str, str]) -> AdoptionReport:
    """Use somebody's trained Splink model (its settings, JSON) for this tenant, without training.

    Value frequencies are counted from the tenant's rows, as Splink counts them from its input. `columns`: Splink's
    column -> our field, where names differ. Raises BadInput where the model uses what has no counterpart here.
    """
    try:
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        adopted = adopt(text, await declared_fields(store, tenant), columns)
    except (OSError, UnicodeDecodeError, MatchingError) as error:
        raise BadInput(f"{path} cannot be adopted: {error}.") from error
    rows = await rows_to_match(store, tenant)
    model = with_counts(adopted.model, rows.records)
    model_id = await save_model(store, tenant, model)
    return AdoptionReport(
        model_id=model_id,
        comparisons=[comparison.name for comparison in model.comparisons],
        columns=adopted.renamed,
        notices=adopted.notices,
        rows=rows.records.num_rows,
    )
