"""Which pictures does a site have, and how do they come and go? Each verb is one transaction, with its entry in the
change log."""

from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from campaigns import drafts, kept_releases
from campaigns.content import Picture
from campaigns.pictures import store
from campaigns.pictures.decoding import decode
from sites.editing import Needed, delete_row, save_row
from sites.models import Site
from sites.pages.history import Actor

LONGEST_NAME = 100
MOST_FOUND = 24


def find(site: Site, text: str = "") -> QuerySet[Picture]:
    """With `uses`, the number of creatives that show it; the newest first."""
    rows = Picture.objects.filter(site=site).annotate(uses=Count("variants")).order_by("-created_at", "-id")
    return rows.filter(Q(name__icontains=text) | Q(alt__icontains=text)) if text else rows


def find_items(site: Site, text: str = "") -> list[Any]:
    """Items of the catalogue with a picture."""
    table = drafts.item_table()
    if table is None:
        return []
    rows = table._default_manager.filter(site=site).exclude(image_url="")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(category__icontains=text) | Q(key__icontains=text))
    return list(rows.order_by("name", "id")[:MOST_FOUND])


@transaction.atomic
def add(site: Site, data: bytes, name: str, by: Actor, alt: str = "") -> tuple[Picture, bool]:
    """The picture, and whether it is new: the same pixels are kept once. Raises NoPicture."""
    decoded = decode(data)
    known = Picture.objects.filter(site=site, digest=decoded.digest).first()
    if known:
        return known, False
    store.keep(decoded)
    row = Picture(
        site=site,
        digest=decoded.digest,
        name=_name(name),
        alt=alt[:200],
        width=decoded.width,
        height=decoded.height,
        widths=sorted(decoded.files),
        size=sum(map(len, decoded.files.values())),
    )
    save_row(row, by)
    return row, True


@transaction.atomic
def delete(row: Picture, by: Actor) -> None:
    """Raises Needed where a creative or the live release shows it. Older releases may still name its files, which are
    then gone: one that is rolled back to shows the creative without its picture."""
    live = kept_releases.live(row.site)
    if fault := row.delete_fault():
        raise Needed(fault)
    if live and any(row.digest.encode() in piece for variant in live.variants for piece in variant.pieces):
        raise Needed("Visitors still see it. Publish what shows another one first.")
    digest, widths = row.digest, list(row.widths)
    delete_row(row, by)
    if not Picture.objects.filter(digest=digest).exists():  # another site's may be the same
        transaction.on_commit(lambda: store.forget(digest, widths), robust=True)


def _name(name: str) -> str:
    """Of a file, without its folder and ending."""
    plain = "".join(letter for letter in PurePath(name.replace("\\", "/")).stem if letter.isprintable()).strip()
    return plain[:LONGEST_NAME] or "Picture"
