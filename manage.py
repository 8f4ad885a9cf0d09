#!/usr/bin/env python
"""Django's command line. What an operator can mend is told in a sentence, not in a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalization.settings")
    os.umask(0o077)  # what it and its children write is for the owner's eyes: salts, profiles, visitors' data
    try:
        from django.core.exceptions import ImproperlyConfigured
    except ImportError:
        sys.exit("This Python has no Django. `make run` installs it: then say .venv/bin/python manage.py")
    try:
        run(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")


def run(arguments: list[str]) -> None:
    import redis
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(arguments)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None):  # it answered, so this is another matter
            raise
        sys.exit(f"Postgres cannot be reached: {error}\nDoes Segue run (make run), or is DATABASE_URL right?")
    except redis.ConnectionError as error:
        sys.exit(f"Redis cannot be reached: {error}\nDoes Segue run (make run), or is REDIS_URL right?")


if __name__ == "__main__":
    main()
