"""May this address, or this site, send more now?"""


class TokenBuckets:
    """One bucket per address (or another key): `rate` messages a second on average, a minute's worth at once.

    Per process, in memory: with P web processes an address gets at most P times the rate, which is still a limit.
    Bounded like `tracking.bots.Pace`: two generations of at most `capacity` addresses.
    """

    BURST_SECONDS = 60

    def __init__(self, rate: int, capacity: int = 50_000) -> None:
        self.rate = rate
        self.burst = rate * self.BURST_SECONDS
        self.capacity = capacity
        self._young: dict[str, tuple[float, int]] = {}  # address -> (tokens left, at which time in ms)
        self._old: dict[str, tuple[float, int]] = {}

    def wait(self, address: str, now: int, cost: int = 1) -> int:
        """Takes `cost` tokens: 0, or without a single one the whole seconds until there is one. A rate of 0 never
        refuses.

        Who has one token may send a large batch, and is in debt afterwards, by a minute's worth at the most.
        """
        if not self.rate:
            return 0
        tokens, then = self._young.get(address) or self._old.pop(address, (float(self.burst), now))
        tokens = min(self.burst, tokens + max(0, now - then) * self.rate / 1000)
        allowed = tokens >= 1
        self._store(address, (max(tokens - cost, -self.burst) if allowed else tokens, now))
        return 0 if allowed else max(1, int(-(-(1 - tokens) // self.rate)))

    def charge(self, address: str, now: int, cost: int) -> None:
        """Takes more tokens for what `wait` has let in."""
        if self.rate:
            tokens, then = self._young.get(address, (0.0, now))
            self._store(address, (max(tokens - cost, -self.burst), then))

    def _store(self, address: str, bucket: tuple[float, int]) -> None:
        if address not in self._young and len(self._young) >= self.capacity:
            self._old, self._young = self._young, {}
        self._young[address] = bucket
