"""What did a roll back take back, so that no later publication brings it back by the way?"""

from collections.abc import Collection

from django.utils import timezone

from campaigns.composing import CATALOGUE, Thing, all_differing
from campaigns.drafts import read_draft
from campaigns.models import Hold, Release
from campaigns.narrowing import frozen_parts
from campaigns.parts import Parts, apart
from campaigns.release import Source
from sites.models import Site
from sites.times import ms_of


def hold(release: Release, before: Parts, after: Parts) -> None:
    """Everything that visitors saw before this roll back and see otherwise after it. In its transaction."""
    things = all_differing(before, after)
    rows = [Hold(site=release.site, thing=name, release=release) for name in sorted(things)]
    Hold.objects.bulk_create(rows, update_conflicts=True, unique_fields=["site", "thing"], update_fields=["release"])


def release(site: Site, chosen: Collection[Thing], source: Source) -> None:
    """Forgets what is chosen on purpose, and whatever is drafted as this source has it, such as what came along. In the
    transaction of the publication."""
    held = set(Hold.objects.filter(site=site).values_list("thing", flat=True))
    if not held:
        return
    draft, _ = frozen_parts(read_draft(site, with_items=CATALOGUE in held), ms_of(timezone.now()))
    differing = all_differing(apart(source), draft)
    gone = {name for name in held if name in chosen or name not in differing}
    Hold.objects.filter(site=site, thing__in=gone).delete()
