"""What may a marketer change of a treatment? Its name, and which share of visitors sees which creative."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Q

from campaigns.models import AdVariant, Treatment, new_seed
from campaigns.shares import WHOLE, equal, shares_of
from campaigns.splitting import KEYS
from sites.models import Site
from sites.pages.edits import SiteForm
from sites.pages.shell import whole

FEWEST, MOST = 2, 12
CONTROL = "control"  # in place of the id of a creative
WHOLE_IF_EMPTY = {"least_lift_percent": 5, "coverage": 100, "group_from": 0, "group_to": 100}  # per cent


@dataclass
class Row:
    """An arm as it is typed. A new one has no key yet."""

    variant: str = ""  # id, or CONTROL
    share: str = ""
    key: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.variant and self.share in ("", "0")


class TreatmentForm(SiteForm):
    anew = forms.BooleanField(
        required=False,
        label="Deal all visitors anew",
        help_text="Everybody draws again, also those who have seen one of the creatives, and the results of before and"
        " after mix.",
    )

    class Meta:
        model = Treatment
        fields = [
            "name",
            "key",
            "hypothesis",
            "least_lift_percent",
            "coverage",
            "keeps",
            "group",
            "group_from",
            "group_to",
        ]
        labels = {
            "least_lift_percent": "Smallest change worth finding, in per cent",
            "coverage": "Traffic, in per cent",
            "group": "Exclusion group",
            "group_from": "From",
            "group_to": "To",
        }
        help_texts = {"key": "Stands in reports and in the API; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.stored = list(self.instance.arms.order_by("id")) if self.instance.pk else []
        self.rows = self._typed() if self.is_bound else self._as_stored()
        chosen = [int(row.variant) for row in self.rows if whole(row.variant)]
        creatives = AdVariant.objects.filter(Q(archived=False) | Q(pk__in=chosen), site=site).select_related("coupon")
        self.creatives = {str(row.pk): row for row in creatives}
        for name in WHOLE_IF_EMPTY:
            self.fields[name].required = False
        self.fields["group"].queryset = site.exclusion_groups.all()  # type: ignore[attr-defined]  # of a foreign key
        self.shares_fault = ""
        if not self.instance.pk:
            del self.fields["anew"]

    def _as_stored(self) -> list[Row]:
        shares = shares_of([arm.weight for arm in self.stored])
        shown = zip(self.stored, shares, strict=True)
        rows = [Row(str(arm.variant_id or CONTROL), str(share), arm.key) for arm, share in shown]
        return rows + [Row(share="50") for _ in range(FEWEST - len(rows))]

    def _typed(self) -> list[Row]:
        data: Any = self.data
        columns = [data.getlist(name)[:MOST] for name in ("arm-variant", "arm-share", "arm-key")]
        return [Row(*(cell.strip() for cell in cells)) for cells in zip(*columns, strict=False)]

    def change_rows(self, what: str) -> None:
        """A button beside the rows: nothing is saved."""
        if what == "add" and len(self.rows) < MOST:
            self.rows.append(Row(share="0"))
        elif what == "equalise":
            filled = [row for row in self.rows if row.variant] or self.rows
            for row in self.rows:
                row.share = "0"
            for row, share in zip(filled, equal(len(filled)), strict=True):
                row.share = str(share)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, all_of_them in WHOLE_IF_EMPTY.items():
            if name in cleaned and cleaned[name] is None:
                cleaned[name] = all_of_them
        rows = [row for row in self.rows if not row.is_empty]
        for row in rows:
            if row.variant != CONTROL and row.variant not in self.creatives:
                row.faults.append("Choose a creative, or the control.")
            share = whole(row.share)
            if share is None or share > WHOLE:
                row.faults.append("Write a whole number from 0 to 100.")
        if any(row.faults for row in rows):
            self.add_error(None, "Look at the arms below.")
        elif len(rows) < FEWEST:
            self.shares_fault = "Two arms at least: to show one creative alone, choose it in the rule."
        elif [row.variant for row in rows].count(CONTROL) > 1:
            self.shares_fault = "One control is enough: two would see the same."
        elif (total := sum(int(row.share) for row in rows)) != WHOLE:
            self.shares_fault = f"The shares sum up to {total} %, and must to 100 %. Equalise does it for you."
        if self.shares_fault:
            self.add_error(None, self.shares_fault)
        self.rows = rows + [Row(share="0") for _ in range(FEWEST - len(rows))]
        if cleaned.get("anew"):
            self.instance.seed = new_seed()
        return cleaned

    def arms(self) -> list[Mapping[str, Any]]:
        """Of a form that is valid. Shares that nobody changed keep the weights behind them, which may be finer."""
        weights = [int(row.share) for row in self.rows]
        if [(row.key, row.share) for row in self.rows] == [(row.key, row.share) for row in self._as_stored()]:
            weights = [arm.weight for arm in self.stored]
        known = {arm.key for arm in self.stored}
        kept = [row.key if row.key in known else "" for row in self.rows]
        free = iter(key for key in KEYS if key not in kept)
        return [
            {"key": key or next(free), "variant": self.creatives.get(row.variant), "weight": weight}
            for key, row, weight in zip(kept, self.rows, weights, strict=True)
        ]
