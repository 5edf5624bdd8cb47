"""Turns a folder of static files into one whose pictures travel as payloads."""
