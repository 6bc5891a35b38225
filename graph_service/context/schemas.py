"""What storms, properties and exposures look like over HTTP."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

MOST_ITEMS = 1000
LONGEST_ID = 200
OwnId = Field(min_length=1, max_length=LONGEST_ID)


class Storm(BaseModel):
    """A weather event, and the window in which its journeys are walked."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)

    storm_id: str = Field(min_length=1, max_length=LONGEST_ID)
    name: str | None = Field(None, max_length=200)
    kind: str | None = Field(None, max_length=64, description="hail, wind, tornado or another kind.")
    start: AwareDatetime = Field(alias="from", description="When the window opens, with its time zone.")
    until: AwareDatetime = Field(description="When it ends.")
    magnitude: float | None = Field(None, ge=0, allow_inf_nan=False, description="Hail in inches or wind in knots.")
    place: str | None = Field(None, max_length=200)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)

    @model_validator(mode="after")
    def _in_order(self) -> "Storm":
        if self.until < self.start:
            raise ValueError("the window ends before it opens")
        return self


class Property(BaseModel):
    """A building; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    property_id: str = Field(min_length=1, max_length=LONGEST_ID)
    street_address: str | None = Field(None, max_length=200)
    unit: str | None = Field(None, max_length=50)
    city: str | None = Field(None, max_length=100)
    state: str | None = Field(None, max_length=50)
    zip: str | None = Field(None, max_length=20)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    value_usd: float | None = Field(None, ge=0, allow_inf_nan=False)


class Exposure(BaseModel):
    """A storm came over a building."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    property_id: str = Field(min_length=1, max_length=LONGEST_ID)
    storm_id: str = Field(min_length=1, max_length=LONGEST_ID)
    sii: float | None = Field(None, ge=0, le=100, description="Likelihood of damage, 0 to 100.")
    moe_usd: float | None = Field(None, ge=0, allow_inf_nan=False, description="Money at stake, in USD.")


class Storms(BaseModel):
    """Up to 1,000 storms."""

    storms: list[Storm] = Field(min_length=1, max_length=MOST_ITEMS)


class Properties(BaseModel):
    """Up to 1,000 buildings."""

    properties: list[Property] = Field(min_length=1, max_length=MOST_ITEMS)


class Exposures(BaseModel):
    """Up to 1,000 exposures."""

    exposures: list[Exposure] = Field(min_length=1, max_length=MOST_ITEMS)


class Written(BaseModel):
    """What an upsert did; the same again changes nothing."""

    written: int = Field(description="How many are held now as they were sent.")
    new: int = Field(description="How many of them were not there before.")
    missing: list[str] = Field(default_factory=list, description="Ids of properties and storms that are not known.")
    waiting: int = Field(description="Households whose journeys this changes; they are derived again next.")


class StormsReport(BaseModel):
    """What became of storm event files."""

    read: int = 0
    storms: int = 0
    quarantined: int = 0
    waiting: int = Field(0, description="Households whose journeys this changes: `stormgraph catch-up`.")
    seconds: float = 0.0


By = Literal["episode", "event"]
