"""The maths of credit for this room: rows of the walk in, shares with their intervals out."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
import pyarrow as pa
from scipy.stats import beta

from attribution import (
    UNATTRIBUTED,
    Answer,
    AttributionError,
    Paths,
    Settings,
    Transitions,
    attribute,
    attribute_counts,
    choose_order,
    divide_journey,
    estimand_of,
    from_table,
    handle_direct,
    transform,
    transitions_from_table,
)
from graph_service.credit.schemas import By, Earned, Question, TouchCredit
from graph_service.errors import BadInput

Row = dict[str, Any]
ALPHA = 0.1  # prior weight of a step that was seen, as in the chain's own posterior
ORDERS = (1, 2, 3, 4)
DAY = 86_400_000.0  # milliseconds
NO_PLAY = "no_play"
NOTHING: Row = {"share": 0.0, "share_low": 0.0, "share_high": 0.0}
JOURNEY_ESTIMAND = (
    "share of this conversion by what each touch's channel or play is worth in the chain of all journeys of the storm; "
    "summed over journeys it is not the chain's own credit"
)
JOURNEY_LEAVES_OUT = (
    "the intervals hold how unsure the worth of channels is (none for rules, which look at this journey alone); they "
    "leave out whether the method is the right one, and what would have happened in this one journey otherwise"
)


@dataclass(frozen=True, slots=True)
class Credited:
    """One answer of the maths, by channel or by play, and the hash of what it read."""

    by: By
    answer: Answer
    fingerprint: str


def added(parts: Iterable[Row]) -> list[Row]:
    """How often journeys took each step of order 1, where the graph told it in parts (`transition_counts_o1_whole`)?

    Who came to a channel and did not leave it ended there, in NULL.
    """
    steps: dict[tuple[str, str], Row] = {}
    for part in parts:
        before, after, times = part["state_1"], part["to_state"], part["count"]
        for place, more in ((before, after), times), ((before, "NULL"), -times), ((after, "NULL"), times):
            step = steps.setdefault(place, {"state_1": place[0], "to_state": place[1], "count": 0, "value": 0.0})
            step["count"] += more
        steps[before, after]["value"] += part["value"]
    ends = {("START", "NULL"), ("CONVERSION", "NULL")}  # nobody comes to the one or leaves the other
    return [step for place, step in sorted(steps.items()) if step["count"] > 0 and place not in ends]


def settings_of(question: Question, *, order: int | None = None) -> Settings:
    """The settings of the maths that a question asks for."""
    return Settings(
        order=order or max(question.order, 1),
        variant=question.variant,
        nulls=question.nulls,
        half_life_days=question.half_life_days,
    )


def walks_counts(question: Question) -> bool:
    """Do counted transitions answer this, so that no path need leave the graph?"""
    plain = question.direct == "keep" and question.transform == "unique"
    return question.method == "markov" and plain and question.nulls and question.order > 0


def needs_households(question: Question) -> bool:
    """Does the interval draw households again, so that each converted journey is wanted for itself?"""
    return question.method != "markov"


def of_counts(rows: Sequence[Row], question: Question, by: By) -> Credited:
    """Who earns what in the chain of these counted transitions? Raises BadInput."""
    try:
        return Credited(by, attribute_counts(chain(rows), settings_of(question)), fingerprint(rows))
    except AttributionError as error:
        raise BadInput(str(error)) from error


def of_paths(rows: Sequence[Row], question: Question, by: By) -> Credited:
    """Who earns what of these paths? Rows hold distinct paths, or one converted journey each. Raises BadInput."""
    try:
        paths = _transformed(rows, question)
        order = question.order or chosen_order(paths)
        answer = attribute(paths, question.method, settings_of(question, order=order))
        return Credited(by, answer, fingerprint(rows))
    except AttributionError as error:
        raise BadInput(str(error)) from error


def chosen_order(paths: Paths) -> int:
    """Which order foretells best what it has not seen? The first where too few journeys can tell."""
    if paths.conversions.sum() + paths.nulls.sum() < 5:
        return 1
    return next(int(row["order"]) for row in choose_order(paths, ORDERS).to_pylist() if row["chosen"])


def _transformed(rows: Sequence[Row], question: Question) -> Paths:
    paths = handle_direct(from_table(_paths_table(rows, single=needs_households(question))), question.direct)
    return transform(paths, question.transform)


def _paths_table(rows: Sequence[Row], *, single: bool) -> pa.Table:
    """The rows as the maths wants them; `single` ones are a converted journey each, with household and ages."""
    columns = {
        "path": pa.array([row["path"] for row in rows], pa.list_(pa.string())),
        "conversions": pa.array([float(row.get("conversions", 1)) for row in rows], pa.float64()),
        "value": pa.array([float(row["value"]) for row in rows], pa.float64()),
        "nulls": pa.array([float(row.get("nulls", 0)) for row in rows], pa.float64()),
    }
    if single:
        columns["household"] = pa.array([row["household_id"] for row in rows], pa.string())
        # The rows say how old each touch was; the maths wants later touches to have higher numbers.
        columns["days"] = pa.array([[-age for age in row["days"]] for row in rows], pa.list_(pa.float64()))
    return pa.table(columns)


def divided(path: Sequence[Row], rows: Sequence[Row], question: Question, by: By) -> list[Row]:
    """Which share of its journey's conversion does each touch of this path get? Rows: share, share_low, share_high.

    `rows`: the counted transitions of the whole storm, which Markov divides by; rules look at the path alone.
    """
    words = [word(touch, by) for touch in path]
    days = [float(touch["days"]) for touch in path]
    one = from_table(_paths_table([{"path": words, "value": 0.0, "household_id": "-", "days": days}], single=True))
    try:
        walked = chain(rows) if question.method == "markov" else None
        return list(divide_journey(one, question.method, settings_of(question), chain=walked).to_pylist())
    except AttributionError as error:
        raise BadInput(str(error)) from error


def chain(rows: Sequence[Row]) -> Transitions:
    """The chain that counted transitions make."""
    table = pa.table(
        {
            "from_state": pa.array([_state(row) for row in rows], pa.list_(pa.string())),
            "to_state": pa.array([[row["to_state"]] for row in rows], pa.list_(pa.string())),
            "count": pa.array([float(row["count"]) for row in rows], pa.float64()),
            "value": pa.array([float(row["value"]) for row in rows], pa.float64()),
        }
    )
    return transitions_from_table(table)


def _state(row: Row) -> list[str]:
    """The last touches, oldest first; none at START."""
    names = sorted((name for name in row if name.startswith("state_")), reverse=True)
    return [row[name] for name in names if row[name] != "START"]


def transitions(rows: Sequence[Row]) -> list[Row]:
    """Each counted step with its probability and the 90 % interval of that.

    The marginal of a Dirichlet posterior is a Beta: of count + .1 against the rest of the row.
    """
    totals: dict[tuple[str, ...], list[float]] = {}
    for row in rows:
        total = totals.setdefault(tuple(_state(row)), [0.0, 0.0])
        total[0] += row["count"]
        total[1] += row["count"] + ALPHA
    found = []
    for row in rows:
        whole, weight = totals[tuple(_state(row))]
        own = row["count"] + ALPHA
        low, high = (1.0, 1.0) if weight == own else (float(beta.ppf(tail, own, weight - own)) for tail in (0.05, 0.95))
        share = row["count"] / whole
        found.append(
            {
                "from_state": _state(row),
                "to_state": row["to_state"],
                "count": row["count"],
                "value": row["value"],
                "probability": share,
                "probability_interval": (min(low, share), max(high, share)),
            }
        )
    return found


def earned(credited: Credited) -> list[Earned]:
    """The rows of an answer, in words of this room."""
    return [
        Earned(
            name=row["player"],
            by=credited.by,
            share=row["share"],
            share_interval=(row["share_low"], row["share_high"]),
            conversions=row["conversions"],
            conversions_interval=(row["conversions_low"], row["conversions_high"]),
            value=row["value"],
            value_interval=(row["value_low"], row["value_high"]),
            rank=row["rank"],
            rank_interval=None if row["rank"] is None else (row["rank_low"], row["rank_high"]),
            rank_held=row["rank_held"],
        )
        for row in credited.answer.table.to_pylist()
    ]


def maps(rows: Iterable[Earned]) -> dict[str, dict[str, Any]]:
    """The short form: channels, plays, and the uncertainty of both."""
    found: dict[str, dict[str, Any]] = {"channels": {}, "plays": {}, "uncertainty": {}}
    for row in sorted(rows, key=lambda row: (row.by, -row.share, row.name)):
        found["channels" if row.by == "channel" else "plays"][row.name] = row.share
        taken = row.by == "play" and row.name in found["channels"] and row.name != "unattributed"
        found["uncertainty"][f"play:{row.name}" if taken else row.name] = row.share_interval
    return found


def fingerprint(rows: Sequence[Mapping[str, Any]]) -> str:
    """What tells these rows from any others: a hash of them in their order."""
    return hashlib.sha256(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Seen:
    """One journey as it stood at a moment: the touches within the look back, and how it ended."""

    journey_id: str
    outcome: Literal["converted", "null", "open"]
    anonymous: bool
    value: float
    touches: list[Row]


def seen(journey: Row, question: Question, as_of: str) -> Seen:
    """What was to be seen of a journey at this moment, within the question's look back?"""
    now = datetime.fromisoformat(as_of).timestamp() * 1000
    names = ("source", "event_id", "occurred_at", "at", "channel", "play")
    touches = [dict(zip(names, touch, strict=True)) for touch in journey["touches"]]
    touches = [touch for touch in touches if touch["at"] <= now]
    won = journey["converted_at"] is not None and journey["converted_at"] <= now
    anchor = journey["converted_at"] if won else max((touch["at"] for touch in touches), default=0)
    if question.lookback_days is not None:
        touches = [touch for touch in touches if touch["at"] >= anchor - question.lookback_days * DAY]
    if question.lookback_steps is not None:
        touches = touches[-question.lookback_steps :]
    for touch in touches:
        touch["days"] = (anchor - touch["at"]) / DAY
    open_still = not won and journey["window_end"] > as_of
    return Seen(
        journey_id=journey["journey_id"],
        outcome="converted" if won else "open" if open_still else "null",
        anonymous=bool(journey["anonymous"]),
        value=float(journey["value"] or 0.0) if won else 0.0,
        touches=touches,
    )


def told(journey: Seen, question: Question) -> dict[str, Any]:
    """What an answer about one journey says of its method."""
    markov = question.method == "markov"
    order = max(question.order, 1)
    return {
        "method": f"markov_{order}_{question.variant}" if markov else question.method,
        "estimand": JOURNEY_ESTIMAND if markov else estimand_of(question.method),
        "leaves_out": JOURNEY_LEAVES_OUT,
        "level": Settings().level,
        "conversions": 1.0 if journey.outcome == "converted" else 0.0,
        "value": journey.value,
    }


def journey_maps(journey: Seen, divided_by: Mapping[By, Sequence[Row]]) -> dict[str, dict[str, Any]]:
    """The short form of one journey's credit; a touchless conversion is `unattributed` as a whole."""
    found: dict[str, dict[str, Any]] = {"channels": {}, "plays": {}, "uncertainty": {}}
    for by, rows in divided_by.items():
        sums: dict[str, list[float]] = {}
        for touch, row in zip(journey.touches, rows, strict=False):
            total = sums.setdefault(word(touch, by), [0.0, 0.0, 0.0])
            for place, name in enumerate(("share", "share_low", "share_high")):
                total[place] += row[name]
        if journey.outcome == "converted" and not journey.touches:
            sums = {UNATTRIBUTED: [1.0, 1.0, 1.0]}
        for name, (share, low, high) in sums.items():
            found["channels" if by == "channel" else "plays"][name] = share
            taken = by == "play" and name in found["channels"] and name != UNATTRIBUTED
            found["uncertainty"][f"play:{name}" if taken else name] = (low, min(high, 1.0))
    return found


def touch_credits(journey: Seen, rows: Sequence[Row]) -> list[TouchCredit]:
    """What each touch earns; nothing where the journey has no conversion to divide."""
    return [
        TouchCredit(
            source=touch["source"],
            event_id=touch["event_id"],
            occurred_at=touch["occurred_at"],
            channel=touch["channel"],
            play=touch["play"],
            share=row["share"],
            share_interval=(row["share_low"], row["share_high"]),
        )
        for touch, row in zip(journey.touches, rows or [NOTHING] * len(journey.touches), strict=True)
    ]


def word(touch: Row, by: By) -> str:
    """What a touch is called when it is counted by channel or by play."""
    return str(touch["channel"] if by == "channel" else touch["play"] or NO_PLAY)
