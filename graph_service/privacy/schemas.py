"""What an erasure did."""

from pydantic import BaseModel, Field


class Erased(BaseModel):
    """How much of a person was erased, or would be."""

    person_id: str
    dry_run: bool
    rows: int = Field(description="Rows of sources.")
    persons: int = Field(description="The person, and those that were merged into it.")
    identifiers: int = Field(description="Identifiers that nobody else's rows carry; shared ones stay with the others.")
    buildings: int = Field(description="Addresses that nothing else leads to.")
    households: int = Field(description="Households that nobody belongs to any more.")
    set_aside: int = Field(description="Quarantined entries that named the person.")
    model_values: int = Field(description="Values that only this person had, taken out of the models' counts.")
    reasons: int = Field(description="Reasons of judgements and changes, where people write names.")
    tombstones: int = Field(description="Seals that keep the same rows out when they come again.")
    change_id: str = Field(description="The entry of the history that says so.")
