import random
from datetime import datetime
from itertools import pairwise

import pytest

from personalization.demo.simulator import Client, Live, Unreachable

NOW = 1_790_000_000_000


class World:
    """A clock that only sleeping moves, and a server that takes everything."""

    def __init__(self, *refusals: Exception) -> None:
        self.now, self.refusals, self.sent = NOW, list(refusals), []

    def clock(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(1, round(seconds * 1000))

    def live(self, **options) -> Live:
        world = self

        class Recorder(Client):
            def post(self, path: str, body: dict) -> dict:
                if world.refusals:
                    raise world.refusals.pop(0)
                world.sent.append((world.now, path, body))
                token = f"http://shop.test/v1/i/token-{len(world.sent)}"
                offered = {"variant": {"key": "sale"}, "rule": {"id": 1}, "impressionUrl": token}
                return {"decisions": [{"placement": key, **offered} for key in body.get("placements", ())]}

        return Live(
            Recorder("http://shop.test", "sk"),
            100,
            random.Random(3),
            10,
            clock=self.clock,
            sleep=self.sleep,
            **options,
        )

    def told(self) -> list[tuple[int, dict]]:
        return [(at, message) for at, _, body in self.sent for message in body.get("events", body.get("batch", []))]


def test_everything_is_told_at_the_moment_at_which_it_happens():
    world = World()

    world.live().run(6)

    assert world.told()
    for at, message in world.told():
        assert datetime.fromisoformat(message["timestamp"]).timestamp() * 1000 == pytest.approx(at, abs=1)


def test_what_was_seen_comes_before_the_order():
    world = World()

    done = world.live().run(40)

    ordered = next(at for at, message in world.told() if message.get("event") == "Order Completed")
    engaged = [(at, line) for at, _, body in world.sent for line in body.get("engagements", ())]
    seen = [at for at, line in engaged if line["type"] == "impression"]
    assert seen[0] < ordered
    assert done["impression"] == len(seen)
    assert done["visits"] == 40


def test_visits_go_on_at_the_same_time():
    world = World()

    world.live().run(10)

    visitors = [message["anonymousId"] for _, message in world.told()]
    turns = sum(before != after for before, after in pairwise(visitors))
    assert turns > len(set(visitors)) * 2


def test_who_is_in_a_hurry_sees_visits_pass_quicker():
    slow, quick = World(), World()

    slow.live().run(1)
    quick.live(speed=10).run(1)

    assert (slow.now - NOW) / (quick.now - NOW) == pytest.approx(10, rel=0.1)


def test_while_they_are_paused_nothing_comes_and_then_they_go_on_where_they_were():
    paused, free = World(), World()
    nap = range(NOW + 20_000, NOW + 320_000)

    paused.live(is_paused=lambda: paused.now in nap).run(5)
    free.live().run(5)

    assert not [at for at, _, _ in paused.sent if at in nap]
    assert [path for _, path, _ in paused.sent] == [path for _, path, _ in free.sent]
    assert paused.now - free.now == pytest.approx(300_000, abs=2_000)


def test_a_server_that_is_away_is_told_of_and_the_others_come_later():
    world = World(Unreachable("503"))
    live = world.live()

    with pytest.raises(Unreachable):
        live.run(2)
    live.run(1)

    assert world.sent
