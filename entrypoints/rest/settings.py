"""Django's settings, made from the project's own. Django reads this module when it starts."""

import secrets
from pathlib import Path

from corsheaders.defaults import default_headers

from entrypoints.rest.configuration import configuration
from entrypoints.rest.database import database_settings
from entrypoints.version import program_version

_settings, _api = configuration().settings, configuration().options

DEBUG = False  # Django's error pages show addresses and settings; the log has the tracebacks
# Nothing that is signed outlives a process. Production requires a key all the same, as Django's checks do.
SECRET_KEY = _api.secret_key or secrets.token_urlsafe(64)
ALLOWED_HOSTS = list(_api.allowed_hosts)
ROOT_URLCONF = "entrypoints.rest.urls"
WSGI_APPLICATION = "entrypoints.rest.wsgi.application"
FORCE_SCRIPT_NAME = ""  # paths are this server's own, whatever a header or a proxy says
APPEND_SLASH = False  # a POST cannot be redirected
USE_TZ = True
USE_I18N = False

INSTALLED_APPS = [
    "corsheaders",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "adapters.feedback_store.apps.FeedbackConfig",
]
MIDDLEWARE = [
    "entrypoints.rest.http.middleware.observed",
    *(["corsheaders.middleware.CorsMiddleware"] if _api.cors_origins else []),
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "entrypoints.rest.http.middleware.guarded",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
DATABASES = {
    "default": database_settings(_api.database, default=_settings.artifacts / "api.sqlite3"),
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],  # a page of ReDoc that fetches no fonts
        "APP_DIRS": True,
    }
]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SECURE_SSL_REDIRECT = _api.https
SECURE_REDIRECT_EXEMPT = [r"^api/v1/(live|ready|health)/$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _api.proxy else None
SECURE_HSTS_SECONDS = 31_536_000 if _api.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _api.https
SECURE_HSTS_PRELOAD = _api.https
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
# W003: there are no cookies, so there is nothing to forge. W004 and W008: without `https` the server does not know
# whether a proxy in front speaks it, and a redirect could lock clients out.
SILENCED_SYSTEM_CHECKS = ["security.W003"] + ([] if _api.https else ["security.W004", "security.W008"])

CORS_ALLOWED_ORIGINS = list(_api.cors_origins)
CORS_ALLOW_METHODS = ["GET", "OPTIONS", "POST"]
CORS_EXPOSE_HEADERS = ["X-Request-ID", "X-Model-Version", "Retry-After"]
if _api.variants:
    CORS_EXPOSE_HEADERS.append("X-Model-Variant")
    CORS_ALLOW_HEADERS = [*default_headers, "x-request-key", "x-model-variant"]

DATA_UPLOAD_MAX_MEMORY_SIZE = _api.max_body_bytes

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "entrypoints.rest.http.negotiation.Json",
    "EXCEPTION_HANDLER": "entrypoints.rest.http.error_responses.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "arxiv-classifier",
    "DESCRIPTION": "Calibrated probabilities of arXiv categories for a paper's title and abstract.",
    "VERSION": program_version(),
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {},
    "POSTPROCESSING_HOOKS": ["entrypoints.rest.schema.finished"],
}
LOGGING_CONFIG = None  # entrypoints.rest.logs sets logging up
