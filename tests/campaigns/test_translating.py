"""A creative speaks the visitor's language where it has words in it; what is empty stays as it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import creatives, variants
from campaigns.changes import changes
from campaigns.holes import EXAMPLES
from campaigns.media import WEB
from campaigns.models import AdVariant, Placement
from campaigns.release import FrozenPlacement
from personalization.decide import decide
from personalization.edge.answer import frame_of
from personalization.situation import Situation
from segments.state import Profile, Session
from tests import factories, releases
from tests.answers import text_of
from tests.campaigns.creatives import TEXTS, assert_harmless, errors, variant
from tests.drafts import draft_source

GERMAN = {"headline": "{item.name} wartet", "call_to_action": "Ansehen", "link": "/de/p?q={item.name}"}

NOW = 1_790_000_000_000


def offer(**fields) -> AdVariant:
    whole = {"headline": "{item.name} waits", "call_to_action": "Look", "link": "/p", "translations": {"de": GERMAN}}
    return variant(**whole | fields)


def test_words_are_chosen_by_language_and_fall_back_one_by_one():
    compiled = variants.compile_variant(offer(body="For you"), WEB)
    german, other = (json.loads(compiled.spoken(language).answer({"item.name": "A&B"})) for language in ("de", "fr"))

    assert (german["fields"]["headline"], german["fields"]["body"]) == ("A&B wartet", "<p>For you</p>")
    assert 'lang="de"' in german["html"] and "lang=" not in other["html"]
    assert other["fields"]["headline"] == "A&B waits"
    assert compiled.spoken("de").target({"item.name": "a b"}) == "/de/p?q=a%20b"
    assert compiled.spoken("fr").target() == "/p"


def test_personal_text_in_one_language_alone_makes_the_whole_creative_personal():
    row = offer(headline="Hello", link="/", translations={"de": {"headline": "{item.name}"}})

    compiled = variants.compile_variant(row, WEB)

    assert compiled.slot == "viewed" and compiled.holes == []
    assert compiled.spoken("de").holes != []


def test_our_own_words_are_spoken_in_the_language_too():
    row = offer(template="message", coupon="X", translations={"es": {"headline": "Hola"}})

    html = variants.preview(row, language="es")

    assert 'aria-label="Cerrar"' in html and "Código <code>X</code>" in html


@pytest.mark.parametrize(
    ("translations", "words"),
    [
        ([], "Write an object"),
        ({"german": {}}, "is no language"),
        ({"de": "Hallo"}, "by the name of its field"),
        ({"de": {"headline": 1}}, "by the name of its field"),
        ({"de": {"coupon": "X"}}, "coupon cannot be translated"),
        ({"de": {"badge": "x" * 41}}, "at most 40 characters"),
        ({"de": {"headline": "{weather}"}}, "de, headline: {weather} is unknown"),
        ({"de": {"link": "javascript:alert(1)"}}, "de, link: Use an address"),
        ({"de": {"body": "<script>"}}, "de, body: <script> is not allowed"),
        ({f"a{chr(97 + n // 26)}{chr(97 + n % 26)}": {} for n in range(41)}, "At most 40"),
    ],
)
def test_what_is_wrong_in_a_language_is_told_with_the_language(translations, words):
    assert words in errors(variant(translations=translations))["translations"]


@given(texts=st.fixed_dictionaries(dict.fromkeys(creatives.SPOKEN_FIELDS, TEXTS)), value=TEXTS)
def test_no_text_in_another_language_escapes_its_place(texts, value):
    compiled = variants.compile_variant(variant(translations={"de": texts}), WEB)

    got = json.loads(compiled.spoken("de").answer(dict.fromkeys(EXAMPLES, value)))

    assert_harmless(got["html"])


# --- decisions --------------------------------------------------------------------------------------


def test_an_answer_is_in_the_visitors_language_and_the_decision_is_the_same():
    compiled = variants.compile_variant(offer(), WEB)
    release = releases.release([releases.rule(1)], [compiled], [FrozenPlacement("hero", -1, 0)])
    looked = Profile(session=Session(number=1, started_at=NOW, last_at=NOW, longest_product="p1"))
    told = {}
    for language in ("de", "fr", ""):
        situation = Situation(release, looked, "ab" * 16, True, {"language": language}, NOW, 20_000)
        (decision,) = decide(situation, ["hero"])
        frame = frame_of(release, decision, language)
        told[language] = frame.body_with(decision, b"https://segue.example")
        assert (decision.variant, frame.exposure.variant) == (0, "offer")

    assert b"Trail Runner wartet" in told["de"]
    assert b"Trail Runner waits" in told["fr"] and told["fr"] == told[""]
    assert len(release.outcomes) == 2  # nothing is remembered for languages that it has no words in


def test_changes_name_the_languages_whose_words_changed(site):
    row = AdVariant.objects.create(site=site, key="a", name="A", headline="Hi", translations={"de": {"headline": "Na"}})
    Placement.objects.create(site=site, key="hero", name="Hero", default_variant=row)
    before = draft_source(site)
    row.translations = {"de": {"headline": "Hallo"}, "fr": {"headline": "Salut"}}
    row.save()

    assert changes(before, draft_source(site)) == ["Creative 'a': its words in de, fr changed"]


# --- the form ---------------------------------------------------------------------------------------

FIELDS = {"name": "Sale", "key": "sale", "template": "hero", "headline": "Hi"}


def test_a_language_is_added_filled_and_emptied(client, site):
    row = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Hi")
    client.force_login(factories.make_user("editor"))
    address = "/campaigns/variants/sale/"

    page = text_of(client.post(address, FIELDS | {"do": "add-language", "new-language": "de", "headline": "Typed"}))
    row.refresh_from_db()
    assert 'name="in-de-headline"' in page and "Typed" in page and row.headline == "Hi"

    client.post(address, FIELDS | {"in-de-headline": "Hallo", "in-de-body": "", "in-fr-badge": "Neuf"})
    row.refresh_from_db()
    assert row.translations == {"de": {"headline": "Hallo"}, "fr": {"badge": "Neuf"}}
    assert "Hallo" in text_of(client.get(address)) and "In “de”" in text_of(client.get(address))

    client.post(address, FIELDS | {"in-de-headline": "", "in-fr-badge": ""})
    row.refresh_from_db()
    assert row.translations == {}


def test_a_fault_in_a_language_keeps_what_was_typed(client, site):
    client.force_login(factories.make_user("editor"))

    page = text_of(client.post("/campaigns/variants/new/", FIELDS | {"in-de-headline": "{weather}"}))

    assert "de, headline: {weather} is unknown" in page and 'value="{weather}"' in page
    assert not AdVariant.objects.exists()
