"""Made-up people for the tests of matching: a few hundred records of known persons, drawn from a seed."""

import numpy as np
import pyarrow as pa

from matching import CANONICAL, FieldType

GIVEN = ["james", "mary", "robert", "patricia", "john", "jennifer", "michael", "linda", "david", "elizabeth"]
FAMILY = ["smith", "johnson", "williams", "brown", "jones", "garcia", "miller", "davis", "okafor", "nakamura"]
STREETS = ["oak st", "main st", "cedar ave", "elm dr", "maple ln", "pine ct"]
COLUMNS = ("first_name", "last_name", "date_of_birth", "email", "phone", "street_address", "zip")
FIELDS: dict[str, FieldType] = {name: CANONICAL[name] for name in COLUMNS}


def draw(families: int = 60, *, seed: int = 1) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Records, and the true person and household of each: families of one to four, two to four records a person."""
    rng = np.random.default_rng(seed)
    rows, person, household = [], [], []
    number = 0
    for home in range(families):
        family, phone = rng.choice(FAMILY), f"+1817555{rng.integers(1000, 9999)}"
        address, post = f"{rng.integers(1, 9999)} {rng.choice(STREETS)}", f"76{rng.integers(100, 130)}"
        for given in rng.choice(GIVEN, rng.integers(1, 5), replace=False):
            born = f"{rng.integers(1940, 2005)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
            truth = dict(
                zip(COLUMNS, (given, family, born, f"{given}{number}@mail.com", phone, address, post), strict=True)
            )
            for _ in range(rng.integers(2, 5)):
                seen = {k: None if rng.random() < 0.15 else _slip(v, rng) for k, v in truth.items()}
                rows.append({**seen, "source": str(rng.choice(["crm", "web"])), "record_id": f"r{len(rows):05}"})
                person.append(number)
                household.append(home)
            number += 1
    names = ("source", "record_id", *COLUMNS)
    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
    return table, np.array(person), np.array(household)


def _slip(value: str, rng: np.random.Generator) -> str:
    if rng.random() < 0.93:
        return value
    place = int(rng.integers(0, len(value)))
    return value[:place] + value[place + 1 :]


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    """Pairwise F1 of two partitions."""
    joint = np.unique(np.stack([found, truth]), axis=1, return_counts=True)[1]
    right, made, true = (float((n * (n - 1) / 2).sum()) for n in (joint, np.bincount(found), np.bincount(truth)))
    return 2 * right / (made + true) if made + true else 1.0


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    """Do two numberings draw the same groups?"""
    pairs = len(np.unique(np.stack([one, other]), axis=1)[0])
    return bool(pairs == len(np.unique(one)) == len(np.unique(other)))
