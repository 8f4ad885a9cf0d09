import random
from collections import Counter

import pytest

from personalization.demo.personas import Simulated
from personalization.demo.simulator import Client, Refused, Unreachable, import_history, live_visit

NOW = 1_790_000_000_000


class Recorder(Client):
    """A client whose server is this list; `answers` are raised or returned in turn, then everything is taken."""

    def __init__(self, *answers) -> None:
        super().__init__("http://shop.test", "wk_demo")
        self.answers, self.sent = list(answers), []

    def post(self, path: str, body: dict) -> dict:
        self.sent.append((path, body))
        if self.answers:
            raise self.answers.pop(0)
        token = f"http://shop.test/v1/i/token-{len(self.sent)}"
        return {
            "decisions": [
                {"placement": key, "rule": {"id": 1}, "impressionUrl": token} for key in body.get("placements", ())
            ]
        }


def test_the_past_comes_in_order_of_time_and_in_batches():
    client = Recorder()

    sent = list(import_history(client, 60, NOW, 10))

    messages = [message for _, body in client.sent for message in body["batch"]]
    starts = {}
    for message in messages:
        starts.setdefault((message["anonymousId"], message["messageId"].split("-")[2]), message["timestamp"])
    assert list(starts.values()) == sorted(starts.values())
    assert sum(sent) == len(messages)
    assert len(client.sent) > 1


def test_tries_again_while_a_repeat_can_help():
    client = Recorder(Unreachable("503"), Unreachable("refused"))
    waited: list[float] = []

    client.post_until_taken("/v1/import", {"batch": []}, waited.append)

    assert waited == [1, 2]
    assert len(client.sent) == 3


def test_does_not_repeat_what_is_refused():
    client = Recorder(Refused("400"))

    with pytest.raises(Refused):
        client.post_until_taken("/v1/import", {"batch": []}, lambda seconds: None)

    assert len(client.sent) == 1


def test_a_live_visit_asks_for_decisions_with_its_events_and_reacts():
    client, pauses = Recorder(), Counter()

    done = live_visit(client, Simulated(3), random.Random(5), NOW, lambda: pauses.update(["pause"]))

    questions = [body for path, body in client.sent if path == "/v1/decide"]
    assert questions[0]["events"][0]["type"] == "page"
    assert sum(len(question["events"]) for question in questions) == done["events"]
    assert pauses["pause"] == len(questions)
    assert done["impression"] == sum(body.get("type") == "impression" for _, body in client.sent)
    latest = max(message["timestamp"] for question in questions for message in question["events"])
    assert latest.startswith("2026-09-21T14:13:20")
