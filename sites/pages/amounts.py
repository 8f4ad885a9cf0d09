"""How does somebody type an amount of money? In major units of a currency that the form names."""

from typing import Any

from django import forms

from sites import money


class AmountField(forms.CharField):
    """An amount in major units of a currency, kept in minor ones; None where nothing is typed."""

    currency = "EUR"  # set by the form: the site's

    def prepare_value(self, value: Any) -> Any:
        return money.major(value, self.currency) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]  # not text
        text = (value or "").strip()
        try:
            return money.to_minor(text, self.currency) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def in_words(self, minor: int | None) -> str:
        return "nothing" if minor is None else money.write_amount(minor, self.currency)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return initial != self.to_python(data)
        except forms.ValidationError:
            return True
