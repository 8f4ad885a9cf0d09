"""Whom does a site credit with an order that several campaigns touched? The ways that it may choose among. Pure."""

LAST_CLICK, LAST_TOUCH, FIRST_TOUCH = "last_click", "last_touch", "first_touch"

# In the words of a form, where a choice is made.
CHOICES = (
    (LAST_CLICK, "The last click, else the last look"),
    (LAST_TOUCH, "The last touch, be it a click or a look"),
    (FIRST_TOUCH, "The first touch, be it a click or a look"),
)
IN_WORDS = {
    LAST_CLICK: "the last click, else the last look",
    LAST_TOUCH: "the last touch",
    FIRST_TOUCH: "the first touch",
}
CLICKS_ONLY = {LAST_CLICK: "the last click", LAST_TOUCH: "the last click", FIRST_TOUCH: "the first click"}


def in_words(attribution: str, view_through: bool) -> str:
    """Behind "credit goes to"."""
    return (IN_WORDS if view_through else CLICKS_ONLY)[attribution]
