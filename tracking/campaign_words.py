"""What do a campaign's words say: `utm_medium`, `utm_source`, and the click ids of advertising systems?"""

import re
from functools import cache

from tracking.known_hosts import CHANNELS, known_host
from tracking.sources import squeeze

LONGEST = 200  # characters of source, medium, campaign, term and content that are kept

# Parameter of a click id -> (channel, source). Advertisers' systems add them to the landing page's address.
CLICK_IDS = {
    "gclid": ("paid", "Google"),
    "gbraid": ("paid", "Google"),
    "wbraid": ("paid", "Google"),
    "dclid": ("ads", "Google"),
    "gad_source": ("paid", "Google"),
    "msclkid": ("paid", "Bing"),
    "fbclid": ("social", "Facebook"),  # Facebook adds it to every outgoing link, paid or not
    "ttclid": ("paid", "TikTok"),
    "twclid": ("paid", "Twitter"),
    "li_fat_id": ("paid", "LinkedIn"),
    "epik": ("paid", "Pinterest"),
    "rdt_cid": ("paid", "Reddit"),
    "sccid": ("paid", "Snapchat"),
    "yclid": ("paid", "Yandex"),
    "ysclid": ("search", "Yandex"),
    "qclid": ("paid", "Quora"),
    "irclickid": ("ads", "Impact"),
    "cjevent": ("ads", "CJ"),
    "awc": ("ads", "Awin"),
    "tduid": ("ads", "Tradedoubler"),
    "ranmid": ("ads", "Rakuten Advertising"),
    "mc_eid": ("email", "Mailchimp"),
    "mc_cid": ("email", "Mailchimp"),
    "_kx": ("email", "Klaviyo"),
    "vero_id": ("email", "Vero"),
    "mkt_tok": ("email", "Marketo"),
    "_hsenc": ("email", "HubSpot"),
}

# utm_medium as GA4's default channel groups read it; looked at before the words below.
PAID_MEDIUM = r"(?:.*cp.*|ppc|retargeting|paid.*)"

# utm_medium -> channel, in small letters, without spaces and signs between words.
MEDIUM_CHANNELS = {
    "paid": "sem sea ppc psocial adwords pla shopping googleads facebookads searchads socialads",
    "ads": "display banner affiliate affiliates affiliation native programmatic remarketing video ad ads"
    " interstitial expandable sponsored",
    "email": "email mail newsletter mailing edm",
    "social": "social socialnetwork socialmedia sm organicsocial",
    "search": "organic search organicsearch seo",
    "ai": "ai llm chatbot assistant",
    "referral": "referral link partner pr blog qr qrcode print offline podcast sms push app audio",
}

# utm_source -> channel, in the same form, beside the names of the tables above. Meta fills in fb, ig, msg, th and an by
# itself.
SOURCE_CHANNELS = {
    "social": "fb ig insta msg messenger th meta li yt tw x tt wa tg sc snap pin pins socialmedia social",
    "search": "ddg gmb gbp googlemybusiness",
    "ai": "gpt openai claude anthropic perplexity copilot metaai",
    "email": "email mail newsletter outlook mailchimp klaviyo brevo sendinblue sendgrid mailerlite"
    " activecampaign cleverreach rapidmail",
    "ads": "an audiencenetwork",
    "paid": "adwords",
}

# What a template leaves where nobody filled it in.
_UNFILLED = re.compile(r"\$?\{.*\}|%\w+%|undefined|null|\((?:none|not set|direct)\)", re.IGNORECASE)


def clean_value(value: str) -> str:
    """A parameter's value; "" where it only says that there is none."""
    value = value.replace("\0", "").strip()[:LONGEST]
    return "" if _UNFILLED.fullmatch(value) else value


@cache
def _mediums() -> dict[str, str]:
    return {medium: channel for channel, mediums in MEDIUM_CHANNELS.items() for medium in mediums.split()}


@cache
def _sources() -> dict[str, str]:
    """Names of a source in small letters without signs -> channel. Google is a search engine first, and an advertiser
    only when it says so."""
    sources = {squeeze(source): channel for channel, table in reversed(CHANNELS.items()) for source in table}
    return sources | {name: channel for channel, names in SOURCE_CHANNELS.items() for name in names.split()}


def channel_of_medium(medium: str) -> str:
    """As GA4 reads it, and its words as marketers write them; "" when it says nothing."""
    text = medium.lower()
    if not text:
        return ""
    if re.fullmatch(PAID_MEDIUM, text):
        return "paid"
    words = re.split(r"[\W_]+", text)
    if "paid" in words and not {"non", "not", "un"} & set(words):
        return "paid"
    mediums = _mediums()
    return mediums.get("".join(words)) or next(
        (mediums[word] for word in words if word in mediums and word != "organic"), ""
    )


def channel_of_source(source: str) -> str:
    """utm_source alone: "chatgpt.com", "Facebook" and "fb" say enough; "" for other names. "Facebook Ads" are paid."""
    name = source.lower().removeprefix("www.")
    if "." in name and (found := known_host(name)):
        return found[0]
    sources, words = _sources(), re.split(r"[\W_]+", name)
    if told := sources.get("".join(words)):
        return told
    if words[0] in sources and {"ad", "ads", "paid"} & set(words[1:]):
        return "paid"
    return "email" if "newsletter" in name else ""
