"""Pictures come, are found, shown and go; whoever has no log-in sees them and nothing else."""

import json
import re
from io import BytesIO

import pytest

from campaigns.content import Picture
from campaigns.golive import compile_release
from campaigns.media import WEB
from campaigns.models import AdVariant, Placement
from campaigns.pictures import library
from campaigns.publish import publish
from campaigns.release import FrozenPlacement
from campaigns.variants import compile_variant, preview
from personalization.decide import decide
from personalization.edge.answer import frame_of
from personalization.situation import Situation
from recommendations.catalogue import import_items
from segments.state import Profile
from sites.editing import Needed
from tests import factories, releases
from tests.answers import text_of
from tests.pictures import a_picture


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"pictures": place}
    return tmp_path


@pytest.fixture
def photo(site):
    return library.add(site, a_picture(size=(700, 350)), "../summer photo.png", factories.TESTER)[0]


def files(folder) -> set[str]:
    return {path.name for path in folder.rglob("*.webp")}


def test_a_picture_is_kept_once_by_its_content(site, photo, store):
    again, is_new = library.add(site, a_picture(size=(700, 350)), "other.png", factories.TESTER)

    assert (again.pk, is_new, photo.name, photo.widths) == (photo.pk, False, "summer photo", [320, 640, 700])
    assert files(store) == {"320.webp", "640.webp", "700.webp"}


def test_anybody_may_load_one_and_keep_it(client, photo):
    answer = client.get(photo.path)

    assert (answer.status_code, answer["content-type"]) == (200, "image/webp")
    assert "immutable" in answer["cache-control"] and answer["x-content-type-options"] == "nosniff"
    assert answer["cross-origin-resource-policy"] == "cross-origin" and "sandbox" in answer["content-security-policy"]
    assert "set-cookie" not in answer and "vary" not in answer
    assert client.get(photo.path, headers={"if-none-match": answer["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/pictures/{}/5.webp", "/pictures/x/320.webp", "/pictures/..%2f..%2fsecret/320.webp"])
def test_what_is_not_there_is_not_found(client, photo, path):
    assert client.get(path.format(photo.digest)).status_code == 404


def test_it_stays_while_a_creative_or_the_live_release_shows_it(site, photo, store, redis_client):
    row = AdVariant.objects.create(site=site, key="a", name="A", headline="Hi", picture=photo, image_alt="x")
    Placement.objects.create(site=site, key="hero", name="Hero", default_variant=row)
    compile_release(publish(site, factories.make_user("publisher"), "").pk)

    with pytest.raises(Needed, match="shown by A"):
        library.delete(photo, factories.TESTER)
    AdVariant.objects.update(picture=None)
    with pytest.raises(Needed, match="Visitors still see it"):
        library.delete(photo, factories.TESTER)

    compile_release(publish(site, factories.make_user("publisher"), "").pk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda run, **_: run())
        library.delete(photo, factories.TESTER)
    assert not Picture.objects.exists() and files(store) == set()


def test_a_file_that_another_site_shows_too_stays(site, photo, store, monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda run, **_: run())
    other = factories.make_site(name="Other", write_key="wk_other")
    twin, _ = library.add(other, a_picture(size=(700, 350)), "twin.png", factories.TESTER)

    library.delete(photo, factories.TESTER)

    assert files(store) == {f"{width}.webp" for width in twin.widths}


def test_a_creative_shows_it_in_the_width_that_fits_with_the_words_of_the_library(photo):
    photo.alt = 'A "quiet" lake'
    row = AdVariant(site=photo.site, key="a", name="A", headline="Hi", picture=photo)

    html = preview(row)

    assert f'src="/pictures/{photo.digest}/700.webp" alt="A &quot;quiet&quot; lake"' in html
    assert re.search(r'srcset="(/pictures/\w+/\d+\.webp \d+w(, )?){3}" sizes="[^"]+" width="700" height="350"', html)


def test_an_answer_names_the_installation_that_has_the_files(photo):
    row = AdVariant(site=photo.site, key="a", name="A", headline="Hi", picture=photo, image_alt="x")
    release = releases.release([releases.rule(1)], [compile_variant(row, WEB)], [FrozenPlacement("hero", -1, 0)])
    situation = Situation(release, Profile(), "ab" * 16, False, {}, 1_790_000_000_000, 20_000)

    (decision,) = decide(situation, ["hero"])
    body = frame_of(release, decision, "").body_with(decision, b"https://segue.example")

    answer = json.loads(body.partition(b',"campaign"')[0])
    assert answer["fields"]["image_url"] == f"https://segue.example{photo.path}"
    assert answer["html"].count("https://segue.example/pictures/") == 1 + len(photo.widths)


def test_a_picture_and_an_address_at_once_are_refused(photo):
    row = AdVariant(site=photo.site, key="a", name="A", headline="Hi", picture=photo, image_url="/x.png")

    with pytest.raises(Exception, match="Either a picture of the library or an address"):
        row.clean()


# --- pages and the API ------------------------------------------------------------------------------


def test_a_file_that_is_no_picture_is_told_with_its_name_and_the_others_come(client, site):
    client.force_login(factories.make_user("editor"))
    good, bad = BytesIO(a_picture("red")), BytesIO(b"<svg onload=alert(1)>")
    good.name, bad.name = "good.png", "<b>bad.svg"

    page = text_of(client.post("/creatives/pictures/upload", {"file": [bad, good]}, follow=True))

    assert "&lt;b&gt;bad.svg: SVG is not taken" in page and "<b>bad" not in page
    assert Picture.objects.get().name == "good"


def test_a_viewer_uploads_and_deletes_nothing(client, photo):
    client.force_login(factories.make_user("viewer"))

    assert client.get("/creatives/pictures/").status_code == 200
    assert client.post("/creatives/pictures/upload", {"file": BytesIO(a_picture())}).status_code == 403
    assert client.post(f"/creatives/pictures/{photo.pk}/delete").status_code == 403


def test_the_choice_in_a_form_finds_pictures_and_products(client, photo):
    row = {
        "key": "mug",
        "name": "Blue Mug",
        "category": "Mugs",
        "url": "/p",
        "price_minor": 1,
        "image_url": "/i/mug.png",
    }
    import_items(photo.site, [row])
    client.force_login(factories.make_user("editor"))

    everything = text_of(client.get("/creatives/pictures/choice"))
    found = text_of(client.get("/creatives/pictures/choice?text=mug"))

    assert "summer photo" in everything and 'data-address="/i/mug.png"' in everything
    assert "summer photo" not in found and "Blue Mug" in found


def test_a_picture_of_another_site_cannot_be_chosen_or_seen(client, photo):
    other = factories.make_site(name="Other", write_key="wk_other")
    client.force_login(factories.make_user("editor"))

    assert client.get(f"/site/{other.pk}/creatives/pictures/{photo.pk}/").status_code == 404
    page = text_of(
        client.post(
            f"/site/{other.pk}/campaigns/variants/new/",
            {"name": "A", "template": "hero", "headline": "Hi", "picture": photo.pk},
        )
    )
    assert "Select a valid choice" in page


def test_the_api_takes_an_upload_and_says_what_is_wrong_with_one(client, site):
    client.force_login(factories.make_user("administrator"))

    made = client.post("/api/v1/pictures/", {"site": site.pk, "file": BytesIO(a_picture()), "alt": "Teal"})
    again = client.post("/api/v1/pictures/", {"site": site.pk, "file": BytesIO(a_picture())})
    refused = client.post("/api/v1/pictures/", {"site": site.pk, "file": BytesIO(b"no picture")})

    assert (made.status_code, again.status_code, refused.status_code) == (201, 200, 400)
    assert made.json()["path"] == f"/pictures/{made.json()['digest']}/64.webp" and made.json()["alt"] == "Teal"
    assert "no picture" in json.loads(refused.content)["file"][0]
