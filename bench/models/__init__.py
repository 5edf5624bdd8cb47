"""Models that metrics and rival codecs need: fetched by an explicit command, checked."""
