"""What may stand in a cell? Text that a spreadsheet would run as a formula is marked as text. Pure."""


def disarm(value: object) -> object:
    """See OWASP, CSV injection."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
