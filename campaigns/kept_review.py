"""What did the latest review of a draft find, and is it still true?

A review is kept with the state of the rows that it was read from. Whoever asks compares that with the state of the rows
now: nobody has to tell of an edit, so none can be forgotten, by whatever way it was written. The reasons stand in
docs/decisions/0013.
"""

import hashlib
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Func, IntegerField, Model, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils import timezone

from campaigns.drafts import TABLES
from campaigns.models import DraftReview, Release
from campaigns.offers import Offer
from campaigns.problems import Problem
from campaigns.review import Review, compare, examine
from sites.models import Site
from sites.times import ms_of

LOST = timedelta(minutes=1)  # after which a task, or a review that was begun, is taken for lost


def state_of(site_id: int) -> str:
    """Of everything that a review of this site is made from: equal as long as nobody writes a row of it, no release
    goes live or sets out, and none fails. Two queries, of which one touches each row of the draft."""
    first, *others = (_versions(table, path, site_id) for table, path in TABLES.items())
    releases = Release.objects.filter(site=site_id, status__in=[*Release.PENDING, Release.Status.LIVE])
    found = [
        *sorted(first.union(*others, all=True)),
        *releases.order_by("id").values_list("id", "live_at"),
    ]
    return hashlib.blake2b(repr(found).encode(), digest_size=16).hexdigest()


def _versions(table: type[Model], path: str, site_id: int) -> QuerySet[Any]:
    """One row: the table, and a digest of the versions of the site's rows in it.

    Postgres writes a changed row anew: in another place (`ctid`), with the number of the transaction that wrote it
    (`xmin`). Neither is enough: one transaction may write a row twice, and a place is used again later.
    """
    name = connection.ops.quote_name(table._meta.db_table)
    digest = f"bit_xor(hashtextextended(concat_ws(' ', {name}.id, {name}.xmin, {name}.ctid), 0))"
    rows = table._default_manager.filter(**{path: site_id}).order_by()
    return rows.values_list(Value(table._meta.label), RawSQL(digest, []))  # noqa: S611  # names of our own tables


def is_current(kept: DraftReview | None) -> bool:
    if kept is None or (kept.good_until and kept.good_until <= timezone.now()):
        return False
    return kept.state == state_of(kept.site_id)


def keep(site: Site) -> DraftReview:
    """Reviews the draft and keeps what came of it. Safe to run twice, and at once."""
    now, began = timezone.now(), time.perf_counter()
    DraftReview.objects.filter(site=site).update(begun_at=now)
    # Before the rows are read: an edit in between may be in this review or not, but is never in its state, so nobody
    # takes it for the review of what the draft is then.
    state = state_of(site.pk)
    site = Site.objects.get(pk=site.pk)
    examined = examine(site, ms_of(now), with_offers=True)
    review = compare(site, examined)
    # Two reviews at once: the one that ends last is kept. Was it the one that began first, its state is of an older
    # draft, and whoever asks finds it out of date.
    kept, _ = DraftReview.objects.update_or_create(
        site=site,
        defaults={
            "problems": [asdict(problem) for problem in review.problems],
            "changes": review.changes,
            "offers": [asdict(offer) for offer in review.offers],
            "version": review.version,
            "live": review.live,
            "state": state,
            "good_until": examined.good_until,
            "made_at": now,
            "took_ms": round((time.perf_counter() - began) * 1000),
            "begun_at": None,
        },
    )
    return kept


def refresh(site_id: int) -> None:
    """Does what a worker was asked for: nothing where somebody has reviewed the draft meanwhile, or the site is
    gone."""
    # First of all, so that an edit from here on asks again: it may come too late for this review.
    DraftReview.objects.filter(site=site_id).update(asked_at=None)
    kept = DraftReview.objects.select_related("site").filter(site=site_id).first()
    if kept and not is_current(kept):
        keep(kept.site)


def keep_all() -> None:
    """Reviews the drafts whose kept review is no longer true, and those that have none. Beat calls it each minute: an
    edit that nobody told of, or whose task was lost, is found here at the latest."""
    for site in Site.objects.select_related("draft_review"):
        if not is_current(getattr(site, "draft_review", None)):
            keep(site)


@dataclass(frozen=True)
class Unpublished:
    """How many changes the latest review counted, and whether another one is being made."""

    changes: int
    is_changing: bool


def unpublished(site_id: int, now: datetime) -> Unpublished:
    """For the header of every page: one query that reads a number, and is never waited for."""
    counted = Func("changes", function="jsonb_array_length", output_field=IntegerField())
    row = DraftReview.objects.filter(site=site_id).values_list(counted, "asked_at", "begun_at").first()
    if row is None:
        return Unpublished(0, is_changing=False)
    changes, *begun = row
    return Unpublished(changes, is_changing=any(at and now - at < LOST for at in begun))


def review_of(kept: DraftReview) -> Review:
    problems, offers = msgspec.convert(kept.problems, list[Problem]), msgspec.convert(kept.offers, list[Offer])
    return Review(problems, kept.changes, kept.version, kept.live, offers)
