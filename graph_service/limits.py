"""How many requests a key may send: a token bucket for each, in this process.

A bucket holds a burst and is filled at a steady rate; a request takes one token. Several processes keep a bucket each,
so that a key may send that many times as much (a shared counter would cost every read a round trip).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from graph_service.errors import ServiceError

KEPT_BUCKETS = 10_000
POLICY = "key"


class TooMany(ServiceError):
    """The key has sent more requests than it may; Retry-After says when the next one is welcome."""

    name, status = "too_many_requests", 429


@dataclass(slots=True)
class Bucket:
    """The tokens that a key had at a moment."""

    tokens: float
    at: float


class Buckets:
    """The buckets of every key lately seen; a key that was long away has a full one."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        window = max(1, math.ceil(burst / rate))
        self.policy = f'"{POLICY}";q={burst};w={window}'.encode()

    def take(self, owner: tuple[str, str]) -> bytes:
        """Take a token of this key; answers the value of the RateLimit header. Raises TooMany."""
        now = self._clock()
        bucket = self._buckets.get(owner)
        if bucket is None:
            bucket = self._buckets[owner] = Bucket(float(self._burst), now)
            if len(self._buckets) > KEPT_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
            bucket.at = now
            self._buckets.move_to_end(owner)
        if bucket.tokens < 1:
            wait = math.ceil((1 - bucket.tokens) / self._rate)
            raise TooMany(f"This key may send {self._rate:g} requests a second.", retry_after=max(1, wait))
        bucket.tokens -= 1
        return self._header(bucket)

    def told(self, owner: tuple[str, str]) -> bytes:
        """The value of the RateLimit header as it stands: what is left, and in how many seconds the bucket is full."""
        bucket = self._buckets.get(owner)
        return self._header(bucket or Bucket(float(self._burst), 0.0))

    def _header(self, bucket: Bucket) -> bytes:
        full = math.ceil((self._burst - bucket.tokens) / self._rate)
        return f'"{POLICY}";r={int(bucket.tokens)};t={full}'.encode()
