"""What a page says, for tests that look for words in it."""


def text_of(answer) -> str:
    """The page as a browser reads it: a stretch of white space, wherever its lines end, is one space."""
    return " ".join(answer.content.decode().split())
