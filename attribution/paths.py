"""Path tables: what happened, in columns, before any method divides the credit.

A path is the ordered channels of a journey. `Paths` keeps all of them as one flat array of channel codes with offsets,
one row per distinct path (or per journey, where touch times or households matter), with conversions, value and nulls.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from attribution.errors import AttributionError

Floats: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Transform = Literal["unique", "exposure", "first", "frequency"]
Direct = Literal["keep", "drop", "last_non_direct"]

START, CONVERSION, NULL = "START", "CONVERSION", "NULL"
UNATTRIBUTED = "unattributed"
RESERVED = frozenset({START, CONVERSION, NULL, UNATTRIBUTED, ""})
SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Paths:
    """Which paths were walked, how often did each convert or come to nothing, and what was it worth?

    Row i holds the touches `codes[offsets[i]:offsets[i + 1]]`. `players` are who gets the credit: channel code c
    belongs to `players[player_of[c]]`, the channel itself unless `credit_to` or the frequency transform say otherwise.
    """

    channels: tuple[str, ...]
    offsets: Codes
    codes: Codes
    conversions: Floats
    value: Floats
    nulls: Floats
    players: tuple[str, ...]
    player_of: Codes
    days: Floats | None = None
    households: Codes | None = None

    def __len__(self) -> int:
        return len(self.conversions)

    @property
    def lengths(self) -> Codes:
        """How many touches has each row?"""
        return np.diff(self.offsets)

    @property
    def rows(self) -> Codes:
        """To which row does each touch belong?"""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def positions(self) -> Codes:
        """The how-manieth touch of its row is each touch, from 0?"""
        return np.arange(len(self.codes)) - np.repeat(self.offsets[:-1], self.lengths)


def from_table(table: pa.Table, *, columns: Mapping[str, str] | None = None, channels: Sequence[str] = ()) -> Paths:
    """Which paths does this table hold?

    Columns: `path` (text joined by " > ", or a list of channels; empty = no touch), `conversions`, and where there are
    any `value` (USD), `nulls`, `days` (a list beside the path: when each touch was, in days from any origin) and
    `household`. `columns` maps these words to the table's own names. Equal paths become one row unless days or
    households are kept. `channels` names those that must have a row even if no path holds them.
    """
    names = {word: word for word in ("path", "conversions", "value", "nulls", "days", "household")} | dict(
        columns or {}
    )
    missing = [
        names[word] for word in ("path", "conversions", *(columns or {})) if names[word] not in table.column_names
    ]
    if missing:
        raise AttributionError(f"no column {', '.join(missing)} in the path table; map its own names with `columns`")
    amounts = {word: _amount(table, names[word]) for word in ("conversions", "value", "nulls")}
    if np.any(amounts["value"][amounts["conversions"] == 0] != 0):
        raise AttributionError("value without a conversion: give each row's value only with its conversions")
    texts, index = _coded_paths(table[names["path"]])
    days, households = _days(table, names["days"]), _households(table, names["household"])
    found, lists = _encode(_split(texts), channels)
    if days is None and households is None:
        amounts = {word: _sums(index, amount, len(texts)) for word, amount in amounts.items()}
    else:
        lists = lists.take(index)
    offsets, codes = (np.asarray(part.to_numpy(), np.int64) for part in (lists.offsets, lists.flatten()))
    if days is not None and len(days) != len(codes):
        raise AttributionError("`days` must hold one number for each touch of its path")
    players = np.arange(len(found))
    return Paths(found, offsets, codes, **amounts, players=found, player_of=players, days=days, households=households)


def from_lists(paths: Iterable[Sequence[str]], conversions: Sequence[float], **columns: Sequence[Any]) -> Paths:
    """Which paths do these lists hold? `columns`: value, nulls, days, household, as in `from_table`."""
    path = pa.array([list(p) for p in paths], pa.list_(pa.string()))
    return from_table(pa.table({"path": path, "conversions": pa.array(conversions, pa.float64()), **columns}))


def to_table(paths: Paths) -> pa.Table:
    """What does a path table look like to others: path (list of channels), conversions, value, nulls?"""
    words = pa.array(paths.channels, pa.string()).take(pa.array(paths.codes))
    path = pa.ListArray.from_arrays(pa.array(paths.offsets, pa.int32()), words)
    amounts = {"conversions": paths.conversions, "value": paths.value, "nulls": paths.nulls}
    return pa.table({"path": path, **amounts})


def transform(paths: Paths, how: Transform) -> Paths:
    """How shall repeated touches count? Source of the four words: Google's Fractribution.

    (d, a, b, b, d): `unique` takes every touch as it is; `exposure` collapses repeats in a row (d, a, b, d); `first`
    keeps each channel's first touch (d, a, b); `frequency` is `first` with the number of touches, d(2), a(1), b(2),
    credited to the channels themselves.
    """
    match how:
        case "unique":
            return paths
        case "exposure":
            repeated = np.zeros(len(paths.codes), bool)
            repeated[1:] = paths.codes[1:] == paths.codes[:-1]
            return _keep_touches(paths, ~repeated | (paths.positions == 0))
        case "first":
            return _keep_touches(paths, first_touches(paths)[0])
        case "frequency":
            return _frequency(paths)
    raise AttributionError(f"no transform {how!r}; take unique, exposure, first or frequency")


def handle_direct(paths: Paths, how: Direct, *, channel: str = "direct") -> Paths:
    """What becomes of touches that nobody caused? keep | drop (the rest shares the credit) | last_non_direct.

    `last_non_direct` gives a direct touch to the last other channel before it; a leading one stays direct. A path of
    direct touches alone is dropped to an empty one, whose conversions are `unattributed`.
    """
    if how == "keep" or channel not in paths.channels:
        return paths
    direct = paths.codes == paths.channels.index(channel)
    if how == "drop":
        return _keep_touches(paths, ~direct)
    if how != "last_non_direct":
        raise AttributionError(f"no way {how!r} to handle direct touches; take keep, drop or last_non_direct")
    index = np.arange(len(paths.codes))
    last = np.maximum.accumulate(np.where(direct, -1, index)) if len(index) else index
    inherits = direct & (last >= np.repeat(paths.offsets[:-1], paths.lengths))
    return replace(paths, codes=np.where(inherits, paths.codes[np.maximum(last, 0)], paths.codes))


def credit_to(paths: Paths, owners: Mapping[str, str]) -> Paths:
    """Who gets the credit, if not each channel for itself? `owners`: channel -> play (or any other grouping)."""
    players, player_of = owned(paths.channels, owners)
    return replace(paths, players=players, player_of=player_of)


def owned(channels: Sequence[str], owners: Mapping[str, str]) -> tuple[tuple[str, ...], Codes]:
    """Which players own these channels, and which one owns each?"""
    if lost := [channel for channel in channels if channel not in owners]:
        raise AttributionError(f"no owner for {', '.join(lost[:5])}: `owners` must name one for every channel")
    players = tuple(dict.fromkeys(owners[channel] for channel in channels))
    code = {player: i for i, player in enumerate(players)}
    return players, np.array([code[owners[channel]] for channel in channels], np.int64)


def first_touches(paths: Paths) -> tuple[Flags, Codes]:
    """Which touches are the first of their channel in their row, and how often does that channel touch the row?

    Returns a flag per touch, and the counts for the flagged touches in order.
    """
    key = paths.rows * max(1, len(paths.channels)) + paths.codes
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    flags = np.zeros(len(key), bool)
    flags[first] = True
    return flags, counts[np.argsort(first)]


def _frequency(paths: Paths) -> Paths:
    flags, counts = first_touches(paths)
    once = _keep_touches(paths, flags)
    most = int(counts.max(initial=0)) + 1
    seen, codes = np.unique(once.codes * most + counts, return_inverse=True)
    channels = tuple(f"{paths.channels[key // most]}({key % most})" for key in seen)
    return replace(once, channels=channels, codes=codes, player_of=paths.player_of[seen // most])


def _keep_touches(paths: Paths, keep: Flags) -> Paths:
    total = np.concatenate(([0], np.cumsum(keep)))
    days = None if paths.days is None else paths.days[keep]
    return replace(paths, codes=paths.codes[keep], offsets=total[paths.offsets], days=days)


def _amount(table: pa.Table, name: str) -> Floats:
    if name not in table.column_names:
        return np.zeros(table.num_rows)
    amount: Floats = pc.fill_null(table[name].cast(pa.float64()), 0.0).to_numpy().copy()
    if not np.all(np.isfinite(amount)) or np.any(amount < 0):
        raise AttributionError(
            f"column {name} holds a negative or endless number; cancelled jobs are left out, not negative"
        )
    return amount


def _coded_paths(column: Any) -> tuple[Any, Any]:
    """The distinct paths (lists stay as they are) and for each row which one it is."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return column.combine_chunks(), pa.array(np.arange(len(column)))
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode(null_encoding="encode")
    coded = coded.combine_chunks()  # codes, not texts: a column of texts in one piece is as much memory again
    return pc.fill_null(coded.dictionary.cast(pa.string()), ""), coded.indices


def _sums(index: Any, amount: Floats, size: int) -> Floats:
    return np.bincount(index.to_numpy(), amount, size).astype(np.float64, copy=False)


def _split(texts: Any) -> Any:
    """Text joined by " > " as lists of words; no text, no words."""
    words = pa.list_(pa.string())
    if pa.types.is_string(texts.type):
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar([], words), pc.split_pattern(texts, SEPARATOR))
    return pc.fill_null(texts.cast(words), pa.scalar([], words))


def _encode(lists: Any, channels: Sequence[str]) -> tuple[tuple[str, ...], Any]:
    """The channels, those asked for first, and the lists with codes in the place of words."""
    coded = lists.flatten().dictionary_encode(null_encoding="encode")
    seen = coded.dictionary.to_pylist()
    found = tuple(dict.fromkeys([*channels, *seen]))
    if bad := [word for word in found if word is None or word in RESERVED]:
        raise AttributionError(
            f"{bad[0]!r} cannot be a channel: the word is empty or has a meaning of its own; rename it"
        )
    place = {word: i for i, word in enumerate(found)}
    order = np.array([place[word] for word in seen], np.int64)
    sizes = pc.list_value_length(lists).to_numpy()
    offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int32)), dtype=np.int32)
    return found, pa.ListArray.from_arrays(pa.array(offsets), pa.array(order[coded.indices.to_numpy()]))


def _days(table: pa.Table, name: str) -> Floats | None:
    if name not in table.column_names:
        return None
    days: Floats = table[name].combine_chunks().flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return days


def _households(table: pa.Table, name: str) -> Codes | None:
    if name not in table.column_names:
        return None
    coded = table[name].combine_chunks().dictionary_encode()
    if coded.null_count:
        raise AttributionError(f"column {name} has empty cells: every journey belongs to a household")
    return np.asarray(coded.indices.to_numpy(), np.int64)
