"""Which request ids are taken over from whoever sends one? Those that may stand in a log line and in a header."""

import re

_ACCEPTABLE = re.compile(r"[\w.:-]{1,100}", re.ASCII)


def is_acceptable(text: str) -> bool:
    return _ACCEPTABLE.fullmatch(text) is not None
