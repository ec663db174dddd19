"""How often a caller may ask: a bucket of tokens each, told in the `RateLimit` headers of the IETF's draft
`draft-ietf-httpapi-ratelimit-headers-10`. Each process counts for itself.
"""

from __future__ import annotations

from math import ceil, floor

MOST_KEPT = 20_000
"""Above so many buckets those that are full again are dropped: a new one would be the same."""
Headers = list[tuple[bytes, bytes]]


class Bucket:
    """Holds what may be asked in one window at once, and fills up at `rate` tokens a second."""

    __slots__ = ("_at_s", "_left", "_policy", "most", "rate")

    def __init__(self, rate: float, now_s: float) -> None:
        window_s = max(1, ceil(1 / rate))
        self.rate = rate
        self.most = max(1, floor(rate * window_s))
        self._left = float(self.most)
        self._at_s = now_s
        self._policy = (b"ratelimit-policy", b'"key";q=%d;w=%d' % (self.most, window_s))

    def take(self, now_s: float) -> float:
        """Take a token. The seconds to wait for one where there is none, else 0."""
        self._fill(now_s)
        if self._left < 1:
            return (1 - self._left) / self.rate
        self._left -= 1
        return 0.0

    def full(self, now_s: float) -> bool:
        """Whether it is as if it were new."""
        self._fill(now_s)
        return self._left >= self.most

    def headers(self) -> Headers:
        """What the caller is told: what is left, and in how many seconds all of it is there again."""
        reset_s = ceil((self.most - self._left) / self.rate)
        return [(b"ratelimit", b'"key";r=%d;t=%d' % (self._left, reset_s)), self._policy]

    def _fill(self, now_s: float) -> None:
        if now_s > self._at_s:
            left = self._left + (now_s - self._at_s) * self.rate
            self._left = left if left < self.most else self.most
        self._at_s = now_s


class Rates:
    """The buckets of all callers, by their ids."""

    def __init__(self, rate: float) -> None:
        """`rate` holds for callers who have none of their own."""
        self._rate = rate
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, caller: str, rate: float | None, now_s: float) -> Bucket:
        """The bucket of a caller."""
        rate = self._rate if rate is None else rate
        found = self._buckets.get(caller)
        if found is None or found.rate != rate:
            if len(self._buckets) >= MOST_KEPT:
                self._buckets = {id: one for id, one in self._buckets.items() if not one.full(now_s)}
            found = self._buckets[caller] = Bucket(rate, now_s)
        return found
