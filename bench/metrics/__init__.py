"""Metrics: how far a decoded picture is from its original."""
