"""What does a variant look like, where nothing that it carries can do harm? A document for a sandboxed frame."""

from campaigns.models import AdVariant
from campaigns.variants import preview

# The frame is sandboxed besides: no scripts, no forms, an origin of its own.
DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Preview</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src * data:">
<base target="_blank"><style>body{{margin:0;font:16px/1.5 system-ui,sans-serif}}</style></head><body>{}</body></html>"""


def document(variant: AdVariant) -> str:
    """With the examples of `campaigns.holes` in the holes."""
    return DOCUMENT.format(preview(variant))
