"""How right is the graph, where a person judges a sample of its pairs? A file holds it; the answers are judgements."""

import asyncio
import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from graph_service import moments
from graph_service.errors import BadInput, Refused
from graph_service.graph import keys
from graph_service.graph.store import Store
from graph_service.identity.run.reading import rows_to_match, table_of
from matching import MatchingError, draw_pairs, estimate, pairs_to_judge

SAME = {"y": True, "yes": True, "same": True, "true": True, "1": True,
        "n": False, "no": False, "different": False, "false": False, "0": False}  # fmt: skip
SKIPPED = {"s", "skip", "?"}
QUIT = "q"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One pair of a sample: its two rows, its place in the frame, and what was answered (empty: nothing yet)."""

    left_source: str
    left_id: str
    right_source: str
    right_id: str
    merged: str
    stratum: str
    stratum_pairs: str
    judgement_id: str
    answer: str = ""
    judged_at: str = ""

    @property
    def same(self) -> bool | None:
        """The answer: the same person, not the same, or None where there is none."""
        return SAME.get(self.answer.strip().lower())


COLUMNS = Drawn.__slots__
Fields = Mapping[str, str]
Ask = Callable[[Fields, Fields], str]


async def judged_sample(
    store: Store, tenant: str, file: Path, *, size: int, seed: int = 1, ask: Ask | None = None
) -> dict[str, Any]:
    """Precision, recall and F1 of a tenant's persons, from a person's answers on a stratified sample of pairs.

    A `file` that is there holds the sample and the answers so far; else `size` pairs are drawn and written into it.
    `ask` is called for each pair without an answer, until it says "q"; each answer is kept at once, in the file and
    as a judgement, so that the next call goes on from there. Raises Refused where nothing was matched, BadInput for a
    file that is no sample.
    """
    there = await asyncio.to_thread(file.exists)
    drawn = await asyncio.to_thread(read_sample, file) if there else await _draw(store, tenant, size, seed)
    await asyncio.to_thread(write_sample, file, drawn)
    if ask is not None:
        drawn = await _asked(store, tenant, file, drawn=drawn, ask=ask)
    drawn = [
        replace(pair, judged_at=pair.judged_at or moments.now()) if pair.same is not None else pair for pair in drawn
    ]
    await asyncio.to_thread(write_sample, file, drawn)
    for pair in drawn:
        await _keep(store, tenant, pair)
    answers = [pair.same for pair in drawn]
    skipped = sum(pair.answer.strip().lower() in SKIPPED for pair in drawn)
    counts = {"file": str(file), "pairs_drawn": len(drawn), "skipped": skipped, "open": answers.count(None) - skipped}
    return {**counts, **estimate(_table(drawn), answers)}


def read_sample(file: Path) -> list[Drawn]:
    """The pairs of a sample file with their answers. Raises BadInput with the line that is wrong."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            missing = set(COLUMNS) - {"answer", "judged_at"} - set(reader.fieldnames or ())
            if missing:
                raise BadInput(f"{file} is no sample of pairs: it lacks {', '.join(sorted(missing))}.")
            rows = [Drawn(**{name: row.get(name) or "" for name in COLUMNS}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"The sample {file} cannot be read: {error}.") from error
    for line, pair in enumerate(rows, start=2):
        answer = pair.answer.strip().lower()
        if answer and answer not in SAME and answer not in SKIPPED:
            raise BadInput(f"{file}, line {line}: '{pair.answer}' is no answer: write y, n or s (skip).")
        if pair.merged not in ("yes", "no") or not pair.stratum_pairs.isdigit():
            raise BadInput(f"{file}, line {line}: merged is yes or no, stratum_pairs a whole number.")
    return rows


def write_sample(file: Path, drawn: list[Drawn]) -> None:
    """Write a sample file, whole or not at all. Raises BadInput where it cannot be written."""
    beside = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(COLUMNS)
            writer.writerows([getattr(pair, name) for name in COLUMNS] for pair in drawn)
        beside.replace(file)
    except OSError as error:
        raise BadInput(f"The sample cannot be written to {file}: {error.strerror}.") from error


async def _draw(store: Store, tenant: str, size: int, seed: int) -> list[Drawn]:
    """A new sample of the pairs that the graph holds."""
    rows = await table_of(store, tenant, "identity.row_persons")
    homes = await table_of(store, tenant, "identity.memberships")
    matches = await table_of(store, tenant, "identity.row_matches")
    named = list(zip(rows["source"].to_pylist(), rows["record_id"].to_pylist(), strict=True))
    try:
        frame = await asyncio.to_thread(_frame, rows, homes, matches, named)
        drawn = await asyncio.to_thread(lambda: draw_pairs(frame, size, seed=seed))
    except MatchingError as error:
        raise Refused(f"No sample of {tenant}: {error}. `stormgraph match` makes persons.") from error
    pairs = []
    for pair in drawn.to_pylist():
        (left_source, left_id), (right_source, right_id) = named[pair["left"]], named[pair["right"]]
        merged, count = "yes" if pair["merged"] else "no", str(pair["stratum_pairs"])
        pairs.append(Drawn(left_source, left_id, right_source, right_id, merged, pair["stratum"], count, keys.mint()))
    return pairs


def _frame(rows: pa.Table, homes: pa.Table, matches: pa.Table, named: list[tuple[str, str]]) -> pa.Table:
    persons = rows["person_id"].combine_chunks().dictionary_encode()
    home_of = dict(zip(homes["person_id"].to_pylist(), homes["household_id"].to_pylist(), strict=True))
    home_names = pa.array([home_of.get(person) for person in persons.dictionary.to_pylist()], pa.string())
    numbers = home_names.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    person = np.asarray(persons.indices.to_numpy(), np.int64)
    place = {key: row for row, key in enumerate(named)}
    ends = (("source", "record_id"), ("other_source", "other_id"))
    left, right = (
        [place.get(key, -1) for key in zip(matches[source].to_pylist(), matches[own].to_pylist(), strict=True)]
        for source, own in ends
    )
    probability = 1.0 / (1.0 + np.exp2(-matches["weight"].to_numpy()))
    links = pa.table(
        {"left": pa.array(left, pa.int64()), "right": pa.array(right, pa.int64()), "probability": probability}
    )
    there = (links["left"].to_numpy() >= 0) & (links["right"].to_numpy() >= 0)
    return pairs_to_judge(person, np.asarray(numbers, np.int64)[person], links.filter(pa.array(there)))


async def _asked(store: Store, tenant: str, file: Path, *, drawn: list[Drawn], ask: Ask) -> list[Drawn]:
    """The sample with the answers that a person gave now; each is in the file before the next question."""
    table = (await rows_to_match(store, tenant)).records
    place = {
        key: row for row, key in enumerate(zip(*(table[n].to_pylist() for n in ("source", "record_id")), strict=True))
    }
    drawn = list(drawn)
    for at, pair in enumerate(drawn):
        sides = [place.get(key) for key in ((pair.left_source, pair.left_id), (pair.right_source, pair.right_id))]
        if pair.answer or None in sides:
            continue
        one, other = (table.slice(side, 1).to_pylist()[0] for side in sides if side is not None)
        answer = ask(one, other)
        if answer == QUIT:
            break
        drawn[at] = replace(pair, answer=answer, judged_at=moments.now())
        write_sample(file, drawn)
        await _keep(store, tenant, drawn[at])
    return drawn


async def _keep(store: Store, tenant: str, pair: Drawn) -> None:
    """Keep an answer as a judgement; again is the same judgement."""
    if pair.same is None:
        return
    content = {
        "judgement_id": pair.judgement_id,
        "verdict": "same" if pair.same else "different",
        "actor": "stormgraph evaluate --sample",
        "reason": "judged as one of a sample of pairs",
        "judged_at": pair.judged_at,
        "records": 2,
    }
    await store.write(
        tenant,
        "lifecycle.record_judgement",
        judgement=pair.judgement_id,
        content=content,
        left=[(pair.left_source, pair.left_id)],
        right=[(pair.right_source, pair.right_id)],
    )


def _table(drawn: list[Drawn]) -> pa.Table:
    return pa.table(
        {
            "stratum": pa.array([pair.stratum for pair in drawn], pa.string()),
            "merged": pa.array([pair.merged == "yes" for pair in drawn], pa.bool_()),
            "stratum_pairs": pa.array([int(pair.stratum_pairs) for pair in drawn], pa.int64()),
        }
    )
