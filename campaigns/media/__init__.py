"""In which media can a creative be shown? Each makes something else of the same fields: a page wants JSON with HTML and
rules that style it, a mail would want neither.

Pure. A medium is a module beside this one with a function `render(creative, look) -> Text`, named in `MEDIA`: text with
a gap wherever a value goes, and in each gap the form in which the value is harmless there
(`campaigns.escaping.FORMS`). Holes, slots, links and the checks of a creative are the same in all of them.
"""

from collections.abc import Callable

from campaigns.creatives import Creative
from campaigns.holes import Text
from campaigns.looks import Look
from campaigns.media import web

WEB = "web"
MEDIA: dict[str, Callable[[Creative, Look], Text]] = {WEB: web.render}
