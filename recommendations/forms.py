"""What may somebody type about the catalogue? One item, or a whole list of them."""

from typing import Any

from django import forms

from recommendations.catalogue import Unreadable, read_rows
from recommendations.models import Item
from sites.models import Site
from sites.pages.amounts import AmountField
from sites.pages.edits import EditForm

MOST_BYTES = 20_000_000  # of a list, as the API takes


class ItemForm(EditForm):
    """Of one site. The currency of the price stays the item's own; a new one begins with the site's."""

    price_minor = AmountField(label="Price")
    old_price_minor = AmountField(label="Price before", required=False)

    class Meta:
        model = Item
        fields = [
            "name",
            "key",
            "category",
            "category_url",
            "brand",
            "price_minor",
            "old_price_minor",
            "currency",
            "url",
            "image_url",
            "available",
        ]
        labels = {
            "key": "Product id",
            "category_url": "Address of the category",
            "url": "Address of its page",
            "image_url": "Address of its picture",
            "available": "On sale",
        }
        help_texts = {
            "key": "The product_id that the site's events carry.",
            "available": "What is withdrawn is shown to nobody, and keeps its figures.",
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = self.instance.site = site
        if not self.instance.pk:
            self.initial.setdefault("currency", site.currency)
        amount: Any = self.fields["price_minor"]
        before: Any = self.fields["old_price_minor"]
        amount.currency = before.currency = self._typed_currency() or self.instance.currency or site.currency
        amount.help_text = "In major units, such as 19.99."
        before.help_text = "Before a reduction: offers strike it out. Empty where nothing is reduced."

    def _typed_currency(self) -> str:
        """An amount is read in the currency that is typed beside it."""
        return str(self.data.get("currency", "")).strip().upper() if self.is_bound else ""

    def clean_currency(self) -> str:
        return (self.cleaned_data["currency"] or self.site.currency).upper()

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if Item.objects.filter(site=self.site, key=key).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another item has this product id.")
        return key


class ImportForm(forms.Form):
    """A file, or its text. `rows` are what it holds, once the form is valid."""

    file = forms.FileField(
        required=False,
        label="A file",
        help_text="CSV whose first line names the columns, or JSON: a list of objects. Up to 20 MB.",
        widget=forms.FileInput(attrs={"accept": ".csv,.json,text/csv,application/json"}),
    )
    text = forms.CharField(
        required=False,
        label="Or paste it here",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        max_length=MOST_BYTES,
        strip=False,
    )
    replace = forms.BooleanField(
        required=False,
        label="This is all we sell",
        help_text="Items that the list does not name are withdrawn.",
    )

    rows: list[dict[str, Any]]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        field = "file" if cleaned.get("file") else "text"
        try:
            cleaned["text"] = self._text(cleaned)
            self.rows = read_rows(cleaned["text"])
        except UnicodeDecodeError:
            self.add_error("file", "The file is not text in UTF-8. Save it as “CSV UTF-8”.")
        except Unreadable as error:
            self.add_error(field, str(error))
        return cleaned

    def _text(self, cleaned: dict[str, Any]) -> str:
        """What was pasted, unless there is a file. Raises Unreadable, UnicodeDecodeError."""
        file = cleaned.get("file")
        if file and file.size > MOST_BYTES:
            raise Unreadable("The file is larger than 20 MB: import it in parts.")
        text = file.read().decode("utf-8-sig") if file else cleaned.get("text", "")
        if not text.strip():
            raise Unreadable("Choose a file, or paste its lines.")
        return text
