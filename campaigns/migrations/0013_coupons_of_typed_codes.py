"""A coupon for each code that the creatives of a site show, which those creatives then choose. It takes off what they
promised; where they promised nothing, the shop knows what it gives. Releases hold the code itself, and stay as they are."""

from collections import defaultdict
from typing import Any

from django.db import migrations

from campaigns.coupons.codes import as_kept
from campaigns.coupons.terms import OTHER, PERCENT
from sites.pages.copying import free_key


def make(apps: Any, schema_editor: Any) -> None:
    AdVariant, Coupon = apps.get_model("campaigns", "AdVariant"), apps.get_model("campaigns", "Coupon")
    showing = defaultdict(list)
    for row in AdVariant.objects.exclude(typed_coupon="").order_by("id"):
        if code := as_kept(row.typed_coupon):
            showing[row.site_id, code].append(row)
    taken: dict[int, set[str]] = defaultdict(set)
    for (site, code), rows in showing.items():
        percent = max((row.discount_percent or 0 for row in rows), default=0)
        key = free_key(code, taken[site])
        taken[site].add(key)
        gives = {"gives": PERCENT, "percent": percent} if percent else {"gives": OTHER}
        coupon = Coupon.objects.create(site_id=site, key=key, name=code, code=code, **gives)
        for row in rows:
            row.coupon = coupon
            row.save(update_fields=["coupon"])


def write_again(apps: Any, schema_editor: Any) -> None:
    for row in apps.get_model("campaigns", "AdVariant").objects.exclude(coupon=None).select_related("coupon"):
        row.typed_coupon, row.coupon = row.coupon.code, None
        row.save(update_fields=["typed_coupon", "coupon"])


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0012_coupons_tables")]
    operations = [migrations.RunPython(make, write_again)]
