"""Detectors of what a reconstruction must not invent; nothing is loaded before the first use."""

from exporter.detect.find import available, find_marks, read_lines

__all__ = ["available", "find_marks", "read_lines"]
