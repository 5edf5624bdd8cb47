"""Errors of the engine.

EngineError
├── PackError      a pack's folder or files are not what they should be
└── ProviderError  the asked hardware cannot be used; never replaced silently
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of everything the engine raises on purpose."""


class PackError(EngineError):
    """A pack is missing, damaged or of another version; says which file and what to do."""


class ProviderError(EngineError):
    """The asked execution provider is not available here."""
