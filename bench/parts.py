"""Is matching of a small part of a file ever worse than plain Splink's?

    python -m bench.parts [SET ...] [--parts 5] [--rows 200] [--seed 1]

Draws parts of so many rows from each set, whole persons at a time, and matches each part alone: plain Splink at .95
+ connected components, and ours by default. Prints both F1 of every part, and how many parts came out below plain.
"""

import argparse

import numpy as np
import pyarrow as pa

from bench.accuracy import pairwise
from bench.sets import SETS, Set, load_set
from matching import match, plain_splink

DEFAULT = [*SETS, "anytown", "town"]


def main() -> None:
    """Draw, match, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=DEFAULT)
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    below = 0
    for name in asked.sets:
        rng = np.random.default_rng(asked.seed)
        whole = load_set(name)
        figures = [_compared(_part(whole, rng, asked.rows)) for _ in range(asked.parts)]
        below += sum(ours < plain for plain, ours in figures)
        shown = "  ".join(f"{plain:.3f} -> {ours:.3f}" for plain, ours in figures)
        print(f"{name:14} plain -> ours  {shown}", flush=True)
    print(f"{below} of {asked.parts * len(asked.sets)} parts below plain Splink")


def _part(whole: Set, rng: np.random.Generator, rows: int) -> Set:
    """Persons at random, with all their rows, until there are this many rows."""
    persons, of_row = np.unique(whole.persons, return_inverse=True)
    place = rng.permutation(len(persons))[of_row]
    taken = np.sort(np.argsort(place, kind="stable")[:rows])
    records = whole.records.take(pa.array(taken))
    return Set(records, whole.fields, whole.persons[taken], whole.households[taken])


def _compared(part: Set) -> tuple[float, float]:
    plain = np.asarray(plain_splink(part.records, part.fields))
    ours = match(part.records, part.fields).persons
    return pairwise(plain, part.persons)["f1"], pairwise(ours, part.persons)["f1"]


if __name__ == "__main__":
    main()
