"""Codecs under test, behind one small interface."""
