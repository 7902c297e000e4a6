"""Bodies that are sent in chunks, without saying beforehand how long they are, which Django would take for empty."""

import io
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def whole_bodies(application: Application, *, most: int) -> Application:
    """Gives the application bodies of known length; of one longer than `most` bytes only that it is."""

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            body = environ["wsgi.input"].read(most + 1)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return application(environ, start_response)

    return handle
