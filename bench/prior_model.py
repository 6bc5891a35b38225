"""Which model serves a tenant that has trained none? Trained on made-up towns; writes `matching/prior_model.json`.

Learns from several towns' people at once what names, numbers and homes of one person look like, then forgets whatever
belongs to those towns alone: value counts but for common names, penalties of sources, trapped values.
Run: `python -m bench.prior_model [--size N] [--seed S]`; then look at what the tests of the prior model say.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.sets import load_set
from matching import Model, choose_rules, match

TARGET = Path(__file__).parents[1] / "matching" / "prior_model.json"
COMMON = ("first_name", "last_name")
LEAST_COUNT = 8
DIGITS = 6


def learnt(size: int, seed: int) -> Model:
    """The model of one town, with what is particular to it taken out."""
    town = load_set(f"anytown:{seed}:{size}")
    found = match(town.records, town.fields)
    sure = found.links["weight"].to_numpy() > 0
    matches = (found.links["left"].to_numpy()[sure], found.links["right"].to_numpy()[sure])
    model = found.model
    counts = model.counts.filter(
        pc.and_(
            pc.is_in(model.counts["column"], value_set=pa.array(COMMON)),
            pc.greater_equal(model.counts["count"], LEAST_COUNT),
        )
    )
    card = {"rows": town.records.num_rows, "traps": [], "blocks": choose_rules(town.records, model, matches)}
    grades = tuple(
        replace(g, **{n: np.round(getattr(g, n), DIGITS + 4) for n in ("m", "u", "home", "raw")}) for g in model.grades
    )
    return replace(model, counts=counts, penalties={}, card=card, grades=grades)


def main() -> None:
    """Train, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    model = learnt(given.size, given.seed)
    TARGET.write_text(model.to_json() + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, blocks {model.card['blocks']}")


if __name__ == "__main__":
    main()
