"""A match run taken back: who was merged is apart again, who was split is whole again, and later runs heed it.

What a run did follows from rows, model and judgements, and the next run would do it again. So taking it back is to
judge: the rows of persons that it merged are different, those of one that it split are the same. Former ids return.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from graph_service import logs, moments
from graph_service.errors import BadInput, NotFound, Refused
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live import judged
from graph_service.identity.live.component import rederive
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.touched import Cause, Ids, Outcome, Touched
from graph_service.lifecycle import schemas as say

MOST_NAMED = 10
ASKED_AT_ONCE = 500
log = logs.get("lifecycle")


@dataclass(frozen=True, slots=True)
class _Moved:
    """A row, whom it described before the run and after it, and whom it describes now."""

    key: Key
    person: str
    household: str | None
    went: str
    now: str | None
    named: Sequence[str] | None
    housed: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows whose persons, before and after the run, are connected: what is taken back together."""

    rows: tuple[_Moved, ...]

    @property
    def persons(self) -> set[str]:
        """Everybody concerned, before, after and now."""
        return {one for row in self.rows for one in (row.person, row.went, row.now) if one}

    @property
    def before(self) -> dict[str, list[Key]]:
        """The rows of each person before the run."""
        return _by_person((row.key, row.person) for row in self.rows)

    @property
    def then(self) -> dict[Key, tuple[str | None, str | None]]:
        """Person and household of each row before the run."""
        return {row.key: (row.person, row.household) for row in self.rows}

    @property
    def named(self) -> dict[str, frozenset[str]]:
        """The further ids that each person and household named before the run."""
        return judged.named_by(word for row in self.rows for word in row.named or ())

    @property
    def housed(self) -> dict[str, tuple[str, str]]:
        """The household before and after the run of those who lived, or live, with one of these and did not change."""
        return judged.housed_by(word for row in self.rows for word in row.housed or ())

    @property
    def is_as_the_run_left_it(self) -> bool:
        return all(row.now == row.went for row in self.rows)

    @property
    def is_as_it_was(self) -> bool:
        """Does every former person hold its rows again, and nobody else's?"""
        return all(row.now == row.person for row in self.rows)


def _by_person(rows: Iterable[tuple[Key, str]]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key, person in sorted(rows):
        found.setdefault(person, []).append(key)
    return found


async def undo_run(
    store: Store, tenant: str, run_id: str, request: say.UndoRunRequest, *, most: int | None = None
) -> say.RunUndone:
    """Take back what a match run did to persons: whom it merged is apart again, whom it split is whole, by former ids.

    Each group of persons is one transaction, so that a run over many can be taken back in pieces; what is as it was
    before is left alone. Households follow. `most`: how many groups at once. Raises NotFound; BadInput for a run that
    is no match run; Refused where nothing is left to take back, and, unless they are to be skipped, where persons moved
    on since or later judgements speak of them (named): nothing is changed then.
    """
    groups = await _groups(store, tenant, run_id, set(request.persons))
    open_ = [group for group in groups if not group.is_as_it_was]
    judged_since = await _judged_since(store, tenant, run_id, open_)
    stuck = [group for group in open_ if not group.is_as_the_run_left_it or judged_since & {r.key for r in group.rows}]
    if stuck and not request.skip:
        raise Refused(f"These persons moved on since the run: {_named(stuck)}. Ask to skip them to undo the rest.")
    ready = [group for group in open_ if group not in stuck]
    if not ready:
        raise Refused("Nothing of this run is left to take back.")
    if most is not None and len(ready) > most:
        raise Refused(f"This run changed {len(ready)} groups of persons: `stormgraph undo-run` takes them back.")
    in_use = await scorer_in_use(store, tenant)
    undone = _Undone(store, tenant, run_id, request, in_use)
    changes = [change for group in ready for change in await undone.group(group)]
    log.info("run_undone", tenant=tenant, run=run_id, groups=len(ready), dry_run=request.dry_run)
    return say.RunUndone(
        dry_run=request.dry_run,
        run_id=run_id,
        groups=len(ready),
        persons=len({row.person for group in ready for row in group.rows}),
        rows=sum(len(group.rows) for group in ready),
        judgements=undone.judgements,
        skipped=sorted({row.now for group in stuck for row in group.rows if row.now}),
        changes=[say.Change.model_validate(one) for one in changes],
    )


@dataclass(slots=True)
class _Undone:
    store: Store
    tenant: str
    run_id: str
    request: say.UndoRunRequest
    in_use: InUse
    judgements: int = 0

    async def group(self, group: _Group) -> list[Row]:
        """Give the rows of one group back to their former persons; the Changes that it wrote."""
        moment = moments.now()

        async def act(work: Work) -> tuple[int, list[Row]]:
            await self._unmoved(work, group)
            then = {**await judged.housed_then(work, group.housed), **group.then}
            made: list[Row] = []
            count = 0
            for left, right in _apart(group):
                outcome = await self._judge(work, group, ("different", left, right), then=then, moment=moment)
                made, count = [*made, *outcome.changes], count + 1
            present = await work.run("identity.rows_of_records", records=sorted(group.then))
            now_of = {(row["source"], row["record_id"]): row["person_id"] for row in present}
            for rows in group.before.values():
                if len({now_of[key] for key in rows}) > 1:
                    outcome = await self._judge(work, group, ("same", rows[:1], rows[1:]), then=then, moment=moment)
                    now_of |= outcome.after
                    made, count = [*made, *outcome.changes], count + 1
            return count, made

        count, made = await self.store.work(self.tenant, act, keep=not self.request.dry_run)
        self.judgements += count
        return made

    async def _judge(
        self,
        work: Work,
        group: _Group,
        said: tuple[str, Sequence[Key], Sequence[Key]],
        *,
        then: Mapping[Key, Ids],
        moment: str,
    ) -> Outcome:
        verdict, left, right = said
        judgement_id, reason = keys.mint(), self.request.reason or f"run {self.run_id} taken back"
        content = {"verdict": verdict, "actor": self.request.actor, "reason": reason, "judged_at": moment,
                   "undoes": self.run_id}  # fmt: skip
        made = judged.record(work, judgement_id, content, left=left, right=right)
        cause = Cause(moment, self.request.actor, reason, judgement_id, undoes=self.run_id)
        touched = Touched(frozenset(group.then), then, named=group.named, judged=(made,))
        outcome = await rederive(work, self.in_use.scorer, touched, cause)
        judged.keep_before(work, judgement_id, named=outcome.named, housed=outcome.housed, moved=outcome.moved)
        return outcome

    async def _unmoved(self, work: Work, group: _Group) -> None:
        """Raises Refused where somebody else changed these persons meanwhile."""
        await work.run("identity.take_turn_at_persons", persons=sorted({row.went for row in group.rows}))
        present = await work.run("identity.rows_of_records", records=sorted(group.then))
        went = {row.key: row.went for row in group.rows}
        if any(row["person_id"] != went[row["source"], row["record_id"]] for row in present) or len(present) < len(
            went
        ):
            raise Refused(f"Others changed these persons meanwhile: {_named([group])}. Try again.")


def _apart(group: _Group) -> list[tuple[list[Key], list[Key]]]:
    """The pairs of sets of rows that the run brought together: each former person against those that come after it."""
    together = _by_person((row.key, row.went) for row in group.rows)
    person_of = {row.key: row.person for row in group.rows}
    joined = {pair for rows in together.values() for pair in combinations(sorted({person_of[key] for key in rows}), 2)}
    before = group.before
    found = []
    for one in sorted({first for first, _ in joined}):
        others = sorted(second for first, second in joined if first == one)
        found.append((before[one], sorted(key for other in others for key in before[other])))
    return found


async def _groups(store: Store, tenant: str, run_id: str, persons: set[str]) -> list[_Group]:
    """What the run did, in groups; with `persons`, only those that concern one of them. Raises NotFound, BadInput."""
    run = await store.read_one(tenant, "lifecycle.run", run=run_id)
    if run is None:
        raise NotFound("There is no run of this id.")
    if run["job"] != "match":
        raise BadInput(f"Run {run_id} was not a match run: it changed nobody.")
    if run["state"] == "running":
        raise Refused("This run has not ended yet.")
    moved = [
        _Moved((row[0], row[1]), *row[2:])
        async for page in store.stream(tenant, "lifecycle.moved_by_run", run=run_id)
        for row in page
    ]
    groups = _connected(moved)
    return [group for group in groups if not persons or persons & group.persons]


def _connected(moved: Sequence[_Moved]) -> list[_Group]:
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            root[name] = name = root[root[name]]
        return name

    for row in moved:
        root[find(row.person)] = find(row.went)
    found: dict[str, list[_Moved]] = {}
    for row in moved:
        found.setdefault(find(row.person), []).append(row)
    return [_Group(tuple(rows)) for rows in found.values()]


async def _judged_since(store: Store, tenant: str, run_id: str, groups: Sequence[_Group]) -> set[Key]:
    """The rows about which somebody judged after the run."""
    every = sorted(row.key for group in groups for row in group.rows)
    found: set[Key] = set()
    for start in range(0, len(every), ASKED_AT_ONCE):
        some = every[start : start + ASKED_AT_ONCE]
        for row in await store.read(tenant, "lifecycle.judgements_about", records=some):
            if row["judgement_id"] > run_id:
                found |= judged.Held.of(row).rows
    return found


def _named(groups: Sequence[_Group]) -> str:
    names: Mapping[str, None] = dict.fromkeys(row.now or row.went for group in groups for row in group.rows)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(list(names)[:MOST_NAMED]) + more
