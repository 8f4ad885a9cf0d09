"""Who asks, about whom, and what do they say of themselves? What a question, a stream and whatever else asks for
decisions have in common, before the profile is read."""

import msgspec

from campaigns.release import FrozenRelease
from personalization.context import gather
from personalization.edge.http import Request
from personalization.edge.question import Question
from personalization.situation import NO_VISITOR, NOTHING_FORCED, Beside, Situation
from privacy.consent import Consent, resolve
from segments.profile import Profile
from sites.config import Access, SiteConfig
from tracking.formats.segment import Context
from tracking.identity import Identity, identify, is_placeholder, proves
from tracking.regions import consent_mode_for

Id = str | int | None
Found = tuple[str, Profile]  # whose history it is, and the profile
NOBODY = Identity("")
NEW: Found = (NO_VISITOR, Profile())  # of somebody unknown; decisions read profiles and never change them


class Asker(msgspec.Struct, frozen=True, gc=False):
    request: Request
    site: SiteConfig
    who: Identity  # as they name themselves; NOBODY where nothing may be stored about them
    ids: list[str]  # the visitor's own, which the page's address may hold
    told: Context
    consent: Consent
    trusted_proxies: int

    @classmethod
    def of(cls, question: Question, access: Access, request: Request, trusted_proxies: int) -> "Asker":
        """NOBODY asks where nobody is named or nothing may be stored about them."""
        told, site, who = question.told, access.site, NOBODY
        anonymous_id, user_id = question.anonymous_id, question.user_id
        consent = consent_of(access, request, told, trusted_proxies)
        if consent.may_store:
            who = named(access, anonymous_id, user_id, question.user_hash or told.user_hash)
        return cls(request, site, who, ids_in(anonymous_id, user_id), told, consent, trusted_proxies)

    def situation(
        self,
        release: FrozenRelease,
        found: Found | None,
        now: int,
        shown: dict[str, str],
        beside: Beside,
    ) -> Situation:
        """`found` is None where it could not be read; `shown` are variants by placement, as the page shows them;
        `beside` as `Snapshots` knows it."""
        visitor, profile = found or NEW
        context, day = gather(self.site, self.request.headers, self.told, self.trusted_proxies, now, self.ids)
        may_personalise, is_readable = self.consent.may_personalise, found is not None
        return Situation(
            release,
            profile,
            visitor or NO_VISITOR,
            may_personalise,
            context,
            now,
            day,
            shown,
            is_readable,
            beside.used_up,
            beside.overrides.get(visitor, NOTHING_FORCED),
            beside.weights,
        )


def consent_of(access: Access, request: Request, told: Context, trusted_proxies: int) -> Consent:
    site, stated = access.site, told.consent.category_preferences if told.consent else None
    mode = consent_mode_for(site, request.headers, trusted_proxies, access.is_secret)
    return resolve(mode, site.honour_dnt, request.headers, stated)


def named(access: Access, anonymous_id: Id, user_id: Id, user_hash: str | None) -> Identity:
    """Who is asked about. The words that programs write where they know no id name nobody."""
    if anonymous_id is not None and is_placeholder(anonymous_id):
        anonymous_id = None
    if user_id is None or is_placeholder(user_id):
        return identify(access.site, anonymous_id, None, access.names_users)
    return identify(access.site, anonymous_id, user_id, access.names_users or proves(access.site, user_id, user_hash))


def ids_in(*given: Id) -> list[str]:
    """What of it may stand in the page's address: to be hidden there."""
    return [str(one) for one in given if one is not None and not is_placeholder(one)]
