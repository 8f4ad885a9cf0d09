"""What are the simulated visitors doing: how much of their past has been brought, and has somebody paused them? Told by
`simulate`, shown on Home and in the shop's drawer."""

import msgspec
from django.conf import settings
from redis.exceptions import RedisError

from sites import keys
from sites.times import now_ms
from tracking.freshness import connection


class State(msgspec.Struct, frozen=True):
    """`days` of the past that are to be brought, of which so many are `done`."""

    days: int = 0
    done: int = 0
    until: int = 0  # the moment at which that past ends, milliseconds; 0 before anything was said
    is_live: bool = False  # visits begin now
    began: int = 0  # when the bringing of it began, milliseconds

    def seconds_left(self, now: int) -> int | None:
        """At the pace until `now`, in tens, of what is brought day by day; None before the first day is there."""
        if not (self.done and self.began):
            return None
        pace = (now - self.began) / self.done
        return max(1, round(pace * (self.days - self.done) / 10_000)) * 10


_decoder = msgspec.json.Decoder(State)


def tell(state: State) -> None:
    connection().set(keys.DEMO, msgspec.json.encode(state))


def read() -> State:
    """As it was last told. Raises RedisError."""
    value = connection().get(keys.DEMO)
    return _decoder.decode(value) if value else State()


def pause(*, paused: bool) -> None:
    """Visits under way wait where they are, and no new ones begin."""
    if paused:
        connection().set(keys.DEMO_PAUSED, "1")
    else:
        connection().delete(keys.DEMO_PAUSED)


def is_paused() -> bool:
    return bool(connection().exists(keys.DEMO_PAUSED))


def for_pages() -> dict[str, object]:
    """What pages say of the demo; nothing where it is off, or Redis does not answer."""
    if not settings.DEMO:
        return {}
    try:
        known = read()
        return {"simulated": known, "paused": is_paused(), "seconds_left": known.seconds_left(now_ms())}
    except RedisError:
        return {}
