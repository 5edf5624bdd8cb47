"""The payload format: sections, coding, limits (docs/format.md is the normative text).

Importing a section's own module (`plic_web.payload.base`, `.edges`, `.latents`, `.text`, `.keep`,
`.seed`) gives its encoder and decoder.
"""

from plic_web.payload.container import Payload, Section, SectionKind
from plic_web.payload.errors import PayloadError

__all__ = ["Payload", "PayloadError", "Section", "SectionKind"]
