"""Static files, as an ASGI server and a browser ask for them."""

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from whitenoise.responders import StaticFile

from personalization.static_files import StaticFiles

SHEET = settings.BASE_DIR / "static" / "css" / "segue.css"

pytestmark = pytest.mark.filterwarnings(
    "error:StreamingHttpResponse must consume"
)  # what Django says of files that an ASGI server cannot stream


def test_a_file_is_answered_whole_to_an_asgi_server(async_client):
    answer = async_to_sync(async_client.get)("/static/css/segue.css")

    assert not answer.streaming
    assert answer.content == SHEET.read_bytes()
    assert answer["content-type"].startswith("text/css")


def test_a_file_that_changes_under_a_running_process_is_answered_whole(tmp_path, rf):
    sheet = tmp_path / "a.css"
    sheet.write_text("a {}")
    known = StaticFile(str(sheet), [("Content-Type", "text/css")])
    sheet.write_text("a { color: teal }")

    answer = StaticFiles.serve(known, rf.get("/static/a.css"))

    assert (answer.content, answer["content-length"]) == (b"a { color: teal }", "17")


def test_a_file_the_browser_has_is_not_sent_again(client):
    first = client.get("/static/css/segue.css")

    second = client.get("/static/css/segue.css", headers={"if-none-match": first["etag"]})

    assert (second.status_code, second.content) == (304, b"")


def test_the_head_of_a_file_tells_its_length(client):
    head = client.head("/static/css/segue.css")

    assert (int(head["content-length"]), head.content) == (SHEET.stat().st_size, b"")


def test_a_part_of_a_file_is_a_part(client):
    part = client.get("/static/css/segue.css", headers={"range": "bytes=0-9"})

    assert (part.status_code, part.content) == (206, SHEET.read_bytes()[:10])
