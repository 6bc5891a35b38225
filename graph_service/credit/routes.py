"""Credit over HTTP: what the channels and plays of a storm, or the touches of a journey, have earned."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from graph_service.auth import Caller, requires
from graph_service.credit import jobs, service
from graph_service.credit import schemas as say
from graph_service.once import Once

router = APIRouter(prefix="/v1/attribution", tags=["credit"], route_class=Once)
Asker = Annotated[Caller, requires("attribution:read")]
StormId = Annotated[
    str, Path(max_length=say.LONGEST_ID, description="`*` for all journeys, `-` for those outside every storm.")
]
OwnId = Annotated[str, Path(max_length=say.LONGEST_ID)]


@router.get("/storms/{storm_id}")
async def storm(
    request: Request, caller: Asker, storm_id: StormId, asked: Annotated[say.Question, Query()]
) -> say.CreditAnswer:
    """Which share of a storm's conversions does each channel and play earn, and how sure is that?

    Shares with `unattributed` sum to 1, in `conversions` and `value` too. Every method says what its share means
    (`estimand`) and what its 90 % intervals do not hold (`leaves_out`).

    ```
    curl "$URL/v1/attribution/storms/DFW_STORM_24?method=markov&by=channel&zip=75209" -H "Authorization: Bearer $KEY"
    {"channels": {"door_knock": 0.35, "call": 0.2, ..., "unattributed": 0.02}, "plays": {},
     "uncertainty": {"door_knock": [0.3, 0.4], ...}, "conversions": 211.0, "value": 2743000.0,
     "method": "markov_1_redirect", "estimand": "share of conversions the fitted chain loses if ...",
     "counts": {"journeys": 1480, "conversions": 211, "open": 12, ...}, "queries": [...], ...}
    ```
    """
    return await service.storm_credit(request.app.state.store, caller.tenant, storm_id, asked)


@router.get("/journeys/{journey_id}")
async def journey(
    request: Request, caller: Asker, journey_id: OwnId, asked: Annotated[say.Question, Query()]
) -> say.JourneyCredit:
    """How is the conversion of one journey divided among its touches?

    Markov divides it by what each channel is worth in the whole storm. Without a conversion there is nothing to divide.

    ```
    curl $URL/v1/attribution/journeys/$JOURNEY?method=linear -H "Authorization: Bearer $KEY"
    {"outcome": "converted", "channels": {"door_knock": 0.5, "call": 0.5}, "touches": [{"channel": "door_knock",
     "occurred_at": "2026-05-02T15:10:00.000Z", "share": 0.5, "share_interval": [0.5, 0.5], ...}, ...], ...}
    ```
    """
    return await service.journey_credit(request.app.state.store, caller.tenant, journey_id, asked)


@router.get("/transitions")
async def transitions(
    request: Request, caller: Asker, asked: Annotated[say.TransitionsQuestion, Query()]
) -> say.TransitionsAnswer:
    """How often do journeys step from which touches to which next one, to CONVERSION, or to NULL?

    ```
    curl "$URL/v1/attribution/transitions?storm=DFW_STORM_24&order=1" -H "Authorization: Bearer $KEY"
    {"transitions": [{"from_state": [], "to_state": "door_knock", "count": 811, "probability": 0.54,
     "probability_interval": [0.52, 0.56], "value": 0.0}, ...], "order": 1, "by": "channel", ...}
    ```
    """
    return await service.transitions(request.app.state.store, caller.tenant, asked)


@router.post("/runs")
async def begin_run(request: Request, caller: Asker, body: say.RunRequest) -> say.RunAnswer:
    """Compute several methods and keep what they find; the answer says how to ask how far it is.

    ```
    curl $URL/v1/attribution/runs -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"storm_id": "DFW_STORM_24", "methods": ["markov", "linear", "shapley"]}'
    {"run_id": "0193...", "version": 1, "state": "running", "progress": 0.0, ...}
    ```
    """
    store = request.app.state.store
    return await service.run(store, caller.tenant, await jobs.begin(store, caller.tenant, body))


@router.get("/runs")
async def list_runs(request: Request, caller: Asker, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> say.Runs:
    """The runs that were kept, the latest first.

    ```
    curl $URL/v1/attribution/runs -H "Authorization: Bearer $KEY"
    {"runs": [{"run_id": "0193...", "version": 2, "state": "done", "progress": 1.0, ...}], "query": {...}}
    ```
    """
    return await service.runs(request.app.state.store, caller.tenant, limit=limit)


@router.get("/runs/{run_id}")
async def one_run(request: Request, caller: Asker, run_id: OwnId) -> say.RunAnswer:
    """How far a run is, and every method's answer with its settings, fingerprint and model.

    ```
    curl $URL/v1/attribution/runs/$RUN -H "Authorization: Bearer $KEY"
    {"state": "done", "progress": 1.0, "version": 1, "results": [{"method": "markov", "fingerprint": "9f2c...",
     "model": {"method": "markov_1_redirect", "order": 1, ...}, "answer": {"channels": {...}, ...}}], ...}
    ```
    """
    return await service.run(request.app.state.store, caller.tenant, run_id)
