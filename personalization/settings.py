"""Every setting of Segue, read from the environment here and nowhere else.

A fresh clone runs on the defaults. With SEGUE_ENV=production the secrets must be given.
Each variable stands in `.env.example` and in `docs/configuration.md`; a test compares the three.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from kombu import Queue

from personalization import logs, pictures
from personalization.embedded import run_file
from personalization.embedded.private import secret_in
from personalization.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")
env = Environment(os.environ)

SEGUE_ENV = env.choice("SEGUE_ENV", "development", ("development", "production", "test"))
PRODUCTION = SEGUE_ENV == "production"

# Folder of everything that a run leaves behind: data of the embedded servers, archive, artefacts, sockets.
VAR_DIR = env.folder("SEGUE_VAR", BASE_DIR / "var").resolve()

DEBUG = env.flag("SEGUE_DEBUG", default=False)
# The demo shop and its simulator; `make demo` switches it on.
DEMO = env.flag("SEGUE_DEMO", default=False)
for _name, _is_on in (("SEGUE_DEBUG", DEBUG), ("SEGUE_DEMO", DEMO)):
    if PRODUCTION and _is_on:
        raise ImproperlyConfigured(
            f"{_name} must be off when SEGUE_ENV=production: it shows strangers what is not theirs"
        )
SECRET_KEY = env.text("SEGUE_SECRET_KEY")
# Without a key of its own an installation serves its own machine only.
HAS_OWN_KEY = bool(SECRET_KEY)
if HAS_OWN_KEY and len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SEGUE_SECRET_KEY needs at least 32 characters; `openssl rand -hex 32` makes a good one")
if not HAS_OWN_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("SEGUE_SECRET_KEY must be set when SEGUE_ENV=production")
    try:
        SECRET_KEY = secret_in(VAR_DIR, "secret-key", 48)
    except OSError as error:
        raise ImproperlyConfigured(f"SEGUE_SECRET_KEY is not set, and none can be kept in SEGUE_VAR: {error}") from None
# The public address of this installation, used in snippets and links; empty: taken from the request.
PUBLIC_URL = env.url("SEGUE_PUBLIC_URL", ("http", "https")).rstrip("/")
# Addresses that the pages answer to; `*` only outside production.
ALLOWED_HOSTS = env.words("SEGUE_ALLOWED_HOSTS", default=[urlsplit(PUBLIC_URL).hostname or ""] if PRODUCTION else ["*"])
if PRODUCTION and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("SEGUE_ALLOWED_HOSTS may not be * when SEGUE_ENV=production; name the hosts")
if not any(ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "SEGUE_PUBLIC_URL or SEGUE_ALLOWED_HOSTS must be set when SEGUE_ENV=production: the pages answer to no other"
        " name"
    )
CSRF_TRUSTED_ORIGINS = env.words("SEGUE_TRUSTED_ORIGINS", default=[PUBLIC_URL] if PUBLIC_URL else [])
# Number of proxies in front whose X-Forwarded-For entries may be believed.
TRUSTED_PROXIES = env.whole("SEGUE_TRUSTED_PROXIES", 0)

# --- stores ---------------------------------------------------------------------------------------
# Not given: `manage.py up` starts embedded servers, and other commands reach those while they run.
_running = run_file.read(VAR_DIR)
DATABASE_URL = env.url("DATABASE_URL", ("postgres", "postgresql"))
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss"))
EMBEDDED_POSTGRES, EMBEDDED_VALKEY = not DATABASE_URL, not REDIS_URL
DATABASE_URL = DATABASE_URL or _running.get("database_url", "postgres://segue@127.0.0.1:5432/segue")
REDIS_URL = REDIS_URL or _running.get("redis_url", "redis://127.0.0.1:6379/0")
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"].setdefault("OPTIONS", {})
# A server or a network that is gone is noticed within some 15 s, also in the middle of an answer.
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# A process that hangs within a transaction must not keep its rows from all others for good. Nothing of ours pauses for
# minutes there.
DATABASES["default"]["OPTIONS"].setdefault("options", "-c idle_in_transaction_session_timeout=300000")
# Under ASGI each request has a thread of its own: a connection that is kept is never used again, and 75 requests use up
# Postgres.
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Number of partitions of the event log. Fixed once events are stored: a visitor's partition derives from it.
LOG_PARTITIONS = env.whole("SEGUE_LOG_PARTITIONS", 8, least=1)
# Entries in one partition above which collecting answers 503 (the client keeps its events). 0: no limit.
LOG_MAX_ENTRIES = env.whole("SEGUE_LOG_MAX_ENTRIES", 2_000_000)
# Who sends it as a bearer token may read /metrics; without one, only this machine.
METRICS_TOKEN = env.text("SEGUE_METRICS_TOKEN")
# Days for which events and decisions stay in their tables, at the least: they go by whole months. 0: for good.
KEEP_EVENTS_DAYS = env.whole("SEGUE_KEEP_EVENTS_DAYS", 0)
KEEP_DECISIONS_DAYS = env.whole("SEGUE_KEEP_DECISIONS_DAYS", 0)
for _name, _days in (("SEGUE_KEEP_EVENTS_DAYS", KEEP_EVENTS_DAYS), ("SEGUE_KEEP_DECISIONS_DAYS", KEEP_DECISIONS_DAYS)):
    if _days and _days < 30:  # conversions are credited to engagement of the last week, and months are dropped whole
        raise ImproperlyConfigured(f"{_name} is {_days}; use 0 (for good) or at least 30")
# Seconds during which a repeated messageId is recognised before storage, and an idle profile is kept.
DEDUPE_SECONDS = env.whole("SEGUE_DEDUPE_SECONDS", 7 * 86_400, least=1)
DEDUPE_MS = DEDUPE_SECONDS * 1000
PROFILE_TTL_SECONDS = env.whole("SEGUE_PROFILE_TTL_SECONDS", 400 * 86_400, least=1)
# Messages and questions a second that one client address may send, and messages for one site; averaged over a minute.
# 0: no limit.
ADDRESS_RATE = env.whole("SEGUE_ADDRESS_RATE", 1000)
SITE_RATE = env.whole("SEGUE_SITE_RATE", 0)
# Streams that one client address may hold open in one web process. 0: no limit but that of the process.
ADDRESS_STREAMS = env.whole("SEGUE_ADDRESS_STREAMS", 500)
# Days back to which a public key may tell of events; older ones come by `manage.py replay`. 0: no limit.
MAX_EVENT_AGE_DAYS = env.whole("SEGUE_MAX_EVENT_AGE_DAYS", 400)
# Page views a minute above which a visitor counts as a bot. 0: no limit.
BOT_PAGES_PER_MINUTE = env.whole("SEGUE_BOT_PAGES_PER_MINUTE", 1200)
ARCHIVE_DIR = env.folder("SEGUE_ARCHIVE_DIR", VAR_DIR / "archive")
ARTIFACT_DIR = env.folder("SEGUE_ARTIFACT_DIR", VAR_DIR / "artifacts")
# Where uploaded pictures lie: empty, a folder below SEGUE_VAR; a folder that all machines share; or s3://bucket/prefix,
# with ?endpoint= and ?region= where it is not Amazon's.
PICTURES = pictures.store_at(env.text("SEGUE_PICTURES"), VAR_DIR / "pictures")
# Folder with public test data (real clickstreams, conformance suites), read in place.
SHARED_DIR = env.folder("SEGUE_SHARED", BASE_DIR.parent / "shared")

# --- applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "sites",
    "privacy",
    "tracking",
    "segments",
    "recommendations",
    "campaigns",
    "personalization",
]
MIDDLEWARE = [
    "personalization.middleware.request_id",
    "personalization.page_policy.guard",
    "sites.pages.paths.site_in_path",
    "django.middleware.security.SecurityMiddleware",
    "personalization.static_files.StaticFiles",
    "campaigns.pictures.store.middleware",
    "personalization.middleware.fragments",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "personalization.sessions.end_idle",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sites.pages.clock.LocalTimes",
    "personalization.odd_input.OddInput",
]
ROOT_URLCONF = "personalization.urls"
ASGI_APPLICATION = "personalization.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "personalization.frame.frame",
            ],
        },
    },
]
FORMS_URLFIELD_ASSUME_HTTPS = True
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"

# --- language, time, static files -----------------------------------------------------------------
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["personalization.formats"]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
# Anybody may read what `collectstatic` gathers, whatever the umask of the one who gathers it.
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755
# What `collectstatic` gathers for production; elsewhere the files come from the folders of the source.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "pictures": PICTURES,
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

# --- security -------------------------------------------------------------------------------------
HTTPS = env.flag("SEGUE_HTTPS", default=PUBLIC_URL.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
CSRF_FAILURE_VIEW = "sites.pages.unsent.untrusted"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# Minutes without use after which a log-in ends.
IDLE_MINUTES = env.whole("SEGUE_IDLE_MINUTES", 120, least=1)
AUTHENTICATION_BACKENDS = ["personalization.login.Backend"]
PASSWORD_RESET_TIMEOUT = 3 * 86_400  # seconds: of the link by which somebody chooses their password
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- background work ------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
# Pages hand work over while somebody waits: a broker that hangs must not hang them.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = env.whole("SEGUE_TASK_TIME_LIMIT", 1800, least=1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ALWAYS_EAGER = SEGUE_ENV == "test"
CELERY_TASK_EAGER_PROPAGATES = True
# Work of minutes has a queue, and so workers, of its own: what somebody waits for (a release, a count) never stands
# behind it. A worker that is not told which queues takes from both.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("long")]
CELERY_TASK_ROUTES = {
    name: {"queue": "long"}
    for name in (
        *("segments.tasks.train_clusters", "tracking.tasks.archive_hours", "tracking.tasks.drop_expired"),
        *("personalization.tasks.evaluate_policy", "personalization.tasks.rebuild_experiment"),
    )
}
# Who runs when: name -> task and seconds between runs. Each app's tasks.py holds the task.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "keep-sites-pushed": {"task": "tracking.tasks.keep_sites_pushed", "schedule": 60},
    "store-drops": {"task": "tracking.tasks.store_drops", "schedule": 60},
    "make-partitions": {"task": "tracking.tasks.make_partitions", "schedule": 86_400},
    "archive-hours": {"task": "tracking.tasks.archive_hours", "schedule": 600},
    "drop-expired": {"task": "tracking.tasks.drop_expired", "schedule": 86_400},
    "forget-minutes": {"task": "tracking.tasks.forget_minutes", "schedule": 3_600},
    "measure-segments": {"task": "segments.tasks.measure_segments", "schedule": 300},
    "recount-stalled": {"task": "segments.tasks.recount_stalled", "schedule": 60},
    "train-clusters": {"task": "segments.tasks.train_all", "schedule": 86_400},
    "keep-releases-pushed": {"task": "campaigns.tasks.keep_releases_pushed", "schedule": 60},
    "keep-drafts-reviewed": {"task": "campaigns.tasks.keep_drafts_reviewed", "schedule": 60},
    "clear-sessions": {"task": "personalization.tasks.clear_sessions", "schedule": 86_400},
    "keep-bandits-learning": {"task": "personalization.tasks.keep_bandits_learning", "schedule": 60},
    "keep-tokens-pushed": {"task": "personalization.tasks.keep_tokens_pushed", "schedule": 60},
}

# --- pages ----------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Segue",
    "SITE_HEADER": "Segue",
    "SITE_URL": None,  # the pages are the site
    "SITE_ICON": lambda _request: static("icons/segue.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("icons/segue.svg")}],
    "LOGIN": {"form": "personalization.login.LoginForm"},
    "STYLES": [lambda _request: static("css/segue.css")],
    "ACCOUNT": {"navigation": [{"title": "Your account", "link": reverse_lazy("account")}]},
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    # One accent: teal. 600 carries white text and stands on white at 4.5:1 or better, 400 on the dark ground.
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#134e4a",
            "900": "#10413e",
            "950": "#042f2e",
        }
    },
    "SIDEBAR": {
        "navigation": "personalization.navigation.sidebar",
    },
    "COMMAND": {
        "search_models": ["campaigns.campaign", "campaigns.advariant", "segments.segment", "recommendations.item"]
    },
}

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "personalization.api.access.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["personalization.api.access.MayUse"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["personalization.api.bodies.Json"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": [
        "personalization.api.parameters.KnownParameters",
        "django_filters.rest_framework.DjangoFilterBackend",
        "personalization.api.parameters.Search",
        "personalization.api.parameters.TotalOrder",
    ],
    "EXCEPTION_HANDLER": "personalization.api.base.explain_refusal",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Segue management API",
    "DESCRIPTION": (
        "Sites, segments, campaigns, rules, variants, releases. Events and decisions have calls of their own, under"
        " /v1."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CampaignStatus": "campaigns.models.Campaign.Status",
        "ReleaseStatus": "campaigns.models.Release.Status",
        "ModelStatus": "segments.models.ModelVersion.Status",
        "TrainingStatus": "segments.models.TrainingRun.Status",
        "ConsentMode": "sites.models.Site.Consent",
        "Font": "campaigns.content.FONTS",
    },
}

# --- logs -----------------------------------------------------------------------------------------
LOG_LEVEL = env.choice("SEGUE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_JSON = env.flag("SEGUE_LOG_JSON", default=PRODUCTION)
LOGGING = logs.configure(LOG_LEVEL, LOG_JSON)
