"""What do the pages of docs/ say? They are the help of the shell: rendered without any HTML that stands in them, with
links that stay within the help."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = settings.BASE_DIR / "docs"
# Who reads what, in the order of the page Help.
PARTS = {
    "For marketers": ["pages", "conditions", "creatives", "coupons", "clusters", "bandits"],
    "For whoever looks after the site": ["tracker", "events", "decide", "clients", "api"],
    "For whoever runs Segue": ["operating", "configuration", "archive", "performance"],
}
DECISIONS = "Why it is built so"
FORM_OF_DECISIONS = "decisions/0000-template"
_LINK = re.compile(r"(?P<file>[\w./-]*?)\.md(?P<anchor>#[\w-]*)?")


class Heading(NamedTuple):
    level: int
    anchor: str
    title: str


class Chapter(NamedTuple):
    slug: str  # its file within docs/, without the ending
    title: str
    html: str
    headings: list[Heading]
    text: str  # in small letters, for the search


class Mention(NamedTuple):
    """Where the help speaks of something: the chapter's title, the heading's, the chapter's slug, "#anchor"."""

    chapter: str
    title: str
    slug: str
    anchor: str


@cache
def chapters() -> dict[str, Chapter]:
    """All of them by slug; read once, for they come with the version that runs."""
    files = [*sorted(FOLDER.glob("*.md")), *sorted((FOLDER / "decisions").glob("*.md"))]
    return {chapter.slug: chapter for file in files if (chapter := _read(file)).slug != FORM_OF_DECISIONS}


def parts() -> dict[str, list[Chapter]]:
    """What `PARTS` does not name yet stands under "More"."""
    found = {title: [chapters()[slug] for slug in slugs] for title, slugs in PARTS.items()}
    named = {slug for slugs in PARTS.values() for slug in slugs}
    more = [chapter for slug, chapter in chapters().items() if slug not in named and "/" not in slug]
    found |= {"More": more} if more else {}
    return found | {DECISIONS: [chapter for slug, chapter in chapters().items() if slug.startswith("decisions/")]}


def find(words: Sequence[str]) -> list[Mention]:
    """Headings with all words first, then chapters that speak of them."""
    small = [word.lower() for word in words]
    headed, said = [], []
    for chapter in chapters().values():
        named = [each for each in chapter.headings if all(word in each.title.lower() for word in small)]
        headed += [Mention(chapter.title, each.title, chapter.slug, f"#{each.anchor}") for each in named]
        if not named and all(word in chapter.text for word in small):
            said.append(Mention("", chapter.title, chapter.slug, ""))
    return headed + said


def anchor_of(title: str) -> str:
    """As GitHub makes it, so that links work in both places."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _read(file: Path) -> Chapter:
    slug = str(file.relative_to(FOLDER).with_suffix(""))
    # HTML within the text is shown as text, and a link to anything but http, https and mail is none.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    source = file.read_text()
    tokens = markdown.parse(source)
    headings = list(_headings(tokens))
    for token in tokens:
        _mend_links(token.children or [], slug)
    title, *others = headings  # the shell shows the title
    html = markdown.renderer.render(tokens[3:], markdown.options, {})
    return Chapter(slug, title.title, _dress(html), others, source.lower())


def _headings(tokens: list[Token]) -> Iterator[Heading]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            title = "".join(child.content for child in inline.children or [])
            token.attrSet("id", anchor_of(title))
            yield Heading(int(token.tag[1]), anchor_of(title), title)


def _mend_links(tokens: list[Token], slug: str) -> None:
    """Links to other chapters lead to their page, relative to this one's; what is not in docs/ is no link here."""
    up = "../" * (slug.count("/") + 1)
    folder = slug.rpartition("/")[0]
    for token in tokens:
        if token.type != "link_open":
            continue
        target = str(token.attrGet("href"))
        if target.startswith(("http:", "https:", "mailto:", "#")):
            continue
        found = _LINK.fullmatch(target)
        name = _resolve(folder, found["file"]) if found else ""
        if found and (FOLDER / f"{name}.md").is_file():
            token.attrSet("href", f"{up}{name}/{found['anchor'] or ''}")
        else:
            del token.attrs["href"]


def _resolve(folder: str, file: str) -> str:
    """The slug that a relative path names; a path that leaves docs/ names none."""
    path = (FOLDER / folder / file).resolve()
    return str(path.relative_to(FOLDER)) if path.is_relative_to(FOLDER) else "../"


def _dress(html: str) -> str:
    """In the look of the shell; what scrolls can be reached by keyboard."""
    html = html.replace("<pre>", '<pre tabindex="0">')
    table = '<div class="s-scroll" tabindex="0" role="region" aria-label="Table"><table class="s-table">'
    html = html.replace("<table>", table)
    return html.replace("</table>", "</table></div>")
