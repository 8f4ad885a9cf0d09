"""Stop now: from the click to the last decision that shows what was stopped, over real HTTP, through the edge."""

import json
import threading
import time
import urllib.request

import pytest

from tests.faults.load import WRITE_KEY
from tests.running import Segue

pytestmark = pytest.mark.faults

# Everybody is shown one campaign, and nothing else is published afterwards: a draft of more lies ready.
PREPARE = f"""
from django.contrib.auth.models import User
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.publish import publish
from personalization.models import ApiToken
from sites import editing
from sites.models import Site
from sites.pages.history import Actor
site = Site(name="Stopped", domain="stopped.example", write_key="{WRITE_KEY}_stop")
editing.save(site, Actor.command("shell"))
plain, sale = (AdVariant.objects.create(site=site, key=key, name=key, headline=key) for key in ("plain", "sale"))
hero = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=plain)
campaign = Campaign.objects.create(site=site, key="sale", name="Sale", status="live")
Rule.objects.create(campaign=campaign, placement=hero, name="All", variant=sale)
publish(site, None)
AdVariant.objects.filter(pk=plain.pk).update(headline="not published")
ada = User.objects.create_superuser("stopper", "stopper@shop.example", "x")
print(campaign.pk, ApiToken.issue(name="CI", scopes=["publish"], created_by=ada)[1])
"""


def shown(segue: Segue, visitor: str) -> tuple[str, str]:
    """Key and headline."""
    body = {"writeKey": f"{WRITE_KEY}_stop", "anonymousId": visitor, "placements": ["hero"]}
    status, answer = segue.post("/v1/decide", body)
    decisions = answer.get("decisions", []) if status == 200 else []
    variant = decisions[0]["variant"] if decisions else None
    return (variant["key"], variant["fields"]["headline"]) if variant else ("", "")


def test_what_is_stopped_is_shown_to_nobody_a_moment_later_and_nothing_else_goes_out(running_segue):
    campaign, secret = running_segue.manage("shell", "-v", "0", "-c", PREPARE).split()
    running_segue.wait_for(lambda: shown(running_segue, "first")[0] == "sale")
    last, ended = [0.0], threading.Event()

    def watch(name: int) -> None:
        visit = 0
        while not ended.is_set():
            visit += 1
            if shown(running_segue, f"visitor-{name}-{visit}")[0] == "sale":
                last[0] = max(last[0], time.monotonic())

    watchers = [threading.Thread(target=watch, args=(name,)) for name in range(2)]
    for watcher in watchers:
        watcher.start()
    clicked = time.monotonic()
    request = urllib.request.Request(
        f"{running_segue.base_url}/api/v1/campaigns/{campaign}/stop/",
        b"{}",
        {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        release = json.loads(answer.read())
    answered = time.monotonic()
    running_segue.wait_for(lambda: shown(running_segue, "second")[0] == "plain")
    running_segue.wait_for(lambda: time.monotonic() > last[0] + 1)  # a straggler would come within it
    ended.set()
    for watcher in watchers:
        watcher.join()

    print(
        f"\nStop now: the last decision that showed it {(last[0] - clicked) * 1000:.0f} ms after the click,"
        f" which was answered after {(answered - clicked) * 1000:.0f} ms"
    )
    assert (release["note"], release["stops"]) == ("Stopped “Sale”", True)
    assert shown(running_segue, "third") == ("plain", "plain")
