"""What does a campaign that is made in one go come to? Its three steps together, with what each rule takes of the
others."""

from typing import Any

from django.http import QueryDict

from campaigns.caps import WORDS
from campaigns.forms.steps import NewCampaignForm, NewRuleForm, WhomForm
from segments.models import Segment
from sites.models import Site
from sites.pages.copying import LONGEST_NAME, free_key
from sites.pages.edits import as_typed
from sites.pages.shell import whole

MOST_RULES = 10


class Creation:
    """The three steps together. `data` is what was posted, None for a blank page; rules are named by the numbers in its
    `rule`. Without any, a campaign is made that has none yet."""

    def __init__(self, site: Site, data: QueryDict | None = None) -> None:
        self.site = site
        numbers = _numbers(data) if data is not None else [0]
        self.whom = WhomForm(data, site=site)
        self.rules = [NewRuleForm(data, prefix=f"rule-{number}", site=site) for number in numbers]
        self.campaign = NewCampaignForm(data, site=site)

    @property
    def steps(self) -> list[tuple[int, str, bool]]:
        """Number, title, and whether something in it has to be mended."""
        wrong = [self._is_bad(self.whom), any(map(self._is_bad, self.rules)), self._is_bad(self.campaign)]
        titles = ("Whom", "What and where", "When and how measured")
        return [(i, title, bad) for i, (title, bad) in enumerate(zip(titles, wrong, strict=True), 1)]

    @property
    def start(self) -> int:
        """The step to begin with: the first with something to mend."""
        return next((number for number, _, is_bad in self.steps if is_bad), 1)

    @property
    def faults(self) -> list[tuple[int, Any]]:
        """The step of each field with something to mend, and the field."""
        stepped: list[tuple[int, Any]] = [(1, self.whom), *((2, rule) for rule in self.rules), (3, self.campaign)]
        return [
            (step, form[name])
            for step, form in stepped
            if self._is_bad(form)
            for name in form.errors
            if name in form.fields
        ]

    @staticmethod
    def _is_bad(form: Any) -> bool:
        return form.is_bound and bool(form.errors)

    def show_as_typed(self) -> None:
        for form in (self.whom, *self.rules, *(rule.fresh for rule in self.rules), self.campaign):
            as_typed(form)

    def suggest(self) -> str:
        """A name, of what was said so far. Checks the forms that it is made of."""
        self.whom.is_valid()
        places = [str(rule.place) for rule in self.rules if rule.place]
        name = f"{self.whom.title} in {', '.join(dict.fromkeys(places))}" if places else self.whom.title
        return name[:LONGEST_NAME]

    def is_valid(self, *, as_draft: bool) -> bool:
        """A draft leaves out rules that lack their half; otherwise each that was begun has to be whole, and there has
        to be one where the page asked for any."""
        if as_draft:
            self._pass_over(rule for rule in self.rules if not rule.is_whole)
        elif any(rule.is_begun for rule in self.rules):
            self._pass_over(rule for rule in self.rules if not rule.is_begun)
        self.campaign.suggestion = self.suggest()
        valid = [form.is_valid() for form in (self.whom, *self.kept, self.campaign)]  # each, to tell all that is wrong
        if not all(valid):
            return False
        self._tell_keys_apart()
        self._address_rules()
        return not self.whom.errors

    @property
    def kept(self) -> list[NewRuleForm]:
        return [rule for rule in self.rules if rule not in self._left_out]

    _left_out: frozenset[NewRuleForm] = frozenset()

    def _pass_over(self, rules: Any) -> None:
        self._left_out = frozenset(rules)
        for rule in self._left_out:
            as_typed(rule)

    @property
    def left_out(self) -> int:
        """Rules that were begun, and that a draft does not keep."""
        return sum(rule.is_begun for rule in self._left_out)

    def _tell_keys_apart(self) -> None:
        """New creatives of one name."""
        taken = set(self.site.variants.values_list("key", flat=True))
        for rule in self.kept:
            variant = rule.cleaned_data["variant"]
            if variant.pk is None:
                variant.key = free_key(variant.name, taken)
                taken.add(variant.key)

    def _address_rules(self) -> None:
        """To those of step 1, or their own; the caps of each are asked for once."""
        said, terms = self.whom.cleaned_data, self.campaign.cleaned_data
        own = {str(row.pk): row for row in Segment.objects.filter(site=self.site)}
        if not self.kept and said["condition"]:  # nothing else would carry it
            self.whom.keep_described(f"Visitors of {terms['name']}"[:LONGEST_NAME])
        for form in self.kept:
            rule, audience = form.instance, form.cleaned_data["audience"]
            if not audience:
                rule.segment, rule.condition = said["segment"], said["condition"]
            else:
                rule.segment = own.get(audience)
            for field in WORDS:
                setattr(rule, field, terms[f"rule_{field}"])

    @property
    def made(self) -> list[Any]:
        """Rows that are not stored yet, but for the campaign."""
        rules = [form.instance for form in self.kept]
        variants = [form.cleaned_data["variant"] for form in self.kept]
        return [*self.new_segments, *(row for row in variants if row.pk is None), *rules]

    @property
    def new_segments(self) -> list[Segment]:
        segment = self.whom.cleaned_data.get("segment")
        return [segment] if segment and segment.pk is None else []


def _numbers(data: QueryDict) -> list[int]:
    """Of the rules that the page asks about; `do` may add one, or drop one."""
    found = list(dict.fromkeys(number for text in data.getlist("rule") if (number := whole(text)) is not None))
    what, _, which = data.get("do", "").partition(":")
    if what == "drop-rule":
        found = [number for number in found if str(number) != which]
    elif what == "add-rule" and len(found) < MOST_RULES:
        found.append(max(found, default=-1) + 1)
    return found[:MOST_RULES]
