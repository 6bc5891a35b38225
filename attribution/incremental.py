"""Credit from kept counts: one more event, one more solve, and nothing is read again."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from attribution import markov
from attribution.errors import AttributionError
from attribution.paths import CONVERSION, NULL, START, UNATTRIBUTED, Floats


class KeptCounts:
    """What is the order-1 credit now that one more step was taken (or taken back)?

    Keeps the step counts of one storm as a dense table: START and the channels down, the channels, CONVERSION and NULL
    across. A re-threaded journey takes its old steps back as counts of -1 and adds its new ones; the credit then equals
    that of the journeys as they stand, for it depends on the sums alone. Meant for tens of channels: a solve costs n^3.
    """

    def __init__(self, channels: Sequence[str]) -> None:
        self.channels = tuple(channels)
        self._row = {START: 0} | {channel: i + 1 for i, channel in enumerate(self.channels)}
        self._column = {channel: i for i, channel in enumerate((*self.channels, CONVERSION, NULL))}
        self.counts = np.zeros((len(self._row), len(self._column)))
        self.value = np.zeros(len(self._row))

    def step(self, source: str, target: str, count: float = 1.0, *, value: float = 0.0) -> None:
        """Count a step from START or a channel to a channel, CONVERSION or NULL; negative counts take it back."""
        if source not in self._row or target not in self._column:
            raise AttributionError(f"no step from {source!r} to {target!r}: both must be channels of these counts")
        if value and target != CONVERSION:
            raise AttributionError("only a step to CONVERSION has a value")
        self.counts[self._row[source], self._column[target]] += count
        self.value[self._row[source]] += value

    def journey(self, path: Sequence[str], end: str, count: float = 1.0, *, value: float = 0.0) -> None:
        """Count all steps of a journey that ended in CONVERSION (worth `value` USD in all) or NULL."""
        steps = (START, *path, end)
        for source, target in pairwise(steps):
            self.step(source, target, count, value=value if target == CONVERSION else 0.0)

    def credit(self) -> Mapping[str, tuple[float, float]]:
        """How many conversions, and how much value in USD, does each channel earn under order-1 removal (redirect)?

        The last key, `unattributed`, holds conversions without a touch; all sum to the conversions and their value.
        """
        if self.counts.min(initial=0.0) < 0:
            row, column = np.unravel_index(self.counts.argmin(), self.counts.shape)
            step = f"{[*self._row][row]} -> {[*self._column][column]}"
            raise AttributionError(f"the step {step} was taken back more often than taken: count the journey again")
        earned, whole = self._earned()
        rest = whole - earned.sum(axis=0)
        rows = [*earned.tolist(), np.where(np.abs(rest) > 1e-12 * whole, rest, 0.0).tolist()]
        return {name: (row[0], row[1]) for name, row in zip((*self.channels, UNATTRIBUTED), rows, strict=True)}

    def _earned(self) -> tuple[Floats, Floats]:
        size = len(self.channels)
        totals = self.counts.sum(axis=1, keepdims=True)
        totals[totals == 0] = 1.0
        steps = self.counts / totals
        ends = np.stack([self.counts[:, size], self.value], axis=1)
        try:
            lost, _ = markov.lost_without(steps[0, :size], steps[1:, :size], ends[1:] / totals[1:])
        except np.linalg.LinAlgError as singular:
            raise AttributionError(
                "some channels never lead to an end: count each journey's last step too"
            ) from singular
        whole = ends.sum(axis=0)
        return markov.shares(lost) * (whole - ends[0]), whole
