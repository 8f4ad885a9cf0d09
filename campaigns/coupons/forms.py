"""What may a marketer say of a coupon, and how do codes come in?"""

import secrets
from typing import Any

from django import forms

from campaigns.coupons import codes
from campaigns.coupons.tables import Coupon, CouponCode
from sites.models import Site
from sites.pages.amounts import AmountField
from sites.pages.clock import current_zone
from sites.pages.edits import SiteForm
from sites.pages.moments import LocalMoment
from sites.zones import title

MOST_BYTES = 2_000_000  # of a list of codes
MOST_GENERATED = 10_000


class CouponForm(SiteForm):
    amount_minor = AmountField(required=False)
    minimum_minor = AmountField(required=False)

    class Meta:
        model = Coupon
        fields = [
            "name", "key", "gives", "percent", "amount_minor", "code", "starts_at", "ends_at", "minimum_minor", "limit",
            "limit_per_visitor",
        ]  # fmt: skip
        field_classes = {"starts_at": LocalMoment, "ends_at": LocalMoment}
        labels = {
            "gives": "Gives",
            "percent": "Per cent off",
            "code": "Code for everybody",
            "limit": "At most, in all",
            "limit_per_visitor": "At most, by each visitor",
        }
        help_texts = {
            "name": "For you and your colleagues, such as Autumn sale.",
            "key": "Stands in the API; small letters, digits, - and _.",
            "code": "Such as AUTUMN15; creatives show it. Empty: many codes, each good once, for e-mails and letters.",
            "limit": "Redemptions. Empty: as many as there are orders.",
            "limit_per_visitor": "Then the shop must say who orders. Empty: as often as they like.",
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        zone = title(current_zone().key)
        self.fields["starts_at"].label, self.fields["ends_at"].label = f"From ({zone})", f"Until ({zone})"
        for name, label in (("amount_minor", "Amount off"), ("minimum_minor", "Orders of at least")):
            amount: Any = self.fields[name]
            amount.currency, amount.label = site.currency, f"{label}, in {site.currency}"
        self.instance.site = site


class CodesForm(forms.Form):
    """More codes for a coupon that has many: pasted, from a file, or made by a pattern."""

    listed = forms.CharField(
        required=False,
        label="Paste codes",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line, or with commas between them.",
    )
    file = forms.FileField(
        required=False, label="Or a file", help_text="CSV or text; of a table with a heading, its first column."
    )
    pattern = forms.CharField(
        required=False,
        label="Or make them by a pattern",
        max_length=codes.LONGEST,
        help_text="Each # is another letter or digit, such as SPRING-########.",
    )
    number = forms.IntegerField(required=False, label="So many", min_value=1, max_value=MOST_GENERATED)

    def __init__(self, *args: Any, coupon: Coupon, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coupon = coupon
        self.codes: list[str] = []
        self.known = 0  # of those listed, how many this coupon has already

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 2 MB: split it.")
        try:
            return str(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("This is no text in UTF-8: save the table as CSV.") from None

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        told = [name for name in ("listed", "file", "pattern") if cleaned.get(name)]
        if len(told) != 1:
            self.add_error(None, "Paste codes, choose a file, or write a pattern: one of the three.")
        elif told == ["pattern"]:
            self._make(cleaned["pattern"], cleaned.get("number"))
        else:
            self._read(told[0], cleaned[told[0]])
        return cleaned

    def _make(self, pattern: str, number: int | None) -> None:
        if number is None:
            self.add_error("number", "Say how many.")
        elif fault := codes.pattern_fault(pattern, number):
            self.add_error("pattern", fault)
        else:
            taken = set(CouponCode.objects.filter(site=self.coupon.site_id).values_list("code", flat=True))
            taken |= set(Coupon.objects.filter(site=self.coupon.site_id).values_list("code", flat=True))
            # Whoever knows some codes must not work out the others.
            self.codes = list(codes.generate(pattern, number, taken, secrets.choice))

    def _read(self, name: str, text: str) -> None:
        listed = codes.read_list(text)
        owners = dict(
            CouponCode.objects.filter(site=self.coupon.site_id, code__in=listed.codes).values_list("code", "coupon")
        )
        owners |= dict(Coupon.objects.filter(site=self.coupon.site_id, code__in=listed.codes).values_list("code", "pk"))
        faults = listed.faults + [
            f"“{code}”: another coupon has it" for code, owner in owners.items() if owner != self.coupon.pk
        ]
        for fault in faults[: codes.SHOWN_FAULTS]:
            self.add_error(name, fault)
        if len(faults) > codes.SHOWN_FAULTS:
            self.add_error(name, f"And {len(faults) - codes.SHOWN_FAULTS} more.")
        if not listed.codes:
            self.add_error(name, "There is no code in it.")
        self.codes = [code for code in listed.codes if code not in owners]
        self.known = len(listed.codes) - len(self.codes)
