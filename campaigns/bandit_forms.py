"""What may a marketer change of a bandit? Its creatives, what it makes more of, and how it learns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q

from campaigns import policies
from campaigns.bandits import POLICIES
from campaigns.models import AdVariant, Treatment
from campaigns.policy_fields import (
    BY_SETTING,
    NUMBERS,
    as_policy,
    as_typed,
    batch_choices,
    feature_choices,
    policy_choices,
)
from campaigns.splitting import KEYS
from sites.models import Site
from sites.pages.edits import SiteForm
from sites.pages.shell import whole

FEWEST, MOST = 2, 12
WHOLE_IF_EMPTY = {"coverage": 100, "group_from": 0, "group_to": 100}  # per cent of the visitors


@dataclass
class Row:
    """An arm as it is typed. A new one has no key yet."""

    variant: str = ""
    key: str = ""
    fault: str = ""


class BanditForm(SiteForm):
    class Meta:
        model = Treatment
        fields = ["name", "key", "reward", "coverage", "group", "group_from", "group_to"]
        labels = {
            "reward": "It makes more of",
            "coverage": "Traffic, in per cent",
            "group": "Exclusion group",
            "group_from": "From",
            "group_to": "To",
        }
        help_texts = {
            "key": "Stands in reports and in the API; small letters, digits, - and _.",
            "reward": "For a goal, its rule's campaign must pursue one. Counted from the next decision on.",
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.instance.kind = Treatment.Kind.BANDIT
        self.stored = list(self.instance.arms.order_by("id")) if self.instance.pk else []
        self.policy_before = dict(self.instance.policy) if not self.instance.policy_faults else {}
        self.rows = self._typed() if self.is_bound else self._as_stored()
        chosen = [int(row.variant) for row in self.rows if whole(row.variant)]
        creatives = AdVariant.objects.filter(Q(archived=False) | Q(pk__in=chosen), site=site).select_related("coupon")
        self.creatives = {str(row.pk): row for row in creatives}
        self.fields["group"].queryset = site.exclusion_groups.all()  # type: ignore[attr-defined]  # of a foreign key
        for name in WHOLE_IF_EMPTY:
            self.fields[name].required = False
        self._add_policy(as_typed(self.policy_before))

    def _add_policy(self, shown: Mapping[str, Any]) -> None:
        fields: dict[str, Any] = self.fields
        fields["policy"] = forms.ChoiceField(
            choices=policy_choices(),
            label="How it learns",
            help_text="Thompson sampling is the first choice. “Ways to learn” says what each does.",
        )
        fields["batch"] = forms.ChoiceField(
            choices=batch_choices(int(shown["batch"])),
            label="New shares",
            help_text="Within a batch, shares stand still.",
        )
        fields |= {each.name: each.field for each in NUMBERS}
        fields[policies.FEATURES] = forms.MultipleChoiceField(
            choices=self._features(shown[policies.FEATURES]),
            required=False,
            label="Features that it looks at",
            widget=forms.CheckboxSelectMultiple,
        )
        self.initial.update(shown)

    def _features(self, chosen: list[str]) -> list[tuple[str, str]]:
        """With those that a program has named."""
        known = feature_choices()
        return known + [(name, name) for name in chosen if name not in dict(known)]

    def _as_stored(self) -> list[Row]:
        rows = [Row(str(arm.variant_id or ""), arm.key) for arm in self.stored]
        return rows + [Row() for _ in range(FEWEST - len(rows))]

    def _typed(self) -> list[Row]:
        data: Any = self.data
        columns = (data.getlist("arm-variant")[:MOST], data.getlist("arm-key")[:MOST])
        return [Row(variant.strip(), key.strip()) for variant, key in zip(*columns, strict=False)]

    def add_row(self) -> None:
        if len(self.rows) < MOST:
            self.rows.append(Row())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, all_of_them in WHOLE_IF_EMPTY.items():
            if name in cleaned and cleaned[name] is None:
                cleaned[name] = all_of_them
        if cleaned.get("policy") in POLICIES and "batch" in cleaned:
            self._check_policy(as_policy(cleaned, self.policy_before))
        self._check_arms()
        return cleaned

    def _check_policy(self, policy: dict[str, Any]) -> None:
        self.instance.policy = policy
        for fault in policies.faults_in(policy):
            setting, _, words = fault.partition(": ")
            name = BY_SETTING.get(setting)
            if name is None:
                self.add_error(None, fault)
            elif not self.has_error(name):
                self.add_error(name, words)

    def _check_arms(self) -> None:
        rows = [row for row in self.rows if row.variant]
        for row in rows:
            if row.variant not in self.creatives:
                row.fault = "Choose a creative."
        named = [row.variant for row in rows]
        for place, row in enumerate(rows):
            if row.variant in named[:place]:
                row.fault = "It stands above already: each creative once."
        if any(row.fault for row in rows):
            self.add_error(None, "Look at the creatives below.")
        elif len(rows) < FEWEST:
            self.add_error(None, "Two creatives at least: to show one alone, choose it in the rule.")
        self.rows = rows + [Row() for _ in range(FEWEST - len(rows))]

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """Without what the row says of its policy: it stands at the settings that it speaks of."""
        getattr(errors, "error_dict", {}).pop("policy", None)
        super()._update_errors(errors)

    def arms(self) -> list[Mapping[str, Any]]:
        """Of a form that is valid: all begin alike. An arm that keeps its key keeps what is known of it."""
        by_key = {arm.key: arm for arm in self.stored}
        kept = [row.key if row.key in by_key else "" for row in self.rows]
        taken = {*kept, *by_key}  # a key that is taken out is not given to another creative, with what it had learned
        free = iter(key for key in KEYS if key not in taken)
        keys = [key or next(free) for key in kept]
        return [
            {"key": key, "variant": self.creatives[row.variant], "weight": 1}
            for key, row in zip(keys, self.rows, strict=True)
        ]
