"""Settings of the usual view: Django's default middleware, Postgres, nothing else."""

import os

from environ import Env

SECRET_KEY = "benchmark"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.serving.usual"
USE_TZ = True
LOGGING_CONFIG = None
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {
    "default": Env.db_url_config(os.environ["DATABASE_URL"])
    | {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None}
}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "rest_framework"]
TEMPLATES: list = []
