"""What a page says, for tests that look for words in it."""

from django.utils.html import strip_tags


def said(answer) -> str:
    """The same without its elements: what is read, aloud too."""
    return " ".join(strip_tags(answer.content.decode()).split())


def text_of(answer) -> str:
    """The page as a browser reads it: a stretch of white space, wherever its lines end, is one space."""
    return " ".join(answer.content.decode().split())
