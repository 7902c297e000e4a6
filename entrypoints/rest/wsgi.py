"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from entrypoints.rest.logs import set_up
from entrypoints.rest.state import state

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrypoints.rest.settings")
set_up(state().settings.log_format, state().settings.log_level)
application = get_wsgi_application()
