"""Which consent does a request need, by the country that its visitor is in? Collect, decide and streams ask alike."""

from collections.abc import Mapping

from privacy.consent import Mode, mode_for
from sites.config import SiteConfig
from tracking.addresses import country_of
from tracking.bots import LONGEST, is_sender


def consent_mode_for(site: SiteConfig, headers: Mapping[str, str], trusted_proxies: int, is_secret: bool) -> Mode:
    """The country is what a proxy of ours says of who connects. Of a request that comes from a server it says where
    that server stands, and nothing about the visitor: then the country is not known."""
    if site.consent_in_europe is None or site.consent_in_europe == site.consent_mode:
        return site.consent_mode
    is_server = is_secret or ("origin" not in headers and is_sender(headers.get("user-agent", "")[:LONGEST]))
    country = "" if is_server else country_of(headers, trusted_proxies)
    return mode_for(site.consent_mode, site.consent_in_europe, country)
