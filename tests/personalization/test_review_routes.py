"""By whichever door somebody changes a draft, its review follows."""

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from campaigns import seed
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.reviewing import look
from segments.models import Segment
from tests import factories
from tests.drafts import review


def save_on_its_page(client, address: str, **fields) -> None:
    """Sends the form of a page back, with these fields changed."""
    form = client.get(address).context["form"]
    shown = {name: form[name].value() for name in form.fields if name != "condition"}
    drawn = {name: "" if value is None else value for name, value in shown.items()}
    condition = {"condition-mode": "json", "condition-json": "{}"} if "condition" in form.fields else {}
    answer = client.post(address, drawn | condition | fields)
    assert answer.status_code == 302, answer.context["form"].errors


def save_in_admin(client, row, **fields) -> None:
    address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    form = client.get(address).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    drawn = {name: value for name, value in shown.items() if value not in (None, False)}
    inlines = {
        f"{inline.formset.prefix}-{name}": 0
        for inline in client.get(address).context["inline_admin_formsets"]
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    answer = client.post(address, drawn | inlines | fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def import_catalogue(file) -> None:
    file.write_text("key,name,category,price,url\np1,Mug,Kitchen,4.50,/p/1\n", encoding="utf-8")
    call_command("import_items", Campaign.objects.first().site.pk, str(file))


def api(client, method: str, row, body: dict | None = None) -> None:
    path = {"advariant": "variants"}.get(row._meta.model_name, f"{row._meta.model_name}s")
    caller = APIClient()
    caller.force_login(client.user)
    answer = getattr(caller, method)(f"/api/v1/{path}/{row.pk}/", body, format="json")
    assert answer.status_code < 300, answer.content


def rule() -> Rule:
    return Rule.objects.first()


def variant() -> AdVariant:
    return AdVariant.objects.get(key="coupon-hero")


def placement() -> Placement:
    return Placement.objects.get(key="home-hero")


ROUTES = {
    "page of a variant": lambda client, _: save_on_its_page(
        client, "/campaigns/variants/coupon-hero/", headline="Less and less"
    ),
    "page of a rule": lambda client, _: save_on_its_page(client, f"/campaigns/rules/{rule().pk}/", priority=3),
    "page of a segment": lambda client, _: save_on_its_page(client, "/segments/s/price-sensitive/", name="Savers"),
    "status of campaigns": lambda client, _: client.post(
        "/campaigns/status", {"status": "paused", "campaign": [Campaign.objects.first().key]}
    ),
    "a rule moved": lambda client, _: client.post(f"/campaigns/rules/{rule().pk}/move", {"direction": "down"}),
    "a rule paused": lambda client, _: client.post(f"/campaigns/rules/{rule().pk}/enabled", {"enabled": "false"}),
    "a rule deleted": lambda client, _: client.post(f"/campaigns/rules/{rule().pk}/delete"),
    "admin, a placement": lambda client, _: save_in_admin(client, placement(), min_height=77),
    "admin, a rule deleted": lambda client, _: client.post(
        f"/admin/campaigns/rule/{rule().pk}/delete/", {"post": "yes"}
    ),
    "admin, many rules deleted": lambda client, _: client.post(
        "/admin/campaigns/rule/",
        {"action": "delete_selected", "_selected_action": [r.pk for r in Rule.objects.all()], "post": "yes"},
    ),
    "API, a variant": lambda client, _: api(client, "patch", variant(), {"headline": "Less and less"}),
    "API, a placement": lambda client, _: api(client, "patch", placement(), {"enabled": False}),
    "API, a rule": lambda client, _: api(client, "patch", rule(), {"priority": 3}),
    "API, a rule deleted": lambda client, _: api(client, "delete", rule()),
    "API, a segment": lambda client, _: api(
        client, "patch", Segment.objects.get(key="price-sensitive"), {"name": "Savers"}
    ),
    "command, the catalogue": lambda _, file: import_catalogue(file),
    "command, what a shop starts with": lambda _, file: (
        AdVariant.objects.filter(key="coupon-hero").update(key="renamed"),
        call_command_of_demo(),
    ),
}


def call_command_of_demo() -> None:
    seed.install(Campaign.objects.first().site, factories.TESTER)


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_every_way_to_change_a_draft_leads_to_a_review_of_it(
    client, site, administrator, route, tmp_path, django_capture_on_commit_callbacks
):
    seed.install(site, factories.TESTER)
    client.user = administrator
    client.force_login(administrator)
    before = look(site).review

    with django_capture_on_commit_callbacks(execute=True):
        route(client, tmp_path / "items.csv")

    seen = look(site)
    assert seen.is_current
    assert seen.review == review(site) != before
