"""What do the environment's variables say? Readers for `settings`; each refuses nonsense with the variable's name."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Environment:
    """What is empty counts as not given, so that a template of an `.env` may list a variable without a value."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(name, "").strip() or default

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise ImproperlyConfigured(f"{name} is {value!r}; use {', '.join(choices[:-1])} or {choices[-1]}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value and value not in FLAGS:
            raise ImproperlyConfigured(f"{name} is {value!r}; use true or false")
        return FLAGS[value] if value else default

    def whole(self, name: str, default: int, least: int = 0) -> int:
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number") from None
        if number < least:
            raise ImproperlyConfigured(f"{name} is {number}; use at least {least}")
        return number

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Comma-separated."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def url(self, name: str, schemes: Sequence[str]) -> str:
        """Empty where it is not given. The message does not repeat the value, which may hold a password."""
        value = self.text(name)
        if value and value.partition("://")[0] not in schemes:
            raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return value

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default)))
