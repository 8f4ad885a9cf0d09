"""What does a browser complain of? What a page throws, and what the console calls an error, with the address at fault."""

# What htmx tells the console where a newer question takes the place of one under way, as it is told to.
SUPERSEDED = "htmx:sendAbort"


def complaints_of(page, is_meant=lambda message: True) -> list[str]:
    """Grows as long as the page lives. `is_meant` chooses among the errors on the console; what is thrown counts in
    any case."""
    heard: list[str] = []

    def hear(message) -> None:
        if message.type == "error" and message.text != SUPERSEDED and is_meant(message):
            heard.append(f"{message.location['url'] or page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    return heard


def breaks_policy(message) -> bool:
    return "Content Security Policy" in message.text
