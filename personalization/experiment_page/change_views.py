"""What is changed of an experiment beside its setup: what it measures, and how it ends."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import concluding
from campaigns.metric_forms import LESS, MORE, MOST, MetricsForm
from campaigns.models import Conclusion, Metric, Treatment
from campaigns.results.analysis import analyse
from campaigns.views import may
from personalization import tasks
from personalization.experiment_page.checklist import Facts, checks_of
from personalization.experiment_page.frame import framed
from personalization.experiment_page.planning import cap_of, plan_of
from personalization.experiments.reading import read
from sites.locks import lock
from sites.models import Site
from sites.money import major
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page, render_page
from tracking.seen_events import seen_events

require_form = require_http_methods(["GET", "POST"])


class DecisionForm(forms.Form):
    arm = forms.ChoiceField(label="From now on, all visitors get")
    why = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    lessons = forms.CharField(
        label="What was learned",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you would tell who tests this next. It stands in the history, and is found by the search.",
    )

    def __init__(self, *args: Any, treatment: Treatment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arms = {arm.key: arm for arm in treatment.arms.select_related("variant").order_by("id")}
        names = [
            (key, arm.variant.name if arm.variant else "Control: the rule is switched off")
            for key, arm in self.arms.items()
        ]
        self.fields["arm"].choices = names  # type: ignore[attr-defined]  # of a choice


@require_form
@page("campaigns.view_treatment")
def metrics(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Treatment.objects.filter(site=site), request), pk=pk)
    row.site = site
    now, is_post = timezone.now(), request.method == "POST"
    form = MetricsForm(request.POST if is_post else None, treatment=row)
    if request.POST.get("do") == "add":
        form.add()
    elif is_post and may(request, "campaigns.change_treatment"):
        if fault := changed_since(row, request.POST.get("seen", "")):
            messages.error(request, fault)
        elif form.is_valid():
            if concluding.save_metrics(row, form.metrics(), Actor(request.user)) and row.phases.exists():
                tasks.rebuild_experiment.delay_on_commit(row.pk)
                messages.success(request, "What it measures is saved. What happened so far is being counted anew.")
            else:
                messages.success(request, "What it measures is saved.")
            return redirect("experiment-metrics", pk)
    if not form.rows:
        form.add()
    _propose(form, site, now)
    plan = plan_of(site, row, read(row, now).experiment, now)
    context = framed(site, row, "experiment-metrics", now)
    arms, measured = list(row.arms.select_related("variant").order_by("id")), list(row.metrics.select_related("goal"))
    rules = [rule for rule, _ in context["standing"].rules]
    checks = checks_of(Facts(row, arms, measured, rules, seen_events(site, now), plan))
    context |= {
        "form": form,
        "seen": request.POST.get("seen") or row.updated_at.isoformat(),
        "kinds": Metric.Kind.choices,
        "roles": Metric.Role.choices,
        "ways": [(MORE, "More is better"), (LESS, "Less is better")],
        "may_add": len(form.rows) < MOST,
        "plan": plan,
        "open_checks": [check for check in checks if check.state != "good"],
        "good_checks": [check for check in checks if check.state == "good"],
    }
    return render_page(request, "experiments/metrics.html", context)


def _propose(form: MetricsForm, site: Site, now: Any) -> None:
    for row in form.rows:
        if row.kind in (Metric.Kind.VALUE, Metric.Kind.RATIO) and row.goal in form.goals and not row.cap:
            cap = cap_of(site, form.goals[row.goal].pk, now)
            row.proposal = major(cap, site.currency) if cap else ""


@require_form
@page("campaigns.change_treatment")
def decide(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """Ships an arm, or stops and keeps one: with who, when and why."""
    row = get_object_or_404(for_update(Treatment.objects.filter(site=site), request), pk=pk)
    row.site = site
    now = timezone.now()
    told = read(row, now)
    verdict = analyse(told.experiment, told.counted).verdict
    control = next((arm.key for arm in told.experiment.arms if arm.is_control), "")
    form = DecisionForm(request.POST or None, treatment=row, initial={"arm": verdict.arm or control})
    if request.method == "POST" and form.is_valid():
        if fault := changed_since(row, request.POST.get("seen", "")):
            messages.error(request, fault)
        else:
            arm = form.arms[form.cleaned_data["arm"]]
            outcome = Conclusion.Outcome.STOP if arm.key == control else Conclusion.Outcome.SHIP
            words = {name: form.cleaned_data[name] for name in ("why", "lessons")}
            concluding.conclude(row, outcome, arm, Actor(request.user), said=verdict.sentence, **words)
            messages.success(request, "It is decided. Visitors get it with the next publication.")
            return redirect("experiment", pk)
    context = framed(site, row, "experiment", now)
    context |= {"form": form, "verdict": verdict, "seen": row.updated_at.isoformat()}
    return render_page(request, "experiments/decide.html", context)


@require_POST
@page("campaigns.change_treatment")
def archive(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Treatment.objects.filter(site=site)), pk=pk)
    if not row.archived and row.rules.exists():
        messages.error(request, "Rules draw from it: decide it first, or let them show something else.")
    else:
        concluding.set_archived(row, not row.archived, Actor(request.user))
        messages.success(request, f"“{row}” is {'archived' if row.archived else 'back in the list'}.")
    return redirect("experiment", pk)
