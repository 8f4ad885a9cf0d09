"""What is a source called? By one name, whether a referrer told it or a marketer wrote it into a link, and however.

`google`, `GOOGLE`, `google.com` and the referrer `https://www.google.de/` are Google; `fb` and `Facebook Ads` are
Facebook, for whether it was paid the channel says. A name that nobody knows is written in small letters.
"""

import re
from functools import cache

from sites.remembering import remember
from tracking.known_hosts import CHANNELS, known_host

# Other names of a source, in small letters without signs. Meta fills in fb, ig, msg and th by itself.
ALIASES = {
    "Facebook": "fb",
    "Instagram": "ig insta",
    "Messenger": "msg facebookmessenger",
    "Threads": "th",
    "LinkedIn": "li",
    "YouTube": "yt",
    "Twitter": "tw x",
    "TikTok": "tt",
    "WhatsApp": "wa",
    "Telegram": "tg",
    "Snapchat": "snap sc",
    "Pinterest": "pin pins",
    "Google": "adwords googleadwords",
    "Google Business Profile": "gmb gbp googlemybusiness",
    "DuckDuckGo": "ddg",
    "ChatGPT": "gpt openai",
    "Claude.ai": "claude anthropic",
    "Perplexity.ai": "perplexity",
    "Microsoft Copilot": "copilot",
    "META.ai": "metaai",
    "Outlook.com": "outlook",
    # Known by their click ids alone.
    **dict.fromkeys(("Mailchimp", "Klaviyo", "Vero", "Marketo", "HubSpot"), ""),
}
_PAID = {"ad", "ads", "paid"}


def squeeze(text: str) -> str:
    """Paid Social, paid_social and paid+social are one word."""
    return re.sub(r"[\W_]+", "", text.lower())


@cache
def _names() -> dict[str, str]:
    """Squeezed -> as it is written. Of two tables that write a name differently the first counts."""
    names: dict[str, str] = {}
    for source in (source for table in CHANNELS.values() for source in table):
        names.setdefault(squeeze(source), source)
    for source, others in ALIASES.items():
        for name in (squeeze(source), *others.split()):
            names.setdefault(name, source)
    return names


@remember(4096, 200)
def source_name(text: str) -> str:
    """The one name of a source; the name of a name is itself."""
    plain = word(text)
    names, words = _names(), re.split(r"[\W_]+", plain)
    if found := names.get("".join(words)):
        return found
    host = plain.removeprefix("www.")
    if "." in host and (known := known_host(host)) and known[1]:
        return names[squeeze(known[1])]
    if len(words) > 1 and _PAID & set(words[1:]) and words[0] in names:
        return names[words[0]]
    return host


def word(text: str) -> str:
    """A medium's or a campaign's name: small letters, single spaces."""
    return " ".join(text.lower().split())
