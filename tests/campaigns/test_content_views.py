"""Creatives in a gallery and one by one, and their theme, as editors work on them."""

import re

import pytest

from campaigns.content import Theme
from campaigns.looks import PLAIN
from campaigns.models import AdVariant, Campaign, Placement, Rule
from recommendations.catalogue import import_items
from tests import factories
from tests.answers import text_of
from tests.campaigns.creatives import HOSTILE

LOOK = {name: getattr(PLAIN, name) for name in PLAIN.__struct_fields__ if name not in ("time_zone", "tinted")}


@pytest.fixture
def editor(client, site):
    client.force_login(factories.make_user("editor"))
    return client


def creative(site, key: str, **fields) -> AdVariant:
    return AdVariant.objects.create(site=site, **{"key": key, "name": key.title(), "headline": key} | fields)


@pytest.fixture
def shown(site):
    hero, card = creative(site, "welcome"), creative(site, "offer", template="card")
    creative(site, "spare")
    creative(site, "old", archived=True)
    place = Placement.objects.create(site=site, key="home", name="Home hero", default_variant=hero)
    side = Placement.objects.create(site=site, key="side", name="Beside")
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn")
    Rule.objects.create(campaign=campaign, placement=side, name="Offers", variant=card)
    return place


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Welcome", "Offer", "Spare"}),
        ("?text=OFF", {"Offer"}),
        ("?template=card", {"Offer"}),
        ("?template=none", {"Welcome", "Offer", "Spare"}),
        ("?placement=home", {"Welcome"}),
        ("?placement=side", {"Offer"}),
        ("?placement=nowhere", set()),
        ("?state=unused", {"Spare"}),
        ("?state=used", {"Welcome", "Offer"}),
        ("?state=archived", {"Old"}),
        ("?text=%00", {"Welcome", "Offer", "Spare"}),
    ],
)
def test_the_gallery_finds_creatives(editor, shown, query, found):
    page = text_of(editor.get(f"/creatives/{query}"))

    assert set(re.findall(r'class="s-cover"[^>]*>([^<]*)<', page)) == found
    assert page.count("sandbox srcdoc=") == len(found)


def test_the_gallery_says_where_each_is_shown_and_shows_it_as_visitors_see_it(editor, shown):
    page = text_of(editor.get("/creatives/"))

    assert "In Home hero (default)" in page and "In Offers" in page and "Shown nowhere yet" in page
    assert "sg-hero" in page and "sg-card" in page


def test_an_empty_gallery_leads_on(editor, site):
    page = text_of(editor.get("/creatives/"))

    assert "No creatives yet" in page and "/campaigns/variants/new/" in page


def test_the_gallery_costs_the_same_however_many_there_are(editor, site, django_assert_max_num_queries):
    for number in range(20):
        creative(site, f"c{number}")
    with django_assert_max_num_queries(25):
        editor.get("/creatives/")


def test_hostile_texts_stay_texts_in_gallery_and_form(editor, site):
    for number, text in enumerate(HOSTILE):
        creative(site, f"c{number}", name=text[:100], headline=text, badge=text[:40], body=text, old_price=text[:40])

    for address in ("/creatives/", "/campaigns/variants/c0/", "/creatives/?text=<script>alert(1)</script>"):
        page = editor.get(address).content.decode()
        for smuggled in ("<script>alert", "<img src=x", "<svg onload", "<iframe srcdoc='", "<b onmouseover"):
            assert smuggled not in page, address


def test_a_saved_creative_is_previewed_without_a_false_fault(editor, site):
    """PAGES 6A.4: it said that its own key is taken."""
    creative(site, "sale")
    fields = {"saved": "sale", "name": "Sale", "key": "sale", "template": "hero", "headline": "Now"}

    fragment = text_of(editor.post("/campaigns/variants/preview", fields, HTTP_HX_REQUEST="true"))

    assert "taken" not in fragment and "s-error" not in fragment and "&gt;Now&lt;" in fragment


@pytest.mark.parametrize("address", ["/campaigns/variants/preview", "/campaigns/variants/preview?prefix=rule-0-new"])
def test_a_preview_finds_fault_with_what_was_typed_alone(editor, site, address):
    prefix = "rule-0-new-" if "?" in address else ""

    def seen(**typed) -> str:
        return text_of(editor.post(address, {prefix + name: value for name, value in typed.items()}))

    assert "s-error" not in seen(template="hero")
    assert "Body: &lt;script&gt; is not allowed." in seen(template="hero", body="<script>x</script>")
    assert "s-error" in text_of(editor.post("/campaigns/variants/new/", {"template": "hero"}))


def test_a_preview_shows_products_of_the_sites_own_catalogue(editor, site):
    row = {"category": "Mugs", "url": "/p", "price_minor": 1000}
    import_items(site, [{"key": f"m{n}", "name": f"Mug {n}", "image_url": f"/i/{n}.png", **row} for n in range(3)])
    creative(site, "sale", slot="viewed", headline="{item.name} for {item.reduced_price}", discount_percent=20)

    page = text_of(editor.get("/campaigns/variants/sale/"))

    assert "Mug 0 for €8.00" in page and "Trail Runner" not in page


def test_colours_of_its_own_are_kept_only_where_they_are_asked_for(editor, site):
    fields = {"name": "Sale", "template": "hero", "headline": "Now", "background": "#000000", "foreground": "#ffffff"}

    editor.post("/campaigns/variants/new/", fields | {"key": "with", "own_colours": "on"})
    editor.post("/campaigns/variants/new/", fields | {"key": "without"})

    assert dict(AdVariant.objects.values_list("key", "background")) == {"with": "#000000", "without": ""}


# --- the theme --------------------------------------------------------------------------------------


def test_a_theme_is_saved_previewed_and_worn_by_creatives(editor, site):
    creative(site, "sale")

    assert "Every template" in text_of(editor.get("/creatives/theme/"))
    answer = editor.post("/creatives/theme/", LOOK | {"accent": "#aa0033", "radius": 3, "tinted": "on"})

    theme = Theme.objects.get(site=site)
    assert answer.status_code == 302 and (theme.accent, theme.radius, theme.tinted) == ("#aa0033", 3, True)
    assert "#aa0033" in text_of(editor.get("/campaigns/variants/sale/"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"accent": "red;}"}, "six hexadecimal digits"),
        ({"font": "own"}, "Name the font"),
        ({"font": "own", "font_name": 'x"}*{display:none'}, "Letters, digits"),
        ({"radius": 41}, "less than or equal to 40"),
        ({"font": "comic"}, "Select a valid choice"),
        ({"language": "german"}, "at most 3 characters"),
    ],
)
def test_what_a_theme_cannot_be_is_told_at_its_field_and_what_was_typed_stays(editor, site, changed, words):
    page = text_of(editor.post("/creatives/theme/", LOOK | {"radius": 7} | changed))

    assert words in page and not Theme.objects.exists()


def test_a_preview_of_a_theme_saves_nothing_and_warns_of_contrast(editor, site):
    fragment = text_of(editor.post("/creatives/theme/preview", LOOK | {"foreground": "#cccccc"}))

    assert "The contrast of the text to its background is" in fragment and "#cccccc" in fragment
    assert not Theme.objects.exists()


def test_a_viewer_looks_at_a_theme_and_changes_nothing(client, site):
    client.force_login(factories.make_user("viewer"))

    assert client.get("/creatives/theme/").status_code == 200
    client.post("/creatives/theme/", LOOK | {"radius": 3})
    assert not Theme.objects.exists()
