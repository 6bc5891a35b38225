"""What has matching learnt from a file? Everything a scorer needs, as one versioned JSON document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparisons import Comparison, Sharing
from matching.errors import MatchingError
from matching.records import FieldType

__all__ = ["Grades", "Model", "ModelError"]

Floats = npt.NDArray[np.float64]
FORMAT = 1


class ModelError(MatchingError):
    """A model file is of another version or is damaged; train again."""


@dataclass(frozen=True, slots=True)
class Grades:
    """One comparison's probabilities by level number; index 0 (unknown) is no evidence.

    m: of the same person; u: of two strangers, cleaned of matches; home: of two people of one household;
    raw: of two random records, duplicates included (term frequencies are relative to it); its entry 0 is the share of
    random pairs whose values are known.
    """

    m: Floats
    u: Floats
    home: Floats
    raw: Floats

    def match_bits(self) -> Floats:
        """How many bits does each level speak for "same person"?"""
        return _bits(self.m, self.u)

    def home_bits(self) -> Floats:
        """How many bits does each level speak for "same household, other person"?"""
        return _bits(self.home, self.u)


@dataclass(frozen=True, slots=True)
class Model:
    """A trained scorer: comparisons and their grades, priors, source penalties, value counts, blocking rules.

    `prior` and `household`: probability that two random records are one person / two people of one household.
    `counts`: (column, value, count) for values seen twice or more; `sizes`: non-null rows per column.
    """

    fields: dict[str, FieldType]
    comparisons: tuple[Comparison, ...]
    grades: tuple[Grades, ...]
    prior: float
    household: float
    penalties: dict[str, float]
    counts: pa.Table
    sizes: dict[str, int]
    rules: dict[str, str]
    card: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def untrained(cls, fields: dict[str, FieldType]) -> "Model":
        """Which model has a file that holds nothing to compare? One that joins nothing."""
        return cls(fields, (), (), 0.5, 0.0, {}, COUNTS.empty_table(), {}, {})

    @classmethod
    def of_equality(cls, fields: dict[str, FieldType], comparison: Comparison, rules: dict[str, str]) -> "Model":
        """Which model has a file of one column? Equal or not: nothing else could bear out a near agreement."""
        exact = replace(comparison, levels=(replace(comparison.levels[0], frequency=None),))
        sure, rare = np.array([1.0, 0.001, 0.999]), np.array([1.0, 0.999, 0.001])
        grades = Grades(m=sure, u=rare, home=rare, raw=rare)
        return cls(fields, (exact,), (grades,), 0.5, 0.0, {}, COUNTS.empty_table(), {}, rules)

    @property
    def shareable(self) -> list[int]:
        """Which comparisons (by place) say something about a shared household?"""
        return [i for i, c in enumerate(self.comparisons) if c.sharing is not Sharing.NEVER]

    def to_json(self) -> str:
        """How is this model kept? Versioned JSON with everything that scoring needs."""
        return json.dumps(
            {
                "format": FORMAT,
                "fields": dict(self.fields),
                "comparisons": [c.to_dict() for c in self.comparisons],
                "grades": [{n: getattr(g, n).tolist() for n in ("m", "u", "home", "raw")} for g in self.grades],
                "prior": self.prior,
                "household": self.household,
                "penalties": self.penalties,
                "counts": self.counts.to_pydict(),
                "sizes": self.sizes,
                "rules": self.rules,
                "card": self.card,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Model":
        """Which model does this document hold? Raises ModelError for another version or missing parts."""
        try:
            data: Mapping[str, Any] = json.loads(text)
            if data["format"] != FORMAT:
                raise ModelError(f"model file has format {data['format']}, this version reads {FORMAT}: train again")
            return cls(
                fields={name: FieldType(kind) for name, kind in data["fields"].items()},
                comparisons=tuple(Comparison.from_dict(c) for c in data["comparisons"]),
                grades=tuple(Grades(**{n: np.array(v) for n, v in g.items()}) for g in data["grades"]),
                counts=pa.table(data["counts"], schema=COUNTS),
                **{name: data[name] for name in ("prior", "household", "penalties", "sizes", "rules", "card")},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"this is not a model file of ours ({error}): train again") from error


COUNTS = pa.schema([("column", pa.string()), ("value", pa.string()), ("count", pa.int64())])


def _bits(top: Floats, bottom: Floats) -> Floats:
    bits = np.log2(np.maximum(top, 1e-200)) - np.log2(np.maximum(bottom, 1e-200))
    bits[0] = 0.0
    return np.asarray(bits, dtype=np.float64)
