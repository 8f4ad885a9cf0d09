from pathlib import Path

import pytest

from tracking.bots import is_declared_bot
from tracking.replay.access_log import read
from tracking.replay.pages import Paths, reason_against

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def line(
    target: str,
    referrer: str = "-",
    *,
    size: object = 5120,
    status: int = 200,
    method: str = "GET",
    agent: str = CHROME,
    more: str = "",
) -> str:
    return (
        f'10.0.0.1 - - [17/May/2015:10:05:03 +0200] "{method} {target} HTTP/1.1" {status} {size} "{referrer}"'
        f' "{agent}"{more}\n'
    )


def shop(views: int = 60) -> list[str]:
    """A shop whose pages load a picture and an answer to a script, none of them with an extension."""
    lines = []
    for number in range(views):
        page = f"https://www.kettles.example/product/{number}/kettle"
        lines += [
            line(f"/product/{number}/kettle", "https://www.google.com/"),
            line(f"/picture-of/{number}/240x180", page),
            line("/settings/logo", page),
        ]
        lines += [
            line("/basket/view", page),
            line("/basket/cities", "https://www.kettles.example/basket/view", size=900),
        ]
    return lines


def taken(tmp_path: Path, lines: list[str]) -> tuple[list[str], dict[str, str]]:
    """Paths of the pages, and of what was skipped with the reason."""
    file = tmp_path / "access.log"
    file.write_text("".join(lines))
    recorded = list(read(file, "shop.example"))
    pages = [one.message["context"]["page"]["path"] for one in recorded if one.message]
    return pages, {text.split()[6]: one.skipped for text, one in zip(lines, recorded, strict=True) if one.skipped}


def test_what_is_never_a_referrer_is_no_page_whatever_its_path(tmp_path):
    pages, skipped = taken(tmp_path, shop())

    assert {path.split("/")[1] for path in pages} == {"product", "basket"}
    assert "/basket/view" in pages
    assert (
        skipped["/picture-of/7/240x180"]
        == skipped["/settings/logo"]
        == skipped["/basket/cities"]
        == "part of the site without pages"
    )


def test_a_gallery_has_its_pages_under_images(tmp_path):
    lines = []
    for number in range(60):
        page = f"https://gallery.example/images/{number}"
        lines += [line(f"/images/{number}"), line(f"/raw/{number}", page), line("/about-us", page)]

    pages, skipped = taken(tmp_path, lines)

    assert "/images/7" in pages
    assert skipped["/raw/7"] == "part of the site without pages"


def test_a_page_that_its_readers_leave_is_still_a_page(tmp_path):
    read_and_left = [line("/blog/one-answer", "https://www.google.com/")] * 30

    pages, _ = taken(
        tmp_path, shop() + [line("/blog"), line("/logo", "https://www.kettles.example/blog")] * 5 + read_and_left
    )

    assert "/blog/one-answer" in pages


def test_without_referrers_the_path_decides(tmp_path):
    pages, skipped = taken(
        tmp_path, [line("/product/1"), line("/image/32179"), line("/rapid/ajax/list"), line("/image-of-the-day")] * 30
    )

    assert set(pages) == {"/product/1", "/image-of-the-day"}
    assert skipped == {"/image/32179": "path of content", "/rapid/ajax/list": "path of content"}


def test_crawlers_which_load_no_pictures_do_not_count_against_pages(tmp_path):
    robot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    crawled = [line(f"/product/{number}/kettle", agent=robot) for number in range(5000)]

    pages, _ = taken(tmp_path, shop() + crawled)

    assert "/product/7/kettle" in pages


@pytest.mark.parametrize(
    ("more", "is_page"),
    [
        (' "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"', True),
        (' "203.0.113.9" "image/avif,image/webp,image/apng,*/*;q=0.8"', False),
        (' "application/json, text/plain, */*"', False),
        (' "*/*"', True),
        (' "203.0.113.9" 0.004', True),
    ],
)
def test_an_accept_header_decides_where_the_log_has_one(tmp_path, more, is_page):
    pages, _ = taken(tmp_path, [line("/anything", more=more)])

    assert (pages == ["/anything"]) is is_page


@pytest.mark.parametrize(
    ("target", "size", "status", "reason"),
    [
        ("/a.avif", 5120, 200, "asset"),
        ("/manual.pdf?page=2", 5120, 200, "asset"),
        ("/count", 43, 200, "empty answer or counting pixel"),
        ("/nothing", 0, 200, "empty answer or counting pixel"),
        ("/same", 0, 304, ""),
        ("/unknown", "-", 200, ""),
        ("/list?_=1548519325123", 5120, 200, "asked for by a script"),
        ("/list?callback=jQuery1", 5120, 200, "asked for by a script"),
        ("/product/1.0", 5120, 200, ""),
    ],
)
def test_extension_size_and_query_tell_what_is_no_page(tmp_path, target, size, status, reason):
    _, skipped = taken(tmp_path, [line(target, size=size, status=status)])

    assert skipped == ({target: reason} if reason else {})


def test_referrers_that_are_the_logs_own_pages_are_the_sites(tmp_path):
    file = tmp_path / "access.log"
    file.write_text("".join(shop()))

    referrers = {one.message["context"]["page"]["referrer"] for one in read(file, "shop.example") if one.message}

    assert referrers == {"https://www.google.com/"} | {
        f"https://shop.example/product/{number}/kettle" for number in range(60)
    }


def test_the_survey_of_a_log_is_bounded():
    paths = Paths()

    for number in range(200_000):
        paths.add(f"/{number}/x/y", f"https://{number}.example/{number}/z")

    assert len(paths) <= 200_000


def test_many_products_leave_room_for_the_parts_above_them():
    paths = Paths()

    for number in range(60_000):
        paths.add(f"/product/{number}", "")
    for number in range(100):
        paths.add("/basket", f"https://shop.example/product/{number}")

    assert (paths.part("/product/7"), paths.part("/basket")) == ("/product", "/basket")


def test_a_shops_log_without_extensions_gives_its_pages_and_nothing_else(shared_dir):
    """Part 9(i): of 26,359 requests that were taken for pages, 21,583 were for pictures."""
    from pyarrow import parquet

    rows = parquet.read_table(shared_dir / "data/weblog/zaker_shop_requests.parquet").to_pylist()
    rows = [
        row
        for row in rows
        if row["method"] == "GET" and row["status"] in (200, 304) and not is_declared_bot(row["user_agent"])
    ]
    paths = Paths()
    for row in rows:
        paths.add(row["path"], row["referrer"] or "")

    found: dict[str, list[bool]] = {}
    for row in rows:
        size = row["bytes"] if row["status"] == 200 else None
        found.setdefault(row["kind"], []).append(not reason_against(paths, row["path"], row["query"] or "", size, ""))

    pages = (
        "home",
        "category_browse",
        "category_filter",
        "product_view",
        "search",
        "article",
        "basket_view",
        "checkout",
        "content_page",
        "login",
    )
    kept = [is_page for kind in pages for is_page in found[kind]]
    assert sum(found["asset"]) == 0
    assert sum(found["ajax_or_other"]) <= 0.05 * len(found["ajax_or_other"])
    assert sum(kept) >= 0.99 * len(kept)
