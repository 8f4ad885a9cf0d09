"""How is a number of things written? "1 page", "2 pages", "1,104 visitors"; symbols such as s, min and % stay. Pure."""


def counted(number: int, plural: str) -> str:
    return with_unit(f"{number:,}", plural)


def with_unit(number: str, unit: str) -> str:
    """A number as it is shown, and its unit in the plural; without a unit the number alone."""
    return f"{number} {singular(unit) if number == '1' else unit}".rstrip()


def singular(plural: str) -> str:
    """Of the last word: pages, categories, searches, "different products"."""
    if plural.endswith("ies"):
        return f"{plural[:-3]}y"
    return (
        plural[:-2] if plural.endswith("ches") else plural[:-1] if len(plural) > 2 and plural.endswith("s") else plural
    )
