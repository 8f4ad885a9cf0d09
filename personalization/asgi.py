"""The server's entry: the edge answers the hot paths, Django everything behind them."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalization.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from personalization.edge import Edge  # noqa: E402  (needs Django's settings)

application = Edge(django_application)
