# A site whose placements are flags: a segment first and a lot behind it, a rule on what visitors did, and a default alone. Published twice:
# the first release has other words in one default. Runs in `manage.py shell` with KEY and SECRET; prints the site and both versions.
from campaigns import editing as campaigns
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.publish import publish
from segments.models import Segment
from sites import editing
from sites.models import Site
from sites.pages.history import Actor

by = Actor.command("shell")
site = Site(name="Flags", domain="shop.example", write_key=KEY, secret_key=SECRET, consent_in_europe="opt_out")  # noqa: F821
site.allowed_origins = ["http://shop.example"]
editing.save(site, by)
keys = ("plain", "german", "blue", "red", "side-plain", "keen", "note-plain")
plain, german, blue, red, side_plain, keen, note_plain = (
    AdVariant.objects.create(site=site, key=key, name=key, headline=f"The {key} one") for key in keys
)
AdVariant.objects.filter(pk=german.pk).update(translations={"de": {"headline": "Auf Deutsch"}})
hero, side, note = (
    Placement.objects.create(site=site, key=key, name=key, default_variant=default)
    for key, default in (("hero", plain), ("side", side_plain), ("note", note_plain))
)
campaign = Campaign.objects.create(site=site, key="spring", name="Spring", status="live")
germans = Segment.objects.create(site=site, key="germans", name="Germans", condition={"context.language": "de"})
Rule.objects.create(campaign=campaign, placement=hero, name="Germans", segment=germans, variant=german, priority=900)
test = Rule(campaign=campaign, placement=hero, name="Blue or red", priority=100)
campaigns.split(test, [(blue, 30), (red, 70)], by)
seen = {"feature.product_views_total": {"$gte": 2}}
Rule.objects.create(campaign=campaign, placement=side, name="Keen", condition=seen, variant=keen)
first = publish(site, None)
AdVariant.objects.filter(pk=note_plain.pk).update(headline="A newer one")
second = publish(site, None)
print(site.pk, first.version, second.version)
