"""How do the sentences of a report write figures? "3.1 %", "+12 %", "5 days". Pure."""


def percent(share: float) -> str:
    """0.0312 -> "3.1 %", 0.8 -> "80 %", 0.0004 -> "0.04 %"."""
    points = abs(share) * 100
    text = f"{points:.{1 if points >= 1 else 2}f}".rstrip("0").rstrip(".")
    return f"{'−' if share < 0 and text != '0' else ''}{text} %"


def chance(share: float) -> str:
    """Never all, never nothing: "more than 99.9 %", "97.3 %", "less than 0.1 %"."""
    if share > 0.999:
        return "more than 99.9 %"
    return "less than 0.1 %" if share < 0.001 else percent(share)


def change(share: float) -> str:
    """0.12 -> "+12 %"."""
    text = percent(share)
    return text if text[0] in "−0" and not text.startswith("0.") else f"+{text}"


def days(number: int) -> str:
    return "1 day" if number == 1 else f"{number:,} days"


def listed(words: list[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
