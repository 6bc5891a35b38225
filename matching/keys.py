"""By which keys does a newcomer find its company? A few of a model's blocking rules, as short texts a graph can index.

E-mail, phone and the like find their records by themselves; these keys find those who share none: by name and home,
name and birthday. A batch run affords dozens of rules; a graph keeps a few, those that bring most matches together.
"""

import hashlib
from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparisons import quoted
from matching.model import Model
from matching.records import FieldType
from matching.scratch import load, open_scratch
from matching.traps import forget_values

__all__ = ["block_keys", "block_name", "choose_rules", "find_by_themselves"]

Ints = npt.NDArray[np.int64]
MOST_RULES = 4
ROOMY = 10  # records a block when rules are chosen: a fifth of what may be looked up, for tenants grow
LEAST_GAIN = 0.002  # of the matches: a rule that brings fewer is not worth an index entry a record
MOST_MATCHES = 200_000
DIGITS = 16
LOOKED_UP = (FieldType.CODE, FieldType.EMAIL, FieldType.PHONE, FieldType.DEVICE, FieldType.PROPERTY)


def block_name(rule: str, key: str) -> str:
    """What is a rule's key called where it is kept? Sixteen digits of its MD5: a name, not a secret."""
    return hashlib.md5(f"{rule}\x1f{key}".encode(), usedforsecurity=False).hexdigest()[:DIGITS]


def choose_rules(records: pa.Table, model: Model, matches: tuple[Ints, Ints]) -> list[str]:
    """Which few rules bring most matches together that no identifier brings, in blocks of at most ROOMY records?

    `matches`: places (left, right) in `records` of pairs taken for one person. Greedy: each next rule is the one that
    brings most of those still apart; without any matches, those that put most records into small blocks.
    """
    chosen = np.random.default_rng(1).permutation(len(matches[0]))[:MOST_MATCHES]
    left, right = matches[0][chosen], matches[1][chosen]
    names = find_by_themselves(model)
    with open_scratch() as connection:
        _load(connection, records, model)
        blocks = {name: _blocks(connection, sql) for name, sql in sorted(model.rules.items())}
    apart = np.ones(len(left), np.bool_)
    for name in names & blocks.keys():
        apart &= ~_together(blocks[name], left, right)
    left, right = left[apart], right[apart]
    taken: list[str] = []
    free = {name: block for name, block in blocks.items() if name not in names}
    for _ in range(min(MOST_RULES, len(free))):
        gain = {
            name: (int(_together(block, left, right).sum()), int((block > 0).sum()) if not len(chosen) else 0)
            for name, block in free.items()
        }
        best = max(gain, key=lambda name: (gain[name], name))
        if len(chosen) and gain[best][0] < max(1, LEAST_GAIN * len(chosen)):
            break
        kept = ~_together(free.pop(best), left, right)
        left, right = left[kept], right[kept]
        taken.append(best)
    return taken


def find_by_themselves(model: Model) -> set[str]:
    """Which rules are the values of an identifier, which leads to its records without a key of ours?"""
    return {name for name in model.rules if model.fields.get(name) in LOOKED_UP}


def block_keys(records: pa.Table, model: Model, rules: Sequence[str]) -> pa.Table:
    """The keys of every record by these rules, in the order of the rows: a column per rule, null where it has none.

    The same as `block_name(rule, key)` of the scorer's `blocking_keys`.
    """
    with open_scratch() as connection:
        _load(connection, records, model)
        made = [f"{_named(rule, model.rules[rule])} as {quoted(rule)}" for rule in rules]
        return connection.sql(f"select {', '.join([*made, 'rid'])} from rec order by rid").to_arrow_table().drop("rid")


def _named(rule: str, sql: str) -> str:
    text = rule.replace("'", "''")
    return f"left(md5('{text}' || chr(31) || cast({sql} as varchar)), {DIGITS})"


def _load(connection: duckdb.DuckDBPyConnection, records: pa.Table, model: Model) -> None:
    for column in model.fields:
        if column not in records.column_names:
            records = records.append_column(column, pa.nulls(records.num_rows, pa.string()))
    load(connection, records, model.fields)
    forget_values(connection, model.fields, model.card.get("traps", []))


def _blocks(connection: duckdb.DuckDBPyConnection, sql: str) -> Ints:
    """The block number of every record, 0 where it has none or too large a one."""
    found: Mapping[str, npt.NDArray[np.int64]] = connection.execute(
        f"""with keyed as (select rid, hash({sql}) as key from rec where {sql} is not null),
        kept as (select key, row_number() over () as number from keyed group by key
                 having count(*) between 2 and {ROOMY})
        select coalesce(kept.number, 0) as number from rec left join keyed using (rid) left join kept using (key)
        order by rec.rid"""
    ).fetchnumpy()
    return np.asarray(found["number"], np.int64)


def _together(block: Ints, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    return np.asarray((block[left] == block[right]) & (block[left] > 0))
