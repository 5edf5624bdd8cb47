"""The Flask application: routes, headers and error answers."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request, send_file
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from plic_web.edge import site
from plic_web.edge.answers import IMAGE_CSP, dress, http_refusal, plain, refusal, to_folder
from plic_web.edge.cache import DiskCache
from plic_web.edge.client import ClientGone, DecoderClient
from plic_web.edge.errors import EdgeError, NotOffered
from plic_web.edge.manifest import Manifest
from plic_web.edge.metrics import REFUSED, Metrics
from plic_web.edge.process import DecodeProcess
from plic_web.edge.rendition import Rendition, cache_key
from plic_web.edge.runtime import Runtime
from plic_web.edge.settings import EdgeSettings

#: No route takes a body; Flask's own default is no limit at all.
MAX_BODY_BYTES = 1024

_log = logging.getLogger("plic.edge")


class _Digest(BaseConverter):
    regex = "[0-9a-f]{16}"


class _Width(BaseConverter):
    # No leading zero and at most four digits: each picture has one address per width.
    regex = "[1-9][0-9]{0,3}"


class _Everything(BaseConverter):
    regex = ".*?"
    part_isolating = False


def create_app(settings: EdgeSettings, runtime: Runtime | None = None) -> Flask:
    """The edge over one exported folder.

    Args:
        settings: see EdgeSettings.
        runtime: the private folder of a decode process that `serve` looks after; None starts
            one for this application alone, which ends with the interpreter.

    Raises:
        ManifestError: the folder's manifest cannot be used.
    """
    manifest = Manifest(settings.site / "_plic" / "manifest.json")
    if runtime is None:
        runtime = Runtime.create()
        DecodeProcess(settings, runtime).keep()
    app = Flask("plic_web.edge", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts) or None
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops
        )
    # A doubled slash is a wrong path, not one to be tidied up by redirects.
    app.url_map.merge_slashes = False
    app.url_map.converters |= {"digest": _Digest, "width": _Width, "everything": _Everything}
    _Routes(settings, runtime, manifest).register(app)
    return app


class _Routes:
    """The views, and what they share."""

    def __init__(self, settings: EdgeSettings, runtime: Runtime, manifest: Manifest) -> None:
        self._settings = settings
        self._manifest = manifest
        self._files = site.SiteFiles(settings.site)
        self._cache = DiskCache(settings.cache_dir, settings.cache_bytes)
        self._metrics = Metrics(runtime.folder)
        self._decoder = DecoderClient(settings, runtime)

    def register(self, app: Flask) -> None:
        """Connect routes, error handlers and the common headers."""
        for rule, view in (
            ("/healthz", self.healthz),
            ("/readyz", self.readyz),
            ("/metrics", self.metrics),
            ("/_plic/<digest:digest>/<everything:name>", self.unknown_rendition),
            ("/_plic/<digest:digest>/<width:width>.<any(webp,avif):format>", self.rendition),
            ("/<everything:path>", self.site),
        ):
            # OPTIONS too is refused: nothing here is meant for other origins.
            app.add_url_rule(
                rule, view.__name__, view, methods=["GET"], provide_automatic_options=False
            )
        app.before_request(self.refuse_early)
        app.register_error_handler(EdgeError, self.edge_error)
        app.register_error_handler(HTTPException, http_refusal)
        app.register_error_handler(ClientGone, self.client_gone)
        app.register_error_handler(Exception, self.unexpected)
        app.after_request(self.finish)

    def refuse_early(self) -> None:
        """What no route should even see."""
        # Flask's own limit acts only on bodies that are read, and nothing here reads one.
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise RequestEntityTooLarge("no body is expected here")
        # Werkzeug folds leading slashes, which would give each picture many addresses.
        if request.environ["PATH_INFO"].startswith("//"):
            raise NotOffered("not found")

    def healthz(self) -> Response:
        """This process lives. Touches neither queue nor disk."""
        g.route = "healthz"
        return plain("ok", 200)

    def readyz(self) -> Response:
        """The decode process has its pack and answers."""
        g.route = "readyz"
        if self._decoder.ping() is None:
            return plain("the decoder does not answer", 503)
        return plain("ready", 200)

    def metrics(self) -> Response:
        """Prometheus text."""
        g.route = "metrics"
        waiting = self._decoder.ping()
        gauges = {
            "plic_queue_length": float(waiting or 0),
            "plic_decoder_up": float(waiting is not None),
            "plic_cache_bytes": float(self._cache.total()),
        }
        response = plain(self._metrics.text(gauges), 200)
        response.content_type = "text/plain; version=0.0.4; charset=utf-8"
        return response

    def unknown_rendition(self, digest: str, name: str) -> Response:
        """The tiny conventional WebPs lie in these folders, for hosts that cannot reconstruct."""
        raise NotOffered("no such picture, width or format")

    def rendition(self, digest: str, width: str, format: str) -> Response:
        """One reconstructed picture; every check stands before any work."""
        g.route = "rendition"
        picture = self._manifest.picture(digest)
        size = picture.sizes.get(int(width)) if picture else None
        if picture is None or size is None:
            raise NotOffered("no such picture or width")
        identity = self._decoder.identity()
        rendition = Rendition(digest, *size, format)
        key = cache_key(rendition, identity, self._settings)
        if request.if_none_match.contains_weak(key):
            response = Response(status=304)
        elif (body := self._cached(key)) is not None:
            response = Response(body)
        elif request.method == "HEAD":
            # All headers are known but the length, and nobody decodes to learn that.
            response = Response()
            response.automatically_set_content_length = False
        else:
            response = Response(self._decode(rendition))
        dress(response, format, key, picture, identity)
        return response

    def site(self, path: str) -> Response:
        """A file of the site, byte for byte."""
        g.route = "export" if path.startswith("_plic/") else "site"
        found = self._files.find(path)
        if found is None:
            raise NotOffered("not found")
        if found.path is None:
            return to_folder(path)
        kind = site.content_type(found.path)
        response = send_file(found.path, mimetype=kind, conditional=True, etag=True)
        response.headers["Content-Type"] = kind  # without the charset that Flask adds
        del response.headers["Content-Disposition"]
        if encoding := site.content_encoding(found.path):
            response.headers["Content-Encoding"] = encoding
        control = site.cache_control(path, self._settings.site_max_age)
        response.headers["Cache-Control"] = control
        if g.route == "export" and kind.startswith("image/"):
            response.headers["Content-Security-Policy"] = IMAGE_CSP
        return response

    def _cached(self, key: str) -> bytes | None:
        body = self._cache.get(key)
        self._metrics.add(f"plic_cache_{'misses' if body is None else 'hits'}_total")
        return body

    def _decode(self, rendition: Rendition) -> bytes:
        client = request.remote_addr or "unknown"
        try:
            return self._decoder.render(rendition, client, request.environ.get("gunicorn.socket"))
        except EdgeError as error:
            reason = type(error).__name__
            assert reason in REFUSED
            self._metrics.add(f'plic_refused_total{{reason="{reason}"}}')
            raise

    def edge_error(self, error: EdgeError) -> Response:
        """A refusal of ours."""
        if error.status == 404 and g.get("route") == "site" and (page := self._not_found_page()):
            return page
        return refusal(error)

    def client_gone(self, _error: ClientGone) -> Response:
        """Written to a closed connection; only the counters see it."""
        return plain("the client closed the connection", 503)

    def unexpected(self, error: Exception) -> Response:
        """A fault of the program: logged with its trace, answered without."""
        _log.exception("%s %r failed", request.method, request.path, exc_info=error)
        return plain("internal error", 500)

    def finish(self, response: Response) -> Response:
        """The headers of every answer, and the count."""
        response.headers["X-Content-Type-Options"] = "nosniff"
        self._metrics.request(g.get("route", "other"), response.status_code)
        return response

    def _not_found_page(self) -> Response | None:
        """The site's own 404.html, as static hosts show it."""
        found = self._files.find("404.html")
        if found is None or found.path is None:
            return None
        response = Response(found.path.read_bytes(), 404, content_type="text/html")
        response.headers["Cache-Control"] = "no-store"
        return response
