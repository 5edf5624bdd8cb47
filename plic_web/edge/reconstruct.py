"""From a digest to a finished file: read the payload, reconstruct, encode, keep."""

from __future__ import annotations

import hashlib
import logging
from types import ModuleType

from plic_web.edge.cache import DiskCache
from plic_web.edge.errors import DecodeFailed, Unreadable
from plic_web.edge.images import encode_final
from plic_web.edge.rendition import Identity, Rendition, cache_key, engine_version
from plic_web.edge.runtime import STRIKES, Runtime
from plic_web.edge.settings import EdgeSettings
from plic_web.payload import Payload, PayloadError, SectionKind

#: The format's own bound on one payload.
MAX_PAYLOAD_BYTES = 64 << 10

_log = logging.getLogger("plic.edge")


class Reconstructor:
    """The pack, loaded once, and what surrounds one decode.

    Args:
        settings: site, pack, provider, decode_threads and encoder qualities.
        engine: the module with `load_pack` and `reconstruct`.
        cache: where finished files are kept.
        runtime: where the picture under way is noted, and the ones that killed a process.

    Raises:
        PackError: the pack cannot be loaded; raised by `engine.load_pack`.
    """

    def __init__(
        self, settings: EdgeSettings, engine: ModuleType, cache: DiskCache, runtime: Runtime
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._engine = engine
        self._cache = cache
        self._pack = engine.load_pack(
            settings.pack, provider=settings.provider, threads=settings.decode_threads or None
        )
        self.identity = Identity(self._pack.id, engine_version(settings.provider))

    def render(self, rendition: Rendition) -> bytes:
        """The finished file of one rendition, also kept in the cache.

        Raises:
            Unreadable: the payload is missing, damaged or another than the digest says.
            DecodeFailed: the pack failed on it, or decode processes died over it.
        """
        key = cache_key(rendition, self.identity, self._settings)
        # A request that missed the cache may arrive just after an equal decode has ended.
        if (kept := self._cache.get(key)) is not None:
            return kept
        if self._runtime.strikes(rendition.digest) >= STRIKES:
            raise DecodeFailed("this picture made the decoder end; see the edge's log")
        try:
            payload = Payload.parse(self._read(rendition.digest))
            with self._runtime.working_on(rendition.digest):
                pixels = self._engine.reconstruct(payload, width=rendition.width, pack=self._pack)
        except PayloadError as error:
            _log.error("%s.plic: %s", rendition.digest, error)
            raise Unreadable(f"the payload of this picture is damaged: {error}") from None
        except Unreadable:
            raise
        except Exception:
            _log.exception("%s.plic: the pack failed", rendition.digest)
            raise DecodeFailed("the picture could not be reconstructed") from None
        body = encode_final(
            pixels,
            (rendition.width, rendition.height),
            rendition.format,
            self._settings,
            has_kept_pixels=payload.get(SectionKind.KEEP) is not None,
        )
        self._cache.put(key, body)
        return body

    def _read(self, digest: str) -> bytes:
        path = self._settings.site / "_plic" / f"{digest}.plic"
        try:
            with path.open("rb") as file:
                data = file.read(MAX_PAYLOAD_BYTES + 1)
        except OSError as error:
            _log.error("%s: %s", path, error.strerror)
            raise Unreadable("the payload of this picture is missing") from None
        if len(data) > MAX_PAYLOAD_BYTES:
            raise PayloadError(f"expected at most {MAX_PAYLOAD_BYTES} bytes")
        if hashlib.sha256(data).hexdigest()[:16] != digest:
            raise PayloadError("its bytes are not those that its name is the digest of")
        return data
