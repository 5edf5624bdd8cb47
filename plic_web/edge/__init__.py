"""The edge: serves an exported folder and reconstructs its pictures on demand.

`plic_web.edge.serve.serve` runs it under gunicorn; `plic_web.edge.app.create_app` is the Flask
application alone. Neither is imported here: the decode process needs no web server.
"""

from plic_web.edge.errors import DecoderStartError, EdgeSettingsError, ManifestError
from plic_web.edge.settings import EdgeSettings

__all__ = ["DecoderStartError", "EdgeSettings", "EdgeSettingsError", "ManifestError"]
