"""The answers that are not files: lines of text, finished pictures, redirects, refusals."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import HTTPException

from plic_web.edge.errors import EdgeError
from plic_web.edge.manifest import Picture
from plic_web.edge.rendition import MEDIA_TYPES, Identity

IMMUTABLE = "public, max-age=31536000, immutable"
#: A picture opened by itself may load and run nothing.
IMAGE_CSP = "default-src 'none'; sandbox"


def plain(text: str, status: int) -> Response:
    """A line of text that no cache keeps."""
    response = Response(text + "\n", status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def refusal(error: EdgeError) -> Response:
    """One of our own refusals, with its Retry-After where it has one."""
    response = plain(error.message, error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def http_refusal(error: HTTPException) -> Response:
    """A refusal of Flask's: wrong method, unknown host, and so on."""
    response = plain(error.description or error.name, error.code or 500)
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            response.headers[name] = value
    return response


def dress(response: Response, format: str, key: str, picture: Picture, identity: Identity) -> None:
    """The headers of a finished picture, the same for 200, 304 and HEAD."""
    response.headers["Content-Type"] = MEDIA_TYPES[format]
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Content-Security-Policy"] = IMAGE_CSP
    # Weak: another edge, or this one after eviction, may differ in a last bit of a pixel.
    response.set_etag(key, weak=True)
    response.headers["X-Plic"] = f"reconstructed; pack={identity.pack}"
    if picture.original:  # an export may have left it out
        response.headers["Link"] = f'<{_original_url(picture.original)}>; rel="original"'


def _original_url(original: str) -> str:
    # Encoded also because a header takes neither line ends nor letters beyond Latin-1.
    if original.startswith(("https://", "http://")):
        return quote(original, safe="/:?&=#%@!$'()*+,;~-._[]")
    return f"{request.script_root}/{quote(original.lstrip('/'))}"


def to_folder(path: str) -> Response:
    """A redirect to the folder's address, relative so that it also holds behind a prefix."""
    name = quote(path.rpartition("/")[2])
    query = request.query_string.decode("latin-1")
    location = f"./{name}/" + (f"?{quote(query, safe='/:?&=+,;@!$~%-._')}" if query else "")
    response = plain("moved", 308)
    response.headers["Location"] = location
    return response
