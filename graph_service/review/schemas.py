"""What is explained, and what waits for somebody's judgement."""

from pydantic import BaseModel, Field


class ReviewedRow(BaseModel):
    """One row, by the system it came from and its id there."""

    source: str
    record_id: str

    @property
    def key(self) -> tuple[str, str]:
        """The row's own id."""
        return self.source, self.record_id


class Step(BaseModel):
    """What one comparison says of a pair."""

    comparison: str
    level: str = Field(description="How far the values agree.")
    weight: float = Field(description="Bits that speak for one person (below 0: against), the adjustment included.")
    adjustment: float = Field(description="The part of it that comes from how rare the value is.")
    left: list[str | None] = Field(description="The values compared; masked without `pii:read`.")
    right: list[str | None]


class PairExplained(BaseModel):
    """Why two rows are, or are not, taken for one person."""

    left: ReviewedRow
    right: ReviewedRow
    same_person: bool = Field(description="Whether they describe one person now.")
    person_id: str | None
    other_person_id: str | None
    prior: float = Field(description="Bits before anything is compared.")
    steps: list[Step] = Field(description="One per comparison, the strongest first.")
    household: float = Field(description="Bits taken away because people of one household agree like this too.")
    weight: float = Field(description="All together: log-odds of being one person, in bits.")
    probability: float
    judgements: list[str] = Field(description="Standing judgements about the two; they beat any weight.")
    model_id: str | None


class Bridge(BaseModel):
    """One join by which rows came into one person."""

    left: ReviewedRow = Field(description="The first row of one side, as it was when they were joined.")
    right: ReviewedRow
    weight: float | None = Field(description="Log-odds of the two sides, in bits; null where a judgement joined them.")
    judgement_id: str | None = None


class PersonExplained(BaseModel):
    """How the rows of a person came together, and what would part them."""

    person_id: str
    requested_id: str
    rows: list[ReviewedRow]
    bridges: list[Bridge] = Field(description="The joins, the weakest first; they make a tree over the rows.")
    path: list[Bridge] = Field(description="Those that lead from one row to the other, where two were asked for.")
    weakest: Bridge | None
    would_part: list[list[ReviewedRow]] = Field(description="The two parts that are left without the weakest join.")


class Doubt(BaseModel):
    """A pair that is worth judging."""

    left: ReviewedRow
    right: ReviewedRow
    person_id: str
    other_person_id: str
    weight: float
    probability: float
    same_person: bool
    information: float = Field(description="How much an answer would tell, in bits times the rows that hang on it.")


class Shared(BaseModel):
    """A value that leads to more persons than its kind usually does."""

    kind: str
    scope: str
    value: str = Field(description="Masked where it is personal and the key lacks `pii:read`.")
    persons: int


class Tripped(BaseModel):
    """What tripped a limit."""

    quarantine_id: str
    reason: str
    quarantined_at: str | None


class Queue(BaseModel):
    """What waits for somebody's judgement, the most informative first."""

    pairs: list[Doubt] = Field(description="Answer with `POST /v1/identity/judgements`; effective at once.")
    shared: list[Shared]
    limits: list[Tripped]


class RecalibrateRequest(BaseModel):
    """Ask what the judgements say about the model's weights."""

    keep: bool = Field(True, description="Keep the new model where it is better; never used before it is adopted.")


class Recalibration(BaseModel):
    """What the judgements made of the model, measured on those held out."""

    model_id: str | None = Field(description="The new model, kept and not in use; null where none was kept.")
    derived_from: str | None = Field(description="The model in use; null for the packaged one.")
    better: bool = Field(description="Whether held-out judgements gain more than the error of that gain.")
    judgements: int
    same: int = Field(description="How many of them say `same`.")
    intercept: float = Field(description="Bits added to the log-odds of every pair.")
    slope: float = Field(description="How strongly every comparison speaks: 1 as before, 0 not at all.")
    before: float = Field(description="Log-loss of the model in use, in bits a judgement, held out and weighted.")
    after: float = Field(description="That of the new one.")
    error: float = Field(description="Standard error of the difference.")


class Adopted(BaseModel):
    """The model that decides from now on."""

    model_id: str
