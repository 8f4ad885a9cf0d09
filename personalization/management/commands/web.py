"""The web server alone: the edge and the pages. `up` runs it, and so does a container."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from personalization.management.listening import check_host
from sites.management.arguments import whole


class Command(BaseCommand):
    help = "Serve the hot paths and the pages."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=whole(1, 65535), default=8000, help="port to listen on (default: 8000)")
        parser.add_argument("--workers", type=whole(1), default=1, help="processes; one per core is right (default: 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        from personalization.embedded import web

        check_host(options["host"])
        web.serve(options["host"], options["port"], options["workers"])
