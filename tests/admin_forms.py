"""What would a browser send back of a page of the admin?"""

import re


def fields_of(answer) -> dict:
    """Every field of the form as it was drawn, and the hidden ones."""
    fields = dict(
        re.findall(r'<input type="hidden" name="(seen|[a-z]+-[A-Z_]+)" value="([^"]*)"', answer.content.decode())
    )
    inlines = [form for inline in answer.context["inline_admin_formsets"] for form in inline.formset]
    for field in (field for form in (answer.context["adminform"].form, *inlines) for field in form):
        value, split = field.value(), getattr(field.field.widget, "decompress", None)
        if split:
            date, time = value if isinstance(value, list) else split(value)
            parts = {"_0": date, "_1": time}
        else:
            parts = {"": ",".join(value) if isinstance(value, list) else value}
        fields |= {
            field.html_name + name: str(part) for name, part in parts.items() if part is not None and part is not False
        }
    return fields
