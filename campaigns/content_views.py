"""Pages of what is shown: creatives, in a gallery and one by one, and the theme of all. What they change, `editing`
changes."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import editing, gallery
from campaigns.content import Theme, look_of
from campaigns.content_forms import ThemeForm, VariantForm
from campaigns.creative_choice import creative_choice
from campaigns.forms import RuleForm
from campaigns.forms.new_creative import NewCreativeForm
from campaigns.forms.showing import NEW, ShowingFields
from campaigns.forms.steps import NewRuleForm
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.previews import document, examples
from campaigns.samples import SAMPLE_DISCOUNT, samples
from sites.editing import Needed
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, query_of, render_page, whole

require_form = require_http_methods(["GET", "POST"])
SCHEMES = ("light", "dark")
PER_PAGE = 24

# --- creatives ------------------------------------------------------------------------------------


@require_safe
@page("campaigns.view_advariant")
def creatives(request: PageRequest, site: Site) -> HttpResponse:
    """The gallery, or the part of it that was asked for."""
    asked = query_of(request, ("text", "template", "placement", "state"))
    found = Paginator(gallery.find(site, **asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "site": site,
        "asked": asked,
        "found": found,
        "tiles": gallery.tiles(site, found.object_list),
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "templates": AdVariant.Template.choices,
        "placements": Placement.objects.filter(site=site),
        "states": gallery.STATES.items(),
        "has_any": bool(found.object_list) or AdVariant.objects.filter(site=site).exists(),
        "title": "Creatives",
    }
    if request.htmx:
        return render(request, "campaigns/_creatives.html", context)
    return render_page(request, "campaigns/creatives.html", context)


@require_form
@page("campaigns.add_advariant")
def new_variant(request: PageRequest, site: Site) -> HttpResponse:
    chosen = whole(request.GET.get("picture", ""))  # from the page of a picture
    return _variant_form(
        request, site, VariantForm(request.POST or None, initial={"picture": chosen} if chosen else None, site=site)
    )


@require_form
@page("campaigns.view_advariant")
def variant(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(for_update(AdVariant.objects.filter(site=site), request), key=key)
    return _variant_form(request, site, VariantForm(request.POST or None, instance=row, site=site), saved_key=key)


@require_POST
@page("campaigns.add_advariant")
def duplicate_variant(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(AdVariant, site=site, key=key)
    fresh = editing.duplicate_variant(row, Actor(request.user))
    messages.success(request, f"This is the copy of “{row}”. No rule shows it yet; change what should differ.")
    return redirect("variant", fresh.key)


@require_POST
@page("campaigns.change_advariant")
def archive_variant(request: PageRequest, site: Site, key: str) -> HttpResponse:
    """Out of the choices of rules, or back into them (`archived` false)."""
    row = get_object_or_404(lock(AdVariant.objects.filter(site=site)), key=key)
    if news := changed_since(row, request.POST.get("seen", "")):
        messages.error(request, news)
        return redirect("variant", key)
    try:
        editing.set_archived(row, request.POST.get("archived") != "false", Actor(request.user))
    except Needed as fault:
        messages.error(request, str(fault))
    else:
        now = "archived: rules can no longer choose it" if row.archived else "back: rules can choose it again"
        messages.success(request, f"“{row}” is {now}.")
    return redirect("creatives") if request.POST.get("next") == "gallery" else redirect("variant", key)


@require_POST
@page("campaigns.view_advariant")
def preview_variant(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment beside the form: what the fields as they stand would look like. Nothing is saved. `saved` is the key
    of the stored creative that the form is of; `prefix` in the address that of one made inside another form."""
    prefix = request.GET.get("prefix", "")
    if prefix:
        return render(request, "campaigns/_preview.html", _preview_inside(request, site, prefix))
    row = AdVariant.objects.filter(site=site, key=request.POST.get("saved", "").replace("\0", "")).first()
    form = VariantForm(request.POST, instance=row or AdVariant(site=site), site=site)
    form.is_valid()
    return render(request, "campaigns/_preview.html", _preview_typed(form, site))


@require_safe
@page("campaigns.view_advariant")
def picture_fault(request: PageRequest, site: Site, key: str) -> HttpResponse:
    """The fragment that says whether the picture is there, some seconds after the creative was saved."""
    row = get_object_or_404(AdVariant, site=site, key=key)
    return render(request, "campaigns/_picture_fault.html", {"fault": row.picture_fault})


@require_safe
@page("campaigns.view_rule")
def rule_creatives(request: PageRequest, site: Site) -> HttpResponse:
    """The choices of a rule's creative, once its `placement` is chosen, or when some `text` is looked for: those that
    fit first. `prefix` is that of the names in the form."""
    prefix = request.GET.get("prefix", "")
    names = ("placement", "variant")
    asked = {name: request.GET.get(f"{prefix}-{name}" if prefix else name, "").replace("\0", "") for name in names}
    form: ShowingFields = (
        NewRuleForm(initial=asked, prefix=prefix, site=site)
        if prefix
        else RuleForm(initial=asked, instance=Rule(campaign=Campaign(site=site)), site=site)
    )
    text = query_of(request, ("text",))["text"]
    context = {"site": site, "form": form, "choice": creative_choice(form, site, text)}
    return render(request, "campaigns/_creative_choice.html", context)


# --- the theme ------------------------------------------------------------------------------------


@require_form
@page("campaigns.view_theme")
def theme(request: PageRequest, site: Site) -> HttpResponse:
    row = for_update(Theme.objects.filter(site=site), request).first() or Theme(site=site)
    form = ThemeForm(request.POST or None, instance=row, site=site)
    if request.method == "POST" and form.is_valid() and _may(request, "campaigns.change_theme"):
        editing.save(form.save(commit=False), Actor(request.user))
        messages.success(request, "The theme is saved. Visitors see it with the next publish.")
        return redirect("theme")
    context = {
        "site": site,
        "form": form,
        "changes": changes_of(row) if row.pk else [],
        "colours": [
            ("Light", [form[name] for name in ("background", "foreground", "accent", "on_accent")]),
            ("Dark", [form[f"dark_{name}"] for name in ("background", "foreground", "accent", "on_accent")]),
        ],
        "title": "Theme",
    }
    return render_page(request, "campaigns/theme.html", context | _theme_preview(form, site))


@require_POST
@page("campaigns.view_theme")
def preview_theme(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment beside the form: every template as the fields stand. Nothing is saved."""
    row = Theme.objects.filter(site=site).first() or Theme(site=site)
    form = ThemeForm(request.POST, instance=row, site=site)
    form.is_valid()
    return render(request, "campaigns/_theme_preview.html", _theme_preview(form, site))


# --- shared by the above --------------------------------------------------------------------------


def _may(request: PageRequest, permission: str) -> bool:
    if not request.user.has_perm(permission):
        messages.error(request, "Your role may look at this, not change it.")
        return False
    return True


def _variant_form(request: PageRequest, site: Site, form: VariantForm, *, saved_key: str = "") -> HttpResponse:
    """`saved_key` is that of the stored creative, whatever the form holds; empty for a new one."""
    created = not saved_key
    may = "campaigns.add_advariant" if created else "campaigns.change_advariant"
    adds_language = request.POST.get("do") == "add-language"
    if request.method == "POST" and not adds_language and _may(request, may) and form.is_valid():
        row = form.save(commit=False)
        editing.save(row, Actor(request.user))
        messages.success(request, f"“{row}” is saved. Visitors see it with the next publish of a rule that shows it.")
        return redirect("variant", row.key)
    row = form.instance
    context = {
        "site": site,
        "form": form,
        "variant": None if created else row,
        "saved_key": saved_key,
        "used": [] if created else list(row.rules.select_related("campaign", "placement")),
        "defaults": [] if created else list(row.default_in.all()),
        "changes": [] if created else changes_of(row),
        "added_language": request.POST.get("new-language", ""),
        "title": "New creative" if created else row.name,
    }
    return render_page(request, "campaigns/variant.html", context | _preview(form, site))


def _preview(form: VariantForm, site: Site) -> dict[str, Any]:
    # None where it is not bound.
    faults = [(form.fields[name].label if name in form.fields else "", errors) for name, errors in form.errors.items()]
    row, look = form.instance, look_of(site)
    values = examples(site, row.discount or 0)
    return {
        "previews": [(scheme, document(row, values, look, scheme=scheme)) for scheme in SCHEMES],
        "spoken": [(language, document(row, values, look, language=language)) for language in _languages(row)],
        "warnings": getattr(form, "warnings", []),
        "faults": faults,
    }


def _preview_typed(form: VariantForm, site: Site) -> dict[str, Any]:
    """Of a form that somebody is at: what they have not come to yet is no fault. Saving says what is missing."""
    for name in [name for name in form.errors if name in form.fields and not form[name].data]:
        del form.errors[name]
    return _preview(form, site)


def _preview_inside(request: PageRequest, site: Site, prefix: str) -> dict[str, Any]:
    form = NewCreativeForm(request.POST, prefix=prefix, site=site)
    form.is_valid()
    chosen = whole(request.POST.get(f"{prefix.removesuffix(NEW)}placement", "")) or 0
    place = Placement.objects.filter(site=site, pk=chosen).first()
    misfit = place.misfit(form.instance) if place else ""
    return _preview_typed(form, site) | {"prefix": f"{prefix}-", "place": place, "misfit": misfit}


def _languages(row: AdVariant) -> list[str]:
    return sorted(row.translations) if isinstance(row.translations, dict) else []


def _theme_preview(form: ThemeForm, site: Site) -> dict[str, Any]:
    look = look_of(site) if form.errors else form.instance.freeze()
    faults = [(form.fields[name].label if name in form.fields else "", errors) for name, errors in form.errors.items()]
    return {
        "documents": [(scheme, samples(look, examples(site, SAMPLE_DISCOUNT), scheme)) for scheme in SCHEMES],
        "warnings": getattr(form, "warnings", []),
        "faults": faults,
    }
