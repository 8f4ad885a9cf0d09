"""Sites in the admin: their keys, their reckoning, their privacy."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextareaWidget

from sites import currencies, editing, zones
from sites.belongings import belongings
from sites.models import UNVERIFIED, Site, new_secret_key
from sites.pages.edits import EditForm
from sites.tables import EditedAdmin


class SiteSettings(EditForm):
    class Meta:
        model = Site
        fields = [
            "name", "domain", "write_key", "secret_key", "verify_users", "allowed_origins", "internal_hosts",
            "unwanted_referrers",
            "time_zone", "currency", "attribution", "view_through",
            "consent_in_europe", "consent_mode", "honour_dnt", "drop_data_centres", "personal_traits",
        ]  # fmt: skip
        widgets = {"unwanted_referrers": UnfoldAdminTextareaWidget}  # some eighty hosts
        help_texts = {
            "time_zone": "Pages tell and take times by its clocks; days, hours and caps of rules follow it.",
            "currency": "Of all amounts but the prices of items, which name theirs.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, what, listed in (("time_zone", "time zone", zones), ("currency", "currency", currencies)):
            if name in self.fields:
                field = self.fields[name]
                choices = [("", ""), *listed.choices(self.instance and getattr(self.instance, name))]
                # A plain list without scripts; with them, it is searched by typing.
                self.fields[name] = forms.ChoiceField(
                    choices=choices,
                    label=field.label,
                    help_text=field.help_text,
                    initial=field.initial,
                    widget=UnfoldAdminSelect2Widget(choices=choices),
                    error_messages={"invalid_choice": f"“%(value)s” is no {what}. Choose one of the list."},
                )
        if "secret_key" in self.fields:  # not among those of people who may only look
            self.fields["secret_key"].required = False
            self.fields[
                "secret_key"
            ].help_text += " Empty it to get a new one; the old one, and all that it signed, then count no more."

    def clean_secret_key(self) -> str:
        return self.cleaned_data["secret_key"] or new_secret_key()


@admin.register(Site)
class SiteAdmin(EditedAdmin):
    verbs = editing
    form = SiteSettings
    list_display = ["name", "domain", "write_key", "consent_in_europe", "consent_mode", "time_zone", "currency"]
    search_fields = ["name", "domain", "write_key"]
    readonly_fields = ["created_at"]
    fieldsets = [
        (None, {"fields": ["name", "domain", "write_key", "allowed_origins", "internal_hosts"]}),
        ("Servers and users", {"fields": ["secret_key", "verify_users"]}),
        ("Reckoning", {"fields": ["time_zone", "currency", "attribution", "view_through", "unwanted_referrers"]}),
        (
            "Privacy",
            {
                "fields": [
                    "consent_in_europe",
                    "consent_mode",
                    "honour_dnt",
                    "drop_data_centres",
                    "personal_traits",
                    "created_at",
                ]
            },
        ),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> Any:
        """The secret key is for those who may change the site."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (title, {"fields": [name for name in options["fields"] if name != "secret_key"]})
            for title, options in self.fieldsets
        ]

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.verify_users:
            messages.warning(request, f"Users of {obj} are not verified: {UNVERIFIED}.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Whatever a site has goes with it, also what nobody may delete alone; told in numbers, for of some there are
        millions."""
        return [str(site) for site in objs], belongings(objs), set(), []
