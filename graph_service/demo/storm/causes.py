"""What makes a household sign? A simulator with known causes: what each channel and play is truly worth.

Every household has a plan: the touches it would get if it never signed. Each touch convinces with a chance of its own,
from its channel and its play, raised by what paved the way before it; the first that convinces ends the plan in a
signature. Some calls and visits only happen because an earlier touch prompted them. So the true worth of a channel is
the share of expected signatures lost when its touches, and all that they prompt, are taken out of every plan.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

DAY = 86_400_000  # milliseconds
OPENED = 1_715_900_000_000  # the hail of May 2024, as the town's six systems saw it too
WINDOW = 120 * DAY
STORM = "DFW_STORM_24"
REACHED = 0.85  # of the households get any touch
MOST_TOUCHES = 9
NO_PLAY = "no_play"

CHANNELS = ("door_knock", "mail", "paid_search", "web", "call", "sms", "direct")
CONVINCES: Mapping[str, float] = {
    "door_knock": 0.10, "mail": 0.015, "paid_search": 0.03, "web": 0.035, "call": 0.13, "sms": 0.05, "direct": 0.0,
}  # fmt: skip
PAVES: Mapping[str, float] = {"mail": 0.9, "door_knock": 0.35, "paid_search": 0.25}  # how much later touches gain
PROMPTS: Mapping[str, Mapping[str, float]] = {
    "mail": {"call": 0.25, "web": 0.15}, "paid_search": {"web": 0.55, "call": 0.1}, "door_knock": {"call": 0.15},
}  # fmt: skip
PLAYS: Mapping[str, tuple[tuple[str, float, float], ...]] = {  # per channel: play, how often, times as convincing
    "door_knock": (("storm_first", 0.5, 1.5), ("free_check", 0.3, 1.1), (NO_PLAY, 0.2, 0.7)),
    "mail": (("free_check", 0.6, 1.3), (NO_PLAY, 0.4, 0.8)),
    "call": (("call_back", 0.5, 1.3), (NO_PLAY, 0.5, 0.9)),
    "sms": (("call_back", 0.7, 1.1), (NO_PLAY, 0.3, 0.7)),
}
FIRST = (0.34, 0.26, 0.14, 0.07, 0.05, 0.03, 0.11)
NEXT = {  # what follows unprompted, in the order of CHANNELS, and the end of the plan
    "door_knock": (0.10, 0.10, 0.06, 0.06, 0.08, 0.16, 0.04, 0.40),
    "mail": (0.18, 0.12, 0.06, 0.04, 0.04, 0.04, 0.06, 0.46),
    "paid_search": (0.08, 0.06, 0.12, 0.10, 0.06, 0.06, 0.08, 0.44),
    "web": (0.10, 0.05, 0.08, 0.12, 0.12, 0.10, 0.08, 0.35),
    "call": (0.16, 0.04, 0.02, 0.06, 0.12, 0.20, 0.02, 0.38),
    "sms": (0.10, 0.04, 0.04, 0.08, 0.18, 0.10, 0.04, 0.42),
    "direct": (0.10, 0.08, 0.06, 0.14, 0.06, 0.06, 0.10, 0.40),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One touch of a plan: when, through which channel, under which play, and which earlier one prompted it."""

    at: int
    channel: str
    play: str
    prompted_by: int | None
    luck: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What one household would get if it never signed."""

    household: str
    touches: tuple[Planned, ...]
    worth: float
    hesitates: int

    @property
    def signed(self) -> int | None:
        """Which touch convinced it; None where none did."""
        chances = chances_of(self.touches)
        return next((i for i, touch in enumerate(self.touches) if touch.luck < chances[i]), None)


def draw_plans(seed: int, households: Sequence[str]) -> list[Plan]:
    """What would each of these households get? The same arguments, the same plans."""
    rng = np.random.default_rng([seed, 24])
    return [_plan(rng, household) for household in households if rng.random() < REACHED]


def _plan(rng: np.random.Generator, household: str) -> Plan:
    at = OPENED + int(rng.integers(0, 20 * DAY))
    touches = [_touch(rng, at, CHANNELS[rng.choice(len(CHANNELS), p=FIRST)], None)]
    while len(touches) < MOST_TOUCHES:
        last = len(touches) - 1
        prompted = _prompted(rng, touches[last].channel)
        channel = prompted or (*CHANNELS, "")[rng.choice(len(CHANNELS) + 1, p=NEXT[touches[last].channel])]
        if not channel:
            break
        at += int(rng.exponential((1 if prompted else 4) * DAY)) + 60_000
        touches.append(_touch(rng, at, channel, last if prompted else None))
    inside = tuple(touch for touch in touches if touch.at < OPENED + WINDOW - 10 * DAY)
    return Plan(household, inside, round(float(rng.lognormal(9.5, 0.35)), -2), int(rng.integers(1, 5) * DAY))


def _prompted(rng: np.random.Generator, channel: str) -> str:
    luck = rng.random()
    for prompted, chance in PROMPTS.get(channel, {}).items():
        luck -= chance
        if luck < 0:
            return prompted
    return ""


def _touch(rng: np.random.Generator, at: int, channel: str, prompted_by: int | None) -> Planned:
    plays = PLAYS.get(channel, ((NO_PLAY, 1.0, 1.0),))
    play = plays[rng.choice(len(plays), p=[share for _, share, _ in plays])][0]
    return Planned(at, channel, play, prompted_by, float(rng.random()))


def chances_of(touches: Sequence[Planned]) -> list[float]:
    """How likely does each touch convince, given those before it?"""
    chances, paved = [], set[str]()
    for touch in touches:
        times = {play: factor for play, _, factor in PLAYS.get(touch.channel, ())}.get(touch.play, 1.0)
        ease = 1.0 + sum(PAVES[channel] for channel in paved)
        chances.append(min(CONVINCES[touch.channel] * times * ease, 0.95))
        paved |= {touch.channel} & PAVES.keys()
    return chances


def expected(plans: Sequence[Plan], gone: Callable[[Planned], bool] = lambda touch: False) -> float:
    """How many households sign in the mean, if these touches, and all that they prompt, do not happen?"""
    return sum(1.0 - prod(1.0 - chance for chance in chances_of(_left(plan, gone))) for plan in plans)


def _left(plan: Plan, gone: Callable[[Planned], bool]) -> list[Planned]:
    out: list[bool] = []
    for touch in plan.touches:
        out.append(gone(touch) or (touch.prompted_by is not None and out[touch.prompted_by]))
    return [touch for touch, lost in zip(plan.touches, out, strict=True) if not lost]


def truth(plans: Sequence[Plan]) -> dict[str, dict[str, float]]:
    """What is each channel, and each play, truly worth? Shares of what is lost without it; they sum to 1."""
    whole = expected(plans)
    channels = {name: 1 - expected(plans, lambda touch, own=name: touch.channel == own) / whole for name in CHANNELS}  # type: ignore[misc]
    plays = sorted({touch.play for plan in plans for touch in plan.touches})
    played = {name: 1 - expected(plans, lambda touch, own=name: touch.play == own) / whole for name in plays}  # type: ignore[misc]
    return {
        by: {name: lost / sum(effects.values()) for name, lost in effects.items()}
        for by, effects in (("channel", channels), ("play", played))
    }
