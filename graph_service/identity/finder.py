"""Where identifiers lead, asked of the graph for many callers at once."""

import asyncio
from collections.abc import Iterable, Mapping

from graph_service.graph.store import Row, Store

RESOLVE = "identity.resolve_identifiers"
MOST_PERSONS = 100  # per identifier: one that leads to more decides nothing
MOST_GATHERED = 500  # identifiers that share a round trip
SLOW_SECONDS = 0.02  # a round trip that takes longer is overtaken by those who came later
MOST_FLIGHTS = 8
Own = tuple[str, str, str]
RowOf = Mapping[str, Row]
Question = tuple[list[Own], "asyncio.Future[RowOf]"]


class Finder:
    """Where identifiers lead; questions of one tenant that come while the graph is busy share the next round trip.

    A round trip costs many times what ranking an answer does, so under load this serves several times as many callers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, list[Question]] = {}
        self._pilots: dict[str, asyncio.Task[None]] = {}
        self._flights: set[asyncio.Task[None]] = set()

    async def find(self, tenant: str, own: list[Own]) -> RowOf:
        """The row of each of these identifiers by its key, perhaps among others. Raises what the store raises."""
        answer: asyncio.Future[RowOf] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, []).append((own, answer))
        if tenant not in self._pilots:
            self._pilots[tenant] = asyncio.create_task(self._fly(tenant))
        return await answer

    async def _fly(self, tenant: str) -> None:
        waiting = self._waiting[tenant]
        try:
            while waiting:
                flight = asyncio.create_task(self._fly_once(tenant, _boarding(waiting)))
                self._flights.add(flight)
                flight.add_done_callback(self._flights.discard)
                if len(self._flights) < MOST_FLIGHTS:
                    await asyncio.wait({flight}, timeout=SLOW_SECONDS)
                else:
                    await asyncio.wait(self._flights, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for _, answer in waiting:
                answer.cancel()
            del self._pilots[tenant], self._waiting[tenant]

    async def _fly_once(self, tenant: str, aboard: list[Question]) -> None:
        answers = [answer for _, answer in aboard]
        try:
            row_of = await read(self._store, tenant, [one for own, _ in aboard for one in own])
        except asyncio.CancelledError:
            for answer in answers:
                answer.cancel()
            raise
        except Exception as error:  # whatever it is, everybody aboard must hear of it
            for answer in answers:
                if not answer.done():
                    answer.set_exception(error)
            return
        for answer in answers:
            if not answer.done():
                answer.set_result(row_of)


def _boarding(waiting: list[Question]) -> list[Question]:
    """Take those who came first off the queue: as many as share a round trip, and at least one."""
    seats = MOST_GATHERED
    for number, (own, _) in enumerate(waiting):
        seats -= len(own)
        if seats < 0 and number:
            break
    else:
        number = len(waiting)
    aboard, waiting[:] = waiting[:number], waiting[number:]
    return aboard


async def read(store: Store, tenant: str, own: Iterable[Own]) -> RowOf:
    """The row of each of these identifiers that leads to anybody, by its key."""
    rows = await store.read(tenant, RESOLVE, identifiers=list(dict.fromkeys(own)), most=MOST_PERSONS)
    return {row["identifier"]: row for row in rows}
