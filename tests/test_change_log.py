"""Whatever changes what visitors may see is in the change log, once, with who did it: by every page, call of the API,
table of the admin, command and task that there is.

The routes are found, not listed. A new one fails here until somebody says below what it changes, with a way to do it,
or why it changes nothing that visitors may see.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command, get_commands
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from campaigns.approval import ask
from campaigns.content import Picture, Theme
from campaigns.coupons.tables import Coupon, CouponCode
from campaigns.golive import compile_release
from campaigns.looks import PLAIN
from campaigns.models import (
    AdVariant,
    ApprovalRequest,
    Arm,
    Campaign,
    Conclusion,
    ExclusionGroup,
    Goal,
    Metric,
    Override,
    Placement,
    Release,
    Rule,
    Treatment,
)
from campaigns.pictures import library
from campaigns.publish import publish
from personalization.celery import app
from personalization.demo.urls import urlpatterns as demo_pages
from personalization.management.commands import replay
from personalization.models import ApiToken, PolicyEvaluation
from personalization.people import link_for
from personalization.replaying import Summary
from recommendations.editing import load_items
from recommendations.models import Item
from segments import population
from segments.clustering import selection
from segments.features import vector
from segments.fitting import CLUSTER_FEATURES
from segments.models import ModelVersion, Segment, TrainingRun
from segments.population import Population
from segments.tasks import train_all, train_clusters
from segments.training_runs import new_run
from sites.models import Site
from sites.pages.history import NOBODY, Actor, read, record
from tests import factories
from tests.admin_forms import fields_of
from tests.architecture import RANKS
from tests.clusters import promote
from tests.events import START
from tests.goals import make_goal
from tests.pictures import a_picture
from tests.segments.conftest import buyer, passer_by, reader
from tracking.models import Visitor

CHANGED = (
    *(
        Site,
        Placement,
        Campaign,
        Goal,
        Rule,
        Treatment,
        Arm,
        Metric,
        Conclusion,
        AdVariant,
        Theme,
        Picture,
        Coupon,
        CouponCode,
        Segment,
        Item,
        Release,
        ApiToken,
        User,
    ),
    *(TrainingRun, ModelVersion, ApprovalRequest, PolicyEvaluation, Override, ExclusionGroup),
)
VISITOR = UUID(int=77)
WRITING = {"post", "put", "patch", "delete"}
# What stands in an address for a part of its kind, to ask a page which methods it takes.
SAMPLES = {
    "int": "1",
    "slug": "x",
    "str": "x",
    "path": "x",
    "visitor": "0" * 32,
    "uuid": "00000000-0000-0000-0000-000000000000",
}


# --- which routes are there? ----------------------------------------------------------------------


def addresses(resolvers: list, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Every page and call, without the admin's."""
    for entry in resolvers:
        if isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry
        elif entry.namespace != "admin":
            yield from addresses(entry.url_patterns, prefix + str(entry.pattern))


def writing_routes(address: str, pattern: URLPattern) -> set[str]:
    """Those behind an address: one for each action of a resource of the API, else the page."""
    view = pattern.callback
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if actions := getattr(view, "actions", None):
        taken = WRITING & set(kind.http_method_names)
        return {f"api {view.initkwargs['basename']} {action}" for method, action in actions.items() if method in taken}
    if kind:
        takes_posts = any(hasattr(kind, method) for method in WRITING)
    else:
        takes_posts = not isinstance(pattern.pattern, RoutePattern) or is_answered(address)
    return {f"page {pattern.name or (kind or view).__name__}"} if takes_posts else set()


def is_answered(address: str) -> bool:
    """Whether a page takes what is posted, whoever asks: its method is looked at before."""
    return (
        Client().post(re.sub(r"<(?:(\w+):)?\w+>", lambda part: SAMPLES[part[1] or "str"], address)).status_code != 405
    )


def admin_routes(user: Any) -> Iterator[str]:
    """What an administrator may do in each table, and what else the admin answers."""
    request = RequestFactory().get("/")
    request.user = user
    for model, table in admin.site._registry.items():
        name = model._meta.label_lower
        may = {
            "add": table.has_add_permission,
            "change": table.has_change_permission,
            "delete": table.has_delete_permission,
        }
        yield from (f"admin {name} {verb}" for verb, allowed in may.items() if allowed(request))
        yield from (f"admin {name} {action}" for action in table.get_actions(request))
        if table.list_editable:
            yield f"admin {name} list"
        usual = {f"{name.replace('.', '_')}_{page}" for page in ("add", "change", "delete", "history", "changelist")}
        yield from (f"admin {name} {url.name}" for url in table.get_urls() if url.name and url.name not in usual)
    own = [entry for entry in admin.site.get_urls() if isinstance(entry, URLPattern)]
    yield from (f"admin {entry.name or entry.callback.__name__}" for entry in own)


def tasks() -> set[str]:
    """Of the worker, by whomever they are asked for."""
    app.loader.import_default_modules()
    return {f"task {name}" for name in app.tasks if name.split(".")[0] in RANKS}


def commands() -> set[str]:
    """Ours: those that come with Django or a package do what whoever owns the machine tells them."""
    return {f"command {name}" for name, app in get_commands().items() if app in RANKS}


# --- what do they change? -------------------------------------------------------------------------


class World:
    """A site with something of each kind, and those who change it."""

    def __init__(self, site: Site, ada: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site, self.ada, self.folder, self.monkeypatch = site, ada, folder, monkeypatch
        self.sale = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
        self.spare = AdVariant.objects.create(site=site, key="spare", name="Spare", headline="Spare")
        self.hero = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=self.sale)
        self.empty = Placement.objects.create(site=site, key="empty", name="Empty")
        self.orders = make_goal(site, key="orders", name="Orders")
        self.unused = make_goal(site, "Signed Up", key="sign-ups", name="Sign-ups")
        self.autumn = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live", goal=self.orders)
        self.first, self.second = (
            Rule.objects.create(
                campaign=self.autumn, placement=self.hero, name=name, variant=self.sale, priority=priority
            )
            for name, priority in (("First", 800), ("Second", 400))
        )
        self.photo = library.add(site, a_picture(), "photo.png", factories.TESTER)[0]
        LogEntry.objects.all().delete()
        self.coupon = Coupon.objects.create(site=site, key="save10", name="Ten off", code="SAVE10", percent=10)
        self.letter = Coupon.objects.create(site=site, key="letter", name="Letter", percent=20)
        self.theme = Theme.objects.create(site=site)
        self.test = Treatment.objects.create(site=site, key="test", name="Test")
        Arm.objects.create(treatment=self.test, key="a", variant=self.sale)
        self.tried = PolicyEvaluation.objects.create(
            site=site, treatment=self.test, target={"kind": "arm", "arm": "a"}, state="failed"
        )
        Override.objects.create(treatment=self.test, visitor_id=VISITOR, arm="a")
        self.held = Treatment.objects.create(site=site, key="held", name="Held", kind="holdout", campaign=self.autumn)
        for key, weight in (("held", 50), ("open", 950)):
            Arm.objects.create(treatment=self.held, key=key, weight=weight)
        self.group = ExclusionGroup.objects.create(site=site, key="apart", name="Apart")
        self.rich = Segment.objects.create(
            site=site, key="rich", name="Rich", condition={"visitor.sessions": {"$gt": 9}}
        )
        self.mug = Item.objects.create(
            site=site, key="mug", name="Mug", category="Kitchen", url="/mug", price_minor=900, currency="EUR"
        )
        self.token, secret = ApiToken.issue(name="CI", scopes=["read", "write", "publish"], created_by=ada)
        self.edgar = factories.make_user("editor")
        self.gone = User.objects.create_user("gwen", is_active=False)
        self.browser = Client()
        self.browser.force_login(ada)
        self.program = Client(headers={"Authorization": f"Bearer {secret}"})

    def promote_clusters(self) -> int:
        self.monkeypatch.setattr(settings, "ARTIFACT_DIR", self.folder)
        return promote(self.site).pk

    def post(self, address: str, **fields: object) -> None:
        self._done(self.browser.post(address, fields))

    def fill_in(self, address: str, **fields: object) -> None:
        """A form of the admin, as it is drawn, but for these fields."""
        self._done(self.browser.post(address, fields_of(self.browser.get(address)) | fields))

    def ask(self, method: str, path: str, **body: object) -> None:
        self._done(self.program.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json"))

    def ask_in_person(self, method: str, path: str, **body: object) -> None:
        self._done(self.browser.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json"))

    def bring_live(self, note: str) -> Release:
        self.sale.headline = note
        self.sale.save()
        release = publish(self.site, self.ada, note)
        compile_release(release.pk)
        LogEntry.objects.all().delete()
        return release

    def visitor(self) -> str:
        now = timezone.now()
        Visitor.objects.create(id=VISITOR, site=self.site, first_seen_at=now, last_seen_at=now)
        return VISITOR.hex

    def bandit(self) -> Treatment:
        row = Treatment.objects.create(site=self.site, key="bandit", name="Bandit", kind="bandit")
        for key, variant in (("a", self.sale), ("b", self.spare)):
            Arm.objects.create(treatment=row, key=key, variant=variant)
        return row

    def pause_in_draft(self) -> None:
        Campaign.objects.filter(pk=self.autumn.pk).update(status="paused")

    def choose_a_password(self) -> None:
        somebody = Client()
        page = somebody.get(link_for(self.ada), follow=True)
        typed = {"new_password1": "another horse", "new_password2": "another horse"}
        self._done(somebody.post(page.request["PATH_INFO"], typed))

    def wait(self) -> None:
        ask(self.autumn, self.ada)
        LogEntry.objects.all().delete()

    def _done(self, answer: Any) -> None:
        assert answer.status_code in (200, 201, 202, 204, 302), answer.content.decode()[:2000]


@dataclass(frozen=True)
class Route:
    """`do` it, and an entry about this row says these words. A row that comes `with_it` has an entry of its own."""

    do: Callable[[World], object]
    about: str
    words: str
    with_it: str = ""


POT = {"key": "pot", "name": "Pot", "category": "Kitchen", "url": "/pot", "price_minor": 900}
RULE = {"condition-mode": "rows", "priority": "500", "enabled": "on"}
GOAL = {"name": "Calls", "event": "Called", "value_kind": "fixed", "value_minor": "3", "window_days": "7"}
SITE = {
    "name": "Shop", "domain": "shop.example", "time_zone": "UTC", "currency": "EUR", "attribution": "last_click",
    "view_through": "on", "consent_in_europe": "opt_out", "consent_mode": "opt_out", "verify_users": "on",
}  # fmt: skip
LOOK = {"template": "hero", "background": "#1f2937", "foreground": "#ffffff"}


def rule_fields(world: World, **fields: object) -> dict[str, object]:
    return RULE | {"placement": world.hero.pk, "variant": world.sale.pk} | fields


def mend_rich(world: World) -> None:
    Segment.objects.filter(key="rich").update(condition={"referral.source": "google"})
    call_command("mend_sources", stdout=StringIO())


def import_a_file(world: World) -> None:
    file = world.folder / "items.json"
    file.write_text(json.dumps([POT]))
    call_command("import_items", "wk_test", file)


def replay_nothing(world: World) -> None:
    """The command makes a site for a recording; what it records is no concern here."""

    async def nothing(*_: object) -> Summary:
        return Summary()

    @contextmanager
    def nobody_stores() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(claims=SimpleNamespace(places=()))

    world.monkeypatch.setattr(replay, "_replay", nothing)
    world.monkeypatch.setattr(replay, "storing", nobody_stores)
    file = world.folder / "access.log"
    file.write_text('10.0.0.1 - - [17/May/2015:10:05:03 +0200] "GET / HTTP/1.1" 200 203 "-" "Mozilla/5.0"\n')
    call_command("replay", file, format="access-log")


def simulate_nobody(world: World) -> None:
    """Without visitors: what is left is to train on those who are there, too few."""
    site = factories.make_site(write_key="wk_demo", name="Demo")
    call_command("publish", site.write_key, "--here")
    LogEntry.objects.all().delete()
    call_command("simulate", visitors=0, visits=0)


def train_too_few(world: World) -> None:
    with pytest.raises(CommandError, match="nothing was trained"):
        call_command("train", site="wk_test")


def train_a_crowd(world: World) -> None:
    """What a worker does whom a person asked."""
    run = new_run(world.site, Actor(world.ada))
    LogEntry.objects.all().delete()
    kinds = [vector(kind(0), START, CLUSTER_FEATURES) for kind in (reader, buyer, passer_by)]
    X = np.array(kinds * 40) + np.random.default_rng(0).normal(0, 0.01, (120, len(CLUSTER_FEATURES)))
    people = Population([f"{number * 7 % 256:032x}" for number in range(120)], CLUSTER_FEATURES, X.clip(0), 0, 1)
    world.monkeypatch.setattr(settings, "ARTIFACT_DIR", world.folder)
    world.monkeypatch.setattr(population, "sample", lambda *_: people)
    world.monkeypatch.setattr(selection, "RESAMPLES", 2)
    train_clusters(run.pk)


def roll_back(world: World, how: Callable[[int, int], object]) -> None:
    old = world.bring_live("Once")
    world.bring_live("Now")
    how(old.number, old.pk)


POT_TYPED = {"key": "pot", "name": "Pot", "category": "Kitchen", "url": "/pot", "price_minor": "9"}
PAGES = {
    "item-new": Route(lambda world: world.post("/catalogue/new/", **POT_TYPED), "Pot", "Added."),
    "item": Route(
        lambda world: world.post(
            f"/catalogue/{world.mug.pk}/",
            **POT_TYPED | {"key": "mug", "name": "Mug", "url": "/mug", "price_minor": "8.50", "available": "on"},
        ),
        "Mug",
        "Price: 9.00 EUR → 8.50 EUR.",
    ),
    "item-delete": Route(lambda world: world.post(f"/catalogue/{world.mug.pk}/delete"), "Mug", "Deleted."),
    "placement-new": Route(
        lambda world: world.post("/placements/new/", name="Bar", key="bar", min_height="40", width="0", enabled="on"),
        "Bar",
        "Added.",
    ),
    "placement": Route(
        lambda world: world.post(
            "/placements/p/empty/",
            name="Empty",
            key="empty",
            min_height="40",
            width="0",
            page="Home",
            spot="top",
            enabled="on",
        ),
        "Empty",
        "Page: nothing → Home; Where on the page: Not said yet → Across the page, at its top; Height that is reserved, in"
        " pixels: 0 → 40.",
    ),
    "placement-delete": Route(lambda world: world.post("/placements/p/empty/delete"), "Empty", "Deleted."),
    "items-import": Route(
        lambda world: world.post("/catalogue/import/", text=json.dumps([POT])),
        "Shop",
        "Catalogue imported: 1 item added, 0 updated, 0 retired, 0 faults.",
    ),
    "campaign-new": Route(
        lambda world: world.post("/campaigns/new/", name="Spring", goal=world.orders.pk, status="draft"),
        "Spring",
        "Added.",
    ),
    "campaign-traffic": Route(
        lambda world: world.post(
            "/campaigns/c/autumn/traffic/", name="Autumn", key="autumn", goal=world.unused.pk, status="live"
        ),
        "Autumn",
        "Goal: Orders → Sign-ups.",
    ),
    "campaign-status": Route(
        lambda world: world.post("/campaigns/status", campaign="autumn", status="paused"),
        "Autumn",
        "Status set to Paused.",
    ),
    "campaign-launch": Route(
        lambda world: (world.pause_in_draft(), world.post("/campaigns/c/autumn/launch")),
        "Autumn",
        "Launched.",
        "Release 1",
    ),
    "campaign-stop": Route(
        lambda world: (world.bring_live("Once"), world.post("/campaigns/c/autumn/stop")),
        "Autumn",
        "Stopped: visitors see it no more.",
        "Release 2",
    ),
    "rule-stop": Route(
        lambda world: (world.bring_live("Once"), world.post(f"/campaigns/rules/{world.first.pk}/stop")),
        "First",
        "Stopped: visitors see it no more.",
        "Release 2",
    ),
    "campaign-pause": Route(lambda world: world.post("/campaigns/c/autumn/pause"), "Autumn", "Status set to Paused."),
    "campaign-ask": Route(
        lambda world: world.post("/campaigns/c/autumn/ask", note="Please"), "Autumn", "Asked for approval: Please"
    ),
    "campaign-withdraw": Route(
        lambda world: (world.wait(), world.post("/campaigns/c/autumn/withdraw")), "Autumn", "Asks for approval no more."
    ),
    "campaign-approve": Route(
        lambda world: (world.pause_in_draft(), world.wait(), world.post("/campaigns/c/autumn/approve")),
        "Autumn",
        "Launched.",
        "Release 1",
    ),
    "campaign-send-back": Route(
        lambda world: (world.wait(), world.post("/campaigns/c/autumn/send-back", answer="Not yet")),
        "Autumn",
        "Sent back: Not yet",
    ),
    "campaign-copy": Route(
        lambda world: world.post("/campaigns/c/autumn/copy"), "Autumn (copy)", "Duplicated from “Autumn”."
    ),
    "goal-new": Route(lambda world: world.post("/campaigns/goals/new/", **GOAL), "Calls", "Added."),
    "goal": Route(
        lambda world: world.post(
            "/campaigns/goals/g/sign-ups/",
            **GOAL
            | {"name": "Sign-ups", "key": "sign-ups", "event": "Signed Up", "value_minor": "2.50"}
            | {"condition-mode": "json", "condition-json": '{"plan": "pro"}'},
        ),
        "Sign-ups",
        "Only where: any → plan is “pro”; Each is worth: What the event says: total, revenue or value, else the sum"
        " of its products → Always the same; Amount, in EUR: nothing → 2.50 EUR.",
    ),
    "goal-delete": Route(lambda world: world.post("/campaigns/goals/g/sign-ups/delete"), "Sign-ups", "Deleted."),
    "rule-new": Route(
        lambda world: world.post("/campaigns/c/autumn/rules/new/", **rule_fields(world, name="Third")),
        "Third",
        "Added.",
    ),
    "rule": Route(
        lambda world: world.post(
            f"/campaigns/rules/{world.first.pk}/", **rule_fields(world, name="First", priority="800", cap_total="3")
        ),
        "First",
        "At most, in all: nothing → 3.",
    ),
    "rule-move": Route(
        lambda world: world.post(f"/campaigns/rules/{world.second.pk}/move", direction="up"),
        "Second",
        "Priority set to 810.",
    ),
    "rule-toggle": Route(
        lambda world: world.post(f"/campaigns/rules/{world.first.pk}/enabled", enabled="false"), "First", "Paused."
    ),
    "rule-copy": Route(
        lambda world: world.post(f"/campaigns/rules/{world.first.pk}/copy"),
        "First (copy)",
        "Duplicated from “First”.",
    ),
    "rule-delete": Route(
        lambda world: world.post(f"/campaigns/rules/{world.first.pk}/delete"), "Autumn", "Deleted rule “First”."
    ),
    "variant-new": Route(
        lambda world: world.post("/campaigns/variants/new/", name="Winter", headline="Snow", **LOOK),
        "Winter",
        "Added.",
    ),
    "variant": Route(
        lambda world: world.post("/campaigns/variants/sale/", name="Sale", key="sale", headline="Big sale", **LOOK),
        "Sale",
        "Headline: Sale → Big sale.",
    ),
    "theme": Route(
        lambda world: world.post(
            "/creatives/theme/",
            **{field: getattr(PLAIN, field) for field in PLAIN.__struct_fields__ if field != "tinted"} | {"radius": 3},
        ),
        "Theme of Shop",
        "Corners, in pixels: 12 → 3.",
    ),
    "pictures-upload": Route(
        lambda world: world.post("/creatives/pictures/upload", file=BytesIO(a_picture("red"))), "file", "Added."
    ),
    "picture": Route(
        lambda world: world.post(f"/creatives/pictures/{world.photo.pk}/", name="photo", alt="A red square"),
        "photo",
        "What it shows: nothing → A red square.",
    ),
    "picture-delete": Route(
        lambda world: world.post(f"/creatives/pictures/{world.photo.pk}/delete"), "photo", "Deleted."
    ),
    "coupon-new": Route(
        lambda world: world.post("/coupons/new/", name="Five off", gives="amount", amount_minor="5", code="five"),
        "Five off",
        "Added.",
    ),
    "coupon": Route(
        lambda world: world.post(
            f"/coupons/{world.coupon.pk}/",
            name="Ten off",
            key="save10",
            code="SAVE10",
            gives="percent",
            percent="10",
            limit="50",
        ),
        "Ten off",
        "At most, in all: nothing → 50.",
    ),
    "coupon-codes": Route(
        lambda world: world.post(f"/coupons/{world.letter.pk}/codes", listed="A1\nB2"), "Letter", "Added 2 codes."
    ),
    "coupon-archive": Route(lambda world: world.post(f"/coupons/{world.coupon.pk}/archive"), "Ten off", "Archived."),
    "coupon-delete": Route(lambda world: world.post(f"/coupons/{world.coupon.pk}/delete"), "Ten off", "Deleted."),
    "site-new": Route(
        lambda world: world.post("/settings/sites/new/", **SITE | {"name": "New", "domain": "n.example"}),
        "New",
        "Added.",
    ),
    "site": Route(
        lambda world: world.post(
            f"/settings/sites/{world.site.pk}/",
            **SITE,
            internal_hosts="help.shop.example",
            unwanted_referrers="\n".join(world.site.unwanted_referrers),
            personal_traits=", ".join(world.site.personal_traits),
        ),
        "Shop",
        "Internal hosts: nothing → help.shop.example.",
    ),
    "site-delete": Route(
        lambda world: world.post(f"/settings/sites/{world.site.pk}/delete/", domain=world.site.domain),
        "Shop",
        "Deleted.",
    ),
    "token-new": Route(
        lambda world: world.post(
            "/settings/tokens/new/", name="Import", scopes=["read"], lasts="90", password=factories.PASSWORD
        ),
        "Import",
        "Added for every site: read.",
    ),
    "token-revoke": Route(lambda world: world.post(f"/settings/tokens/{world.token.pk}/revoke"), "CI", "Deleted."),
    "person-new": Route(
        lambda world: world.post("/settings/people/new/", username="nora", role="editor"), "nora", "Added as editor."
    ),
    "person": Route(
        lambda world: world.post(
            f"/settings/people/{world.edgar.pk}/", username="edgar", email="e@shop.example", role="publisher"
        ),
        "edgar",
        "Role: editor → publisher; E-mail: edgar@shop.example → e@shop.example.",
    ),
    "person-shut-out": Route(
        lambda world: world.post(f"/settings/people/{world.edgar.pk}/shut-out"), "edgar", "May no longer log in."
    ),
    "person-let-in": Route(
        lambda world: world.post(f"/settings/people/{world.gone.pk}/let-in"), "gwen", "May log in again."
    ),
    "account": Route(
        lambda world: world.post("/account/", first_name="Ada", last_name="", email="ada@shop.example"),
        "ada",
        "First name: nothing → Ada.",
    ),
    "choose-password": Route(lambda world: world.choose_a_password(), "ada", "Chose a password."),
    "treatment-new": Route(
        lambda world: world.post(
            "/experiments/new/",
            **{"name": "New test", "arm-key": ["", ""], "arm-share": ["70", "30"]},
            **{"arm-variant": [world.sale.pk, world.spare.pk]},
        ),
        "New test",
        "Added, with a “Sale” with weight 70, b “Spare” with weight 30.",
    ),
    "treatment": Route(
        lambda world: world.post(
            f"/experiments/{world.test.pk}/setup/",
            **{"name": "Test", "key": "test", "arm-key": ["a", ""], "arm-share": ["50", "50"]},
            **{"arm-variant": [world.sale.pk, world.spare.pk]},
        ),
        "Test",
        "Saved without a change. Arms: a “Sale” with weight 50, b “Spare” with weight 50; before a “Sale” with weight 1.",
    ),
    "treatment-delete": Route(lambda world: world.post(f"/experiments/{world.test.pk}/delete"), "Test", "Deleted."),
    "experiment-metrics": Route(
        lambda world: world.post(
            f"/experiments/{world.test.pk}/metrics/",
            **{"metric-goal": "clicks", "metric-kind": "rate", "metric-role": "primary", "metric-better": "more"},
            **{"metric-worse": "2", "metric-cap": ""},
        ),
        "Test",
        "It measures Clicks: Share of visitors who reach it (decides); before nothing.",
    ),
    "experiment-decide": Route(
        lambda world: world.post(f"/experiments/{world.test.pk}/decide/", arm="a", why="It sells."),
        "Test",
        "Stopped, to keep “Sale” after phase 1. Why: It sells.",
    ),
    "experiment-archive": Route(lambda world: world.post(f"/experiments/{world.test.pk}/archive"), "Test", "Archived."),
    "bandit-new": Route(
        lambda world: world.post(
            "/bandits/new/",
            name="New bandit",
            reward="click",
            policy="thompson",
            batch="3600000",
            **{"arm-key": ["", ""], "arm-variant": [world.sale.pk, world.spare.pk]},
        ),
        "New bandit",
        "Added, with a “Sale” with weight 1, b “Spare” with weight 1.",
    ),
    "bandit-setup": Route(
        lambda world: world.post(
            f"/bandits/{world.bandit().pk}/setup/",
            name="Bandit",
            key="bandit",
            reward="value",
            policy="ucb1",
            batch="3600000",
            **{"arm-key": ["a", "b"], "arm-variant": [world.sale.pk, world.spare.pk]},
        ),
        "Bandit",
        "Reward: A click on it → What the goal of its campaign brings; Policy: {} → {'policy': 'ucb1'}.",
    ),
    "holdouts": Route(
        lambda world: world.post("/campaigns/holdouts/", held="2.5"),
        "Holdout of all campaigns",
        "Added, with held 2.5 %, open 97.5 %.",
    ),
    "campaign-holdout": Route(
        lambda world: world.post("/campaigns/c/autumn/holdout/", held="10"),
        "Held",
        "Saved without a change. Arms: held 10 %, open 90 %; before held 5 %, open 95 %.",
    ),
    "holdout-remove": Route(
        lambda world: world.post(f"/campaigns/holdouts/{world.held.pk}/remove"), "Held", "Deleted."
    ),
    "exclusion-group-new": Route(lambda world: world.post("/campaigns/groups/new/", name="Hero"), "Hero", "Added."),
    "exclusion-group": Route(
        lambda world: world.post(f"/campaigns/groups/{world.group.pk}/", name="Other"), "Other", "Name: Apart → Other."
    ),
    "exclusion-group-delete": Route(
        lambda world: world.post(f"/campaigns/groups/{world.group.pk}/delete"), "Apart", "Deleted."
    ),
    "set-by-hand": Route(
        lambda world: world.post(
            f"/treatments/{world.test.pk}/visitors/", visitor=world.visitor(), arm="a", note="Ada's phone"
        ),
        "Test",
        f"Visitor {VISITOR.hex} set to arm a by hand: Ada's phone.",
    ),
    "visitor-arm": Route(
        lambda world: world.post(f"/visitors/{world.visitor()}/arms", arm=world.test.arms.get().pk),
        "Test",
        f"Visitor {VISITOR.hex} set to arm a by hand.",
    ),
    "set-by-hand-remove": Route(
        lambda world: world.post(f"/treatments/{world.test.pk}/visitors/{VISITOR.hex}/remove"),
        "Test",
        f"Visitor {VISITOR.hex} is no longer set to arm a by hand.",
    ),
    "variant-archive": Route(lambda world: world.post("/campaigns/variants/spare/archive"), "Spare", "Archived."),
    "variant-copy": Route(
        lambda world: world.post("/campaigns/variants/sale/copy"), "Sale (copy)", "Duplicated from “Sale”."
    ),
    "publish": Route(lambda world: world.post("/campaigns/releases/publish"), "Release 1", "Published"),
    "roll-back": Route(
        lambda world: roll_back(world, lambda number, _: world.post(f"/campaigns/releases/{number}/roll-back/")),
        "Release 3",
        "Rolled back to",
    ),
    "segment-new": Route(
        lambda world: world.post("/segments/new/", name="Poor", **{"condition-mode": "rows"}), "Poor", "Added."
    ),
    "segment": Route(
        lambda world: world.post(
            "/segments/s/rich/",
            name="Rich",
            key="rich",
            **{"condition-mode": "json", "condition-json": '{"feature.cart_value": {"$gt": 5000}}'},
        ),
        "Rich",
        "Who is in it: Sessions ever is more than 9 sessions → Value of the cart is more than 50.00 EUR.",
    ),
    "segment-delete": Route(lambda world: world.post("/segments/s/rich/delete"), "Rich", "Deleted."),
    "segment-archive": Route(lambda world: world.post("/segments/s/rich/archive"), "Rich", "Archived."),
    "cluster-name": Route(
        lambda world: (world.promote_clusters(), world.post("/segments/clusters/3/name", name="Deal seekers")),
        "kmeans 1",
        "Cluster “Buyers” is called “Deal seekers”.",
    ),
    "retrain": Route(
        lambda world: world.post("/segments/clusters/retrain"), "Training by kmeans", "Asked for a training: k-means."
    ),
    "try-policy": Route(
        lambda world: world.post(f"/past-traffic/of/{world.test.pk}/", kind="arm", arm="a", reward="click", days="7"),
        "Another policy on past traffic of Test",
        "Asked: always a, on 7 days.",
    ),
    "policy-evaluation-again": Route(
        lambda world: world.post(f"/past-traffic/{world.tried.pk}/again"),
        "Another policy on past traffic of Test",
        "Asked: always a, on 14 days.",
    ),
    "segment-copy": Route(lambda world: world.post("/segments/s/rich/copy"), "Rich (copy)", "Duplicated from “Rich”."),
}


def over_the_api(
    path: str, row: str, made: dict[str, object], changed: dict[str, object], told: tuple[str, str]
) -> dict:
    """Making one, changing and deleting that of the world; `told` is the name of the new one, and what was changed."""

    def address(world: World) -> str:
        return f"{path}/{getattr(world, row).pk}/"

    def make(world: World) -> None:
        owner = {"campaign": world.autumn.pk} if path == "rules" else {"site": world.site.pk}
        if path == "themes":  # a site has one
            owner = {"site": factories.make_site(name="Other", write_key="wk_other").pk}
        needed = {
            "rules": {"placement": world.hero.pk, "variant": world.sale.pk},
            "treatments": {"arms": [{"key": "a", "variant": world.sale.pk}]},
        }.get(path, {})
        world.ask("POST", f"{path}/", **owner, **needed, **made)

    name = ROWS[row]
    return {
        f"{path} create": Route(make, told[0], "Added"),
        f"{path} partial_update": Route(lambda world: world.ask("PATCH", address(world), **changed), name, told[1]),
        f"{path} destroy": Route(lambda world: world.ask("DELETE", address(world)), *deletion_of(row)),
    }


def deletion_of(row: str) -> tuple[str, str]:
    """A rule's is told where it was: nobody looks at the history of a rule that is gone."""
    return ("Autumn", "Deleted rule “First”.") if row == "first" else (ROWS[row], "Deleted.")


ROWS = {
    "site": "Shop", "autumn": "Autumn", "first": "First", "spare": "Spare", "empty": "Empty", "test": "Test", "rich": "Rich", "unused": "Sign-ups", "mug": "Mug", "token": "CI", "theme": "Theme of Shop", "coupon": "Ten off",
}  # fmt: skip
NEW = {"key": "new", "name": "New"}
API = (
    over_the_api("campaigns", "autumn", NEW, {"status": "paused"}, ("New", "Status: Launched → Paused."))
    | over_the_api(
        "goals",
        "unused",
        NEW | {"event": "Called"},
        {"window_days": 30},
        ("New", "Counts within, in days: 7 → 30."),
    )
    | over_the_api("rules", "first", {"name": "New"}, {"priority": 7}, ("New", "Priority: 800 → 7."))
    | over_the_api(
        "variants", "spare", NEW | {"headline": "New"}, {"link": "/"}, ("New", "Where the button leads: nothing → /.")
    )
    | over_the_api(
        "coupons", "coupon", NEW | {"code": "NEW", "percent": 5}, {"limit": 9}, ("New", "At most, in all: nothing → 9.")
    )
    | {
        "coupons add_codes": Route(
            lambda world: world.ask("POST", f"coupons/{world.letter.pk}/codes/", codes=["A1"]),
            "Letter",
            "Added 1 code.",
        )
    }
    | over_the_api("themes", "theme", {}, {"radius": 3}, ("Theme of Other", "Corners, in pixels: 12 → 3."))
    | {
        "pictures create": Route(
            lambda world: world._done(
                world.program.post(
                    "/api/v1/pictures/", {"site": world.site.pk, "file": BytesIO(a_picture("red")), "name": "Red"}
                )
            ),
            "Red",
            "Added.",
        ),
        "pictures partial_update": Route(
            lambda world: world.ask("PATCH", f"pictures/{world.photo.pk}/", alt="A square"),
            "photo",
            "What it shows: nothing → A square.",
        ),
        "pictures destroy": Route(
            lambda world: world.ask("DELETE", f"pictures/{world.photo.pk}/"), "photo", "Deleted."
        ),
    }
    | over_the_api("placements", "empty", NEW, {"min_height": 9}, ("New", "Height that is reserved, in pixels: 0 → 9."))
    | over_the_api("treatments", "test", NEW, {"seed": "dealt anew"}, ("New", "Seed: "))
    | {
        "treatments decide": Route(
            lambda world: world.ask("POST", f"treatments/{world.test.pk}/decide/", arm="a"),
            "Test",
            "Stopped, to keep “Sale” after phase 1.",
        )
    }
    | over_the_api("segments", "rich", NEW, {"archived": True}, ("New", "Archived: no → yes."))
    | over_the_api("items", "mug", POT, {"price_minor": 7}, ("Pot", "Price minor: 900 → 7."))
    | over_the_api(
        "sites",
        "site",
        {"name": "New", "domain": "n.example"},
        {"honour_dnt": True},
        ("New", "Honour Do Not Track: no → yes."),
    )
    | {
        "campaigns launch": Route(
            lambda world: (world.pause_in_draft(), world.ask("POST", f"campaigns/{world.autumn.pk}/launch/")),
            "Autumn",
            "Launched.",
            "Release 1",
        ),
        "campaigns stop": Route(
            lambda world: (world.bring_live("Once"), world.ask("POST", f"campaigns/{world.autumn.pk}/stop/")),
            "Autumn",
            "Stopped: visitors see it no more.",
            "Release 2",
        ),
        "rules stop": Route(
            lambda world: (world.bring_live("Once"), world.ask("POST", f"rules/{world.first.pk}/stop/")),
            "First",
            "Stopped: visitors see it no more.",
            "Release 2",
        ),
        "campaigns pause": Route(
            lambda world: world.ask("POST", f"campaigns/{world.autumn.pk}/pause/"), "Autumn", "Status set to Paused."
        ),
        "campaigns ask": Route(
            lambda world: world.ask("POST", f"campaigns/{world.autumn.pk}/ask/"), "Autumn", "Asked for approval."
        ),
        "campaigns withdraw": Route(
            lambda world: (world.wait(), world.ask("POST", f"campaigns/{world.autumn.pk}/withdraw/")),
            "Autumn",
            "Asks for approval no more.",
        ),
        "campaigns approve": Route(
            lambda world: (
                world.pause_in_draft(),
                world.wait(),
                world.ask("POST", f"campaigns/{world.autumn.pk}/approve/"),
            ),
            "Autumn",
            "Launched.",
            "Release 1",
        ),
        "campaigns send_back": Route(
            lambda world: (world.wait(), world.ask("POST", f"campaigns/{world.autumn.pk}/send-back/", note="No")),
            "Autumn",
            "Sent back: No",
        ),
        "policy-evaluations create": Route(
            lambda world: world.ask(
                "POST", "policy-evaluations/", treatment=world.test.pk, target={"kind": "arm", "arm": "a"}
            ),
            "Another policy on past traffic of Test",
            "Asked: always a, on 14 days.",
        ),
        "model-versions rename": Route(
            lambda world: world.ask(
                "POST", f"model-versions/{world.promote_clusters()}/rename/", cluster=3, name="Deal seekers"
            ),
            "kmeans 1",
            "Cluster “Buyers” is called “Deal seekers”.",
        ),
        "items load": Route(
            lambda world: world.ask("POST", "items/import/", site=world.site.pk, items=[POT]),
            "Shop",
            "Catalogue imported: 1 item added, 0 updated, 0 retired, 0 faults.",
        ),
        "releases create": Route(
            lambda world: world.ask("POST", "releases/", site=world.site.pk), "Release 1", "Published"
        ),
        "releases rollback": Route(
            lambda world: roll_back(world, lambda _, pk: world.ask("POST", f"releases/{pk}/rollback/")),
            "Release 3",
            "Rolled back to",
        ),
    }
)
IN_PERSON = {
    "tokens create": Route(
        lambda world: world.ask_in_person("POST", "tokens/", name="New", scopes=["read"], password=factories.PASSWORD),
        "New",
        "Added for every site: read.",
    ),
    "tokens destroy": Route(lambda world: world.ask_in_person("DELETE", f"tokens/{world.token.pk}/"), "CI", "Deleted."),
}


def in_table(
    model: type,
    row: str,
    made: Callable[[World], dict] | None,
    changed: dict[str, object],
    told: tuple[str, str],
    with_it: str = "",
) -> dict[str, Route]:
    """The same in a table of the admin, one by one and several at once."""
    label = model._meta.label_lower
    table = f"/admin/{label.replace('.', '/')}/"

    def delete_ticked(world: World) -> None:
        world.post(table, action="delete_selected", _selected_action=getattr(world, row).pk, post="yes")

    routes = {
        f"{label} delete": Route(
            lambda world: world.post(f"{table}{getattr(world, row).pk}/delete/", post="yes"), *deletion_of(row)
        ),
        f"{label} delete_selected": Route(delete_ticked, *deletion_of(row)),
    }
    if made:
        routes[f"{label} add"] = Route(
            lambda world: world.fill_in(f"{table}add/", **made(world)), told[0], "Added", with_it
        )
        routes[f"{label} change"] = Route(
            lambda world: world.fill_in(f"{table}{getattr(world, row).pk}/change/", **changed), ROWS[row], told[1]
        )
    return routes


ADMIN = (
    in_table(Site, "site", lambda _: {"name": "New", "domain": "n.example"}, {"secret_key": ""}, ("New", "Secret key: another one."))
    | in_table(Campaign, "autumn", lambda world: NEW | {"site": world.site.pk}, {"status": "paused"}, (
        "New", "Status: Launched → Paused."))
    | in_table(Goal, "unused", lambda world: NEW | {"site": world.site.pk, "event": "Called"}, {"window_days": "30"}, (
        "New", "Counts within, in days: 7 → 30."))
    | in_table(Rule, "first", lambda world: rule_fields(world, name="New", campaign=world.autumn.pk), {"priority": 7}, (
        "New", "Priority: 800 → 7."))
    | in_table(Placement, "empty", lambda world: NEW | {"site": world.site.pk}, {"min_height": 9}, ("New", "Height that is reserved, in pixels: 0 → 9."))
    | in_table(AdVariant, "spare", None, {}, ("", ""))
    | in_table(Treatment, "test", lambda world: NEW | {"site": world.site.pk, "arms-0-key": "a", "arms-0-variant": world.sale.pk}, {"key": "other"}, (
        "New", "Key: test → other."), with_it="a: Sale")
    | in_table(Segment, "rich", lambda world: NEW | {"site": world.site.pk}, {"archived": "on"}, ("New", "Archived: no → yes."))
    | in_table(Item, "mug", lambda world: POT | {"site": world.site.pk}, {"price_minor": 7}, ("Pot", "Price minor: 900 → 7."))
    | in_table(ApiToken, "token", lambda _: {"name": "New", "scopes": ["read"], "password": factories.PASSWORD}, {"scopes": ["read"]}, (
        "New", "Scopes: read, write, publish → read."))
)  # fmt: skip
COMMANDS = {
    "import_items": Route(import_a_file, "Shop", "Catalogue imported: 1 item added, 0 updated, 0 retired, 0 faults."),
    "mend_sources": Route(mend_rich, "Rich", "Who is in it: Source is “google” → Source is “Google”."),
    "publish": Route(lambda _: call_command("publish", "wk_test", "--here"), "Release 1", "Published"),
    "replay": Route(replay_nothing, "Recording: access-log", "Added."),
    "simulate": Route(simulate_nobody, "Training by kmeans", "Asked for a training: k-means."),
    "train": Route(train_too_few, "Training by kmeans", "Asked for a training: k-means."),
}
TASKS = {
    "segments.tasks.train_all": Route(lambda _: train_all(), "Training by kmeans", "Asked for a training: k-means."),
    "segments.tasks.train_clusters": Route(train_a_crowd, "kmeans 1", "Promoted: the first model."),
}
CHANGING = (
    {f"page {name}": route for name, route in PAGES.items()}
    | {f"api {name}": route for name, route in (API | IN_PERSON).items()}
    | {f"admin {name}": route for name, route in ADMIN.items()}
    | {f"command {name}": route for name, route in COMMANDS.items()}
    | {f"task {name}": route for name, route in TASKS.items()}
)
SHOWN_BELOW = {"command demo": "test_every_row_that_the_demo_brings_is_signed"}
DEMO = (
    "account", "add-to-cart", "cart", "category", "change-comparison", "change-coupon", "checkout", "compare", "earlier",
    "home", "leave", "me", "order", "picture", "product", "remove-from-cart", "search", "sign-out",
)  # fmt: skip
SHELL = (
    "app_list", "autocomplete", "catch_all_view", "index", "jsi18n", "login", "logout", "password_change",
    "password_change_done", "search", "view_on_site",
)  # fmt: skip
PEOPLE = (
    "auth.group add", "auth.group change", "auth.group delete", "auth.group delete_selected", "auth.user add",
    "auth.user change", "auth.user delete",
    "auth.user delete_selected", "auth.user auth_user_password_change",
)  # fmt: skip
MACHINERY = ("consume", "dead_letters", "log_readers", "rebuild", "up", "web")
UPKEEP = (
    *("tracking.tasks.archive_hours", "tracking.tasks.drop_expired", "tracking.tasks.forget_minutes"),
    *("tracking.tasks.keep_sites_pushed", "tracking.tasks.make_partitions", "tracking.tasks.store_drops"),
    *("personalization.tasks.clear_sessions", "personalization.tasks.keep_tokens_pushed"),
    *("personalization.tasks.keep_bandits_learning", "personalization.tasks.rebuild_experiment"),
    "personalization.tasks.evaluate_policy",
    *("campaigns.tasks.keep_releases_pushed", "campaigns.tasks.keep_drafts_reviewed", "campaigns.tasks.review_draft"),
    "campaigns.tasks.check_picture",
    *("segments.tasks.measure_segment", "segments.tasks.measure_segments"),
    *("segments.tasks.recount_rows", "segments.tasks.recount_stalled"),
)
HARMLESS = (
    dict.fromkeys([f"demo {name}" for name in DEMO], "what a visitor of the shop does, kept in their own browser")
    | dict.fromkeys([f"admin {name}" for name in SHELL], "looks, or opens and ends the log-in of who asks")
    | dict.fromkeys([f"admin {name}" for name in PEOPLE], "who may log in; the admin writes its own entry")
    | dict.fromkeys([f"command {name}" for name in MACHINERY], "runs Segue, and stores what visitors did")
    | dict.fromkeys([f"task {name}" for name in UPKEEP], "counts, keeps and forgets what is known, changes no row")
    | {"demo visitors": "lets the simulated visitors wait, or go on", "demo past": "shows how far their past is"}
    | {"task campaigns.tasks.compile_release": "brings live what was published, which has its entry"}
    | dict.fromkeys(
        ["admin campaigns.advariant add", "admin campaigns.advariant change"], "leads to the page of a variant"
    )
    | {
        "page RedirectView": "leads to Home",
        "page choose-site": "the site that the next pages of who asks are of",
        "page unsent": "forgets what was typed before the log-in",
        "page condition": "draws the condition as it is typed",
        "page estimate": "counts whom the condition reaches as it is typed",
        "page campaign-new-name": "suggests a name for what is typed so far",
        "page variant-preview": "draws the variant as it is typed",
        "page theme-preview": "draws every template as the theme is typed",
        "page no_such_call": "is none",
        "page person-link": "makes a link to choose a password, which is signed and stored nowhere; has its entry",
        "page release-retry": "brings live what was stopped, which has its entry",
        "api variants preview": "draws the variant with the values asked for",
        "api coupons check": "looks whether a code is good",
        "api coupons redeem": "what a customer of the shop does, kept as a redemption with its moment",
        "api coupons release": "what a customer of the shop does, kept as a redemption with its moment",
        "api coupons give": "hands a code to a customer, kept with the code and its moment",
    }
)


@pytest.fixture
def world(site, administrator, redis_client, tmp_path, monkeypatch):
    return World(site, administrator, tmp_path, monkeypatch)


def signature(route: str) -> str:
    """Who did it."""
    door, name = route.split(" ", 1)
    if door == "command":
        return route
    if name == "segments.tasks.train_all":
        return "schedule train-clusters"
    return "API token CI of ada" if door == "api" and name in API else "ada"


def kept() -> dict[type, list]:
    """All that is stored, but for when a token was last used."""
    return {
        model: [
            {name: value for name, value in row.items() if name != "last_used_at"}
            for row in model.objects.order_by("pk").values()
            if row.get("username") != NOBODY
        ]
        for model in CHANGED
    }


def test_every_writing_route_is_known(site, administrator):
    found = {f"demo {page.name}" for page in demo_pages} | commands() | tasks() | set(admin_routes(administrator))
    for address, pattern in addresses(get_resolver().url_patterns):
        found |= writing_routes(address, pattern)

    known = [set(CHANGING), set(SHOWN_BELOW), set(HARMLESS)]
    unknown, gone = sorted(found - set().union(*known)), sorted(set().union(*known) - found)

    assert not unknown, f"say in this module what they change: {unknown}"
    assert not gone, f"there are no such routes any more: {gone}"
    assert len(set().union(*known)) == sum(map(len, known))


@pytest.mark.parametrize("name", CHANGING)
def test_a_change_is_logged_once_with_who_made_it(world, name):
    before = kept()

    route = CHANGING[name]
    route.do(world)

    entries = [read(entry) for entry in LogEntry.objects.all()]
    [entry] = [entry for entry in entries if entry.about != route.with_it]
    assert kept() != before
    assert {entry.who for entry in entries} == {signature(name)}
    assert entry.about.startswith(route.about)
    assert entry.words.startswith(route.words)
    assert len(entries) == 1 + bool(route.with_it)


def test_rules_that_are_edited_with_their_campaign_have_entries_of_their_own(world):
    world.fill_in(
        f"/admin/campaigns/campaign/{world.autumn.pk}/change/", **{"rules-0-priority": "9", "rules-1-DELETE": "on"}
    )

    told = {(entry.about, entry.words) for entry in map(read, LogEntry.objects.all())}
    assert told == {
        ("Autumn", "Saved without a change."),
        ("First", "Priority: 800 → 9."),
        ("Autumn", "Deleted rule “Second”."),
    }


@pytest.mark.urls("tests.personalization.demo.urls")
def test_every_row_that_the_demo_brings_is_signed(administrator, redis_client, settings, tmp_path):
    settings.DEMO, settings.VAR_DIR = True, tmp_path

    call_command("demo", verbosity=0)

    entries = [read(entry) for entry in LogEntry.objects.exclude(change_message__startswith="Published")]
    made = sum(
        model.objects.count() for model in (Site, Segment, AdVariant, Coupon, Placement, Goal, Campaign, Rule, Theme)
    )
    assert {entry.who for entry in entries} == {"command demo"}
    assert sum(entry.words == "Added." for entry in entries) == made
    told = [entry.words for entry in entries if entry.words != "Added."]
    assert all(words.startswith("Or the address of one: nothing → /demo/pictures/") for words in told[:2])
    assert told[2:] == [
        "Added 250 codes.",
        "Catalogue imported: 240 items added, 0 updated, 0 retired, 0 faults.",
    ]


def test_a_rule_that_is_split_and_its_treatment_have_an_entry_each(world):
    fields = rule_fields(world, name="First", priority="800", rival=world.spare.pk, share="70")

    world.post(f"/campaigns/rules/{world.first.pk}/", **fields)

    told = {(entry.about, entry.who, entry.words) for entry in map(read, LogEntry.objects.all())}
    assert told == {
        ("Test of First", "ada", "Added, with a “Sale” with weight 70, b “Spare” with weight 30."),
        (
            "First",
            "ada",
            "Shows: Sale → What is drawn; Or draws among the arms of: Nothing: it shows one creative → Test of First.",
        ),
    }


def test_nobody_signs_for_a_command_by_what_they_type(world):
    """The signature stands in a line of its own."""
    world.post("/campaigns/variants/sale/", name="Sale", key="sale", headline="Sale", body="a\n— command demo", **LOOK)

    assert [read(entry).who for entry in LogEntry.objects.all()] == ["ada"]


def test_the_user_that_stands_for_nobody_cannot_log_in_and_is_not_among_people(world):
    call_command("train", stdout=StringIO())

    nobody = User.objects.get(username=NOBODY)
    assert (nobody.is_active, nobody.has_usable_password(), nobody.is_staff) == (False, False, False)
    assert NOBODY not in world.browser.get("/admin/auth/user/").content.decode()


def test_whoever_changed_something_cannot_be_deleted_and_their_entries_with_them(world, editor):
    record(editor, world.sale, "Made better.")

    answer = world.browser.post(f"/admin/auth/user/{editor.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert [read(entry).who for entry in LogEntry.objects.all()] == ["edgar"]


def test_pages_say_who_a_token_acted_for_and_which_command_it_was(world):
    world.ask("PATCH", f"segments/{world.rich.pk}/", name="Richer")
    load_items(world.site, [POT], Actor.command("import_items"))

    page = world.browser.get("/segments/s/rich/").content.decode()
    table = world.browser.get("/admin/admin/logentry/").content.decode()
    history = world.browser.get(f"/admin/sites/site/{world.site.pk}/history/").content.decode()

    assert "by API token CI of ada" in page
    assert "API token CI of ada" in table and "Name: Rich → Richer." in table
    assert "command import_items" in table and "command import_items" in history
