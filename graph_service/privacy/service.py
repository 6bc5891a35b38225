"""Erase a person from everywhere we keep anything of them, and keep them out when the same rows come again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from graph_service import logs, moments
from graph_service.errors import Gone, NotFound
from graph_service.graph.store import Store, Work
from graph_service.identity.live import feed
from graph_service.identity.live.component import change, rederive
from graph_service.identity.live.news import News
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.live.touched import Cause, Touched
from graph_service.identity.run.models import forget_values
from graph_service.privacy import model
from graph_service.privacy.schemas import Erased
from graph_service.seals import sealing_secret, tombstone

FAINTEST = -1000.0  # bits: every match that is kept
MOST_BESIDE = 200  # rows of others that are decided on again
log = logs.get("privacy")


@dataclass(frozen=True, slots=True)
class Asked:
    """An erasure as it was asked for: whom, by whom, and whether it is only to be tried. A reason is not kept."""

    person_id: str
    actor: str
    dry_run: bool = False


async def erase(store: Store, tenant: str, asked: Asked) -> Erased:
    """Erase a person: its rows, what leads to it alone, what was derived, and every mention we keep. For ever.

    Shared identifiers stay with the others, who are decided on again. What stays are seals, which keep the same rows
    out, and an entry in the history without a name. Raises NotFound; Gone where it was erased before.
    """
    await feed.give_places(store, tenant)
    in_use = await scorer_in_use(store, tenant)
    secret, moment = sealing_secret(store.settings), moments.now()

    async def attempt(work: Work) -> Erased:
        return await _Erasure(work, tenant, secret, Cause(moment, asked.actor), in_use).of(asked)

    erased = await store.work(tenant, attempt, keep=not asked.dry_run)
    if not asked.dry_run:
        log.info("erased", tenant=tenant, person=erased.person_id, rows=erased.rows)
    return erased


async def shred(store: Store, tenant: str) -> None:
    """Overwrite what erased nodes left in the engine's files. Raises Refused where that is the engine's operator's."""
    await store.engine.shred(store.engine.database_of(tenant))


@dataclass(frozen=True, slots=True)
class _Erasure:
    """One erasure in its transaction."""

    work: Work
    tenant: str
    secret: bytes
    cause: Cause
    in_use: InUse

    async def of(self, asked: Asked) -> Erased:
        own, *former = await self._living(asked.person_id)
        # A run that is at work may have merged an id and not taken its rows along yet.
        rows = [Known.of(row) for row in await self.work.run("identity.rows_of_persons", persons=[own, *former])]
        aliases = [row["person_id"] for row in await self.work.run("privacy.aliases", person=own)]
        persons = [own, *sorted({*former, *aliases})]
        alone = await self._alone(rows)
        households = sorted({row.household for row in rows if row.household})
        beside = await self._beside(rows, persons, households)
        reasons = await self._forget(rows, persons)
        models = await forget_values(self.work, [row.fields for row in rows])
        set_aside = await self._set_aside(rows)
        places = await self.work.run("identity.buildings_of_identifiers", identifiers=alone) if alone else []
        await self.work.run("privacy.erase_rows", records=[row.key for row in rows])
        await self.work.run("privacy.erase_persons", persons=persons)
        shared = frozenset({one for row in rows for one in row.identifiers} - set(alone))
        changes = await self._decide_again(beside, shared)
        await self.work.run("privacy.leave_households", households=households)
        emptied = [
            row["household_id"] for row in await self.work.run("privacy.erase_households", households=households)
        ]
        await self.work.run("privacy.forget_attributes", identifiers=alone)  # free text may name whom they led to
        await self.work.run("privacy.erase_identifiers", identifiers=alone)
        homes = sorted({row["property_id"] for row in places})
        buildings = (await self.work.run("privacy.erase_buildings", properties=homes))[0]["erased"] if homes else 0
        tombstones = await self._bury(rows, alone, persons=persons, households=emptied)
        noted = [change("person_erased", one, [], self.cause) for one in persons[:1]]
        noted += [change("household_erased", one, [], self.cause) for one in emptied]
        await self.work.run("identity.record_changes", rows=noted)
        self.work.tell(News.of(households=households, identifiers=shared))
        return Erased(
            person_id=own, dry_run=asked.dry_run, rows=len(rows), persons=len(persons), identifiers=len(alone),
            buildings=buildings, households=len(emptied), set_aside=set_aside, model_values=models, reasons=reasons,
            tombstones=tombstones, change_id=noted[0]["content"]["change_id"] if noted else changes,
        )  # fmt: skip

    async def _living(self, person_id: str) -> list[str]:
        """Who is meant, and behind that the former ids that led there."""
        wanted: str | None = person_id
        followed: list[str] = []
        while wanted is not None:
            followed.insert(0, wanted)
            rows = await self.work.run("identity.take_turn_at_persons", persons=[wanted])
            if not rows:
                seal = tombstone(self.secret, self.tenant, "person", wanted)
                if await self.work.run("privacy.tombstones", seals=[seal]):
                    raise Gone("This person was erased.")
                raise NotFound("There is no person of this id.")
            wanted = rows[0]["alias_of"]
        return followed

    async def _alone(self, rows: Sequence[Known]) -> list[Own]:
        """The identifiers that these rows carry, or carried in earlier versions, and no other row does."""
        if not rows:
            return []
        former = await self.work.run("privacy.carried_before", records=[row.key for row in rows])
        carried = Counter(own for row in rows for own in row.identifiers)
        found = await self.work.run("identity.identifier_rows", identifiers=sorted(carried)) if carried else []
        counts = {(row["kind"], row["scope"], row["value"]): row["rows"] for row in found}
        alone = {own for own, count in carried.items() if counts.get(own, 0) <= count}
        return sorted(alone | {(row["kind"], row["scope"], row["value"]) for row in former})

    async def _beside(
        self, rows: Sequence[Known], persons: Sequence[str], households: Sequence[str]
    ) -> frozenset[tuple[str, str]]:
        """The rows of others that are to be decided on again: those that matched, and those of the household."""
        own = {row.key for row in rows}
        matched = await self.work.run("identity.matched_records", records=sorted(own), reach=FAINTEST) if own else []
        members = await self.work.run("identity.members_of_households", households=households) if households else []
        others = sorted({row["person_id"] for row in members} - {*persons})
        theirs = await self.work.run("identity.rows_of_persons", persons=others) if others else []
        beside = [(row["other_source"], row["other_id"]) for row in sorted(matched, key=lambda row: -row["weight"])]
        beside += [(row["source"], row["record_id"]) for row in theirs]
        return frozenset([key for key in dict.fromkeys(beside) if key not in own][:MOST_BESIDE])

    async def _forget(self, rows: Sequence[Known], persons: Sequence[str]) -> int:
        judged = await self.work.run("privacy.forget_reasons", records=[row.key for row in rows])
        changed = await self.work.run("privacy.forget_why", persons=persons)
        return int(judged[0]["forgotten"] + changed[0]["forgotten"])

    async def _set_aside(self, rows: Sequence[Known]) -> int:
        entries = model.naming(await self.work.run("privacy.set_aside"), rows)
        return int((await self.work.run("privacy.erase_set_aside", entries=entries))[0]["erased"]) if entries else 0

    async def _decide_again(self, beside: frozenset[tuple[str, str]], shared: frozenset[Own]) -> str:
        if not beside and not shared:
            return ""
        carriers = beside or await self._carriers(shared)
        if not carriers:
            return ""
        outcome = await rederive(self.work, self.in_use.scorer, Touched(carriers, carried=shared), self.cause)
        return str(outcome.changes[0]["change_id"]) if outcome.changes else ""

    async def _carriers(self, shared: frozenset[Own]) -> frozenset[tuple[str, str]]:
        """A row of somebody who shares an identifier with the erased one, so that its strength is stated anew."""
        leads = await self.work.run("identity.resolve_identifiers", identifiers=sorted(shared), most=1)
        persons = sorted({lead[0] for row in leads for lead in row["ranked"]})
        rows = await self.work.run("identity.rows_of_persons", persons=persons) if persons else []
        return frozenset((row["source"], row["record_id"]) for row in rows[:MOST_BESIDE])

    async def _bury(
        self, rows: Sequence[Known], alone: Sequence[Own], *, persons: Sequence[str], households: Sequence[str]
    ) -> int:
        stones = model.seals_of(self.secret, self.tenant, rows, alone)
        stones += [model.sealed_as(self.secret, self.tenant, "person", own) for own in persons]
        stones += [model.sealed_as(self.secret, self.tenant, "household", own) for own in households]
        dated = [{**stone, "erased_at": self.cause.now} for stone in stones]
        await self.work.run("privacy.write_tombstones", rows=dated)
        return len(dated)
