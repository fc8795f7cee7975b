"""Settings: one file, and the environment decides.

HUISU_MODE is `production` or `local`. Production reads its secrets from files and does
not start without them. Local is one person's machine: it listens on loopback, and brings
its own database, queue and secret key below HUISU_HOME. Unless HUISU_MODE says otherwise,
whoever names a DATABASE_URL means production.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.embedded.place import addresses, broker_url, default_home
from config.environment import Environment, local_secret

# Forms, views and admin classes may say in brackets which model they are about.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(os.environ)
HOME = default_home()
EMBEDDED = addresses(HOME)

MODE = env.one_of(
    "HUISU_MODE", ("local", "production"), "production" if env.has("DATABASE_URL") else "local"
)
LOCAL = MODE == "local"
DEBUG = env.flag("HUISU_DEBUG", default=False)

# Secrets

if LOCAL and not env.has("SECRET_KEY_FILE"):
    SECRET_KEY = local_secret(HOME / "secret-key")
else:
    SECRET_KEY = env.secret("SECRET_KEY")
# Old keys, one a line, that still verify sessions and signatures while a new one takes over.
SECRET_KEY_FALLBACKS = (
    env.secret("SECRET_KEY_FALLBACKS").split() if env.has("SECRET_KEY_FALLBACKS_FILE") else []
)
# Signs the transparency log's checkpoints; locally it is made on first use. Without one in
# production records still get their leaves, but nothing is signed.
HUISU_LOG_KEY_FILE = env.text("HUISU_LOG_KEY_FILE", str(HOME / "log-key") if LOCAL else "")
# Wraps the keys of workers' names and contacts; locally it is made on first use. Without one in
# production no name can be stored.
HUISU_IDENTITY_KEY_FILE = env.text(
    "HUISU_IDENTITY_KEY_FILE", str(HOME / "identity-key") if LOCAL else ""
)

# Applications

INSTALLED_APPS = [
    "config.apps.HuisuConfig",
    "contributions",
    "accounting",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.navigation",
            ],
        },
    },
]

# Data

# Services own their transactions, so a request has none around it.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", EMBEDDED.database_url if LOCAL else None)
    | {
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": env.whole_number("HUISU_CONNECTION_SECONDS", 60),
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS_URL = env.text("REDIS_URL", EMBEDDED.redis_url if LOCAL else None)

# Bundles, uploads and everything else that is a file.
HUISU_DATA = Path(env.text("HUISU_DATA", str(HOME / "data") if LOCAL else None))
MEDIA_ROOT = HUISU_DATA / "uploads"
FILE_UPLOAD_TEMP_DIR: str | None = None
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

# People

AUTH_USER_MODEL = "contributions.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("HUISU_STATIC", str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# On one's own machine the files are served from where they are written.
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = LOCAL

# What a browser may do

ALLOWED_HOSTS = env.names("HUISU_HOSTS", "localhost,127.0.0.1,[::1]" if LOCAL else None)
CSRF_TRUSTED_ORIGINS = env.names("HUISU_ORIGINS", "")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = not LOCAL
# The container's own health question comes over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
if env.flag("HUISU_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_NAME = "huisu-session" if LOCAL else "__Host-huisu-session"
CSRF_COOKIE_NAME = "huisu-csrf" if LOCAL else "__Host-huisu-csrf"
LANGUAGE_COOKIE_NAME = "huisu-language"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600

# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Huisu API",
    "DESCRIPTION": "Every cent of AI revenue, traced back to the labour behind the model.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # The check describes every address twice, with and without its slash. Ours is described
    # once, by config.api, and a test holds it against the committed description.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

# The queue: a delivery is a hint, the truth is in PostgreSQL.

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above any run's length: a task that outlives it would be delivered a second time.
    "visibility_timeout": 3600,
    # Sweep messages of dead workers each second; kombu's own pace is 100 seconds.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
}
# A request that queues a task must answer even if the queue is down; the sweep sends it later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "huisu"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(HUISU_DATA / "celery-beat")
CELERY_BEAT_SCHEDULE = {
    "sweep-runs": {
        "task": "accounting.tasks.sweep_runs",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-valuations": {
        "task": "accounting.tasks.sweep_valuations",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-imports": {
        "task": "contributions.tasks.sweep_imports",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "publish-checkpoint": {
        "task": "contributions.tasks.publish_checkpoint",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "forget-old-replies": {
        "task": "contributions.tasks.forget_old_replies",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "note-overdue-disputes": {
        "task": "contributions.tasks.note_overdue_disputes",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "prove-log": {
        "task": "contributions.tasks.prove_log",
        "schedule": 24 * 3600.0,
        "options": {"expires": 24 * 3600},
    },
}

# What it says: lines for people locally, JSON for machines in production.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "config.logs.formatter", "as_json": not LOCAL},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": env.text("HUISU_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
