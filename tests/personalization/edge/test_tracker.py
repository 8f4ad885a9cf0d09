"""What a site gets as t.js: small, cacheable, and the same from every process."""

import gzip
import os

import pytest
from minify import MinifyError

from personalization.edge.http import Request
from personalization.edge.tracker import SOURCE, Served, Tracker
from tests.personalization.edge.conftest import Client


async def test_the_served_file_has_no_comments_and_short_names(edge):
    answer = await edge.get("/t.js")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert b"// ---" in SOURCE.read_bytes()
    assert b"// ---" not in answer.body
    assert len(answer.body) < len(SOURCE.read_bytes()) * 0.7


async def test_a_browser_that_takes_gzip_gets_the_same_file_compressed(edge):
    plain, compressed = await edge.get("/t.js"), await edge.get("/t.js", accept_encoding="br, gzip")

    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed.body) == plain.body
    assert len(compressed.body) <= 4096


async def test_a_browser_that_has_the_file_is_told_so(edge):
    first = await edge.get("/t.js")

    again = await edge.get("/t.js", if_none_match=first.headers["etag"])

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_two_machines_that_unpacked_it_at_different_times_serve_one_etag(tmp_path):
    """Or a browser behind a load balancer would fetch the file anew at every turn."""
    here, there = tmp_path / "here.js", tmp_path / "there.js"
    for copy, moment in ((here, 1_000_000), (there, 2_000_000)):
        copy.write_text("(() => { const word = 1; window.segue = word; })();")
        os.utime(copy, (moment, moment))

    assert Tracker(here).served == Tracker(there).served


def test_the_etag_changes_with_the_content_alone():
    assert Served.of("f(1)").etag != Served.of("f(2)").etag
    assert Served.of("f(1) // one").etag == Served.of("f(1) // two").etag


def test_a_source_that_is_no_javascript_stops_the_start(tmp_path):
    broken = tmp_path / "t.js"
    broken.write_text("const = 1")

    with pytest.raises(MinifyError):
        Tracker(broken)


async def test_a_change_of_the_source_needs_no_restart(tmp_path):
    source = tmp_path / "t.js"
    source.write_text("f(1)")
    tracker = Tracker(source)
    source.write_text("f(2)")
    os.utime(source, (2_000_000_000, 2_000_000_000))

    answer = await tracker(None, Request(Client(None).scope("GET", "/t.js")))

    assert answer.body == b"f(2)"
