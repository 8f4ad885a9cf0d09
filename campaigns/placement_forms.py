"""What may somebody say of a placement? What it is called, where it lies, how large it is, and what it shows when no
rule wins."""

from typing import Any

from django import forms

from campaigns.models import AdVariant, Placement
from sites.models import Site
from sites.pages.edits import SiteForm

USUAL_PAGES = ("Home", "Category", "Product", "Search", "Cart", "Checkout", "Order confirmed", "Every page")


class PlacementForm(SiteForm):
    spot = forms.ChoiceField(
        choices=[("", "Not said yet"), *Placement.Spot.choices], required=False, label="Where on the page"
    )

    class Meta:
        model = Placement
        fields = ["name", "key", "page", "spot", "description", "min_height", "width", "default_variant", "enabled"]
        labels = {
            "min_height": "Height that is reserved, in pixels",
            "width": "Width on a wide screen, in pixels",
            "default_variant": "Creative for everyone else",
            "enabled": "Switched on",
        }
        help_texts = {
            "key": "Stands in the site's pages; small letters, digits, - and _.",
            "default_variant": "Shown where no rule wins. With none, the page's own content stays.",
            "enabled": "Switched off, it shows the page's own content to everybody.",
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "page": forms.TextInput(attrs={"list": "usual-pages", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        default: Any = self.fields["default_variant"]
        fitting = AdVariant.objects.filter(site=site, archived=False, slot="")
        stored = AdVariant.objects.filter(pk=self.instance.default_variant_id or 0)
        default.queryset = (fitting | stored).distinct()
        default.empty_label = "The page's own content"
