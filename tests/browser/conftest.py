"""A headless Chromium, and the fake edge as a running server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser_support import STATIC, Answer, FakeEdge

from exporter.join import compact, join_modules

CSP = "default-src 'self'"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".webp": "image/webp", ".png": "image/png"}

# Sums up every layout shift, and keeps the least opacity that any picture ever had.
WATCH = """
window.shifted = 0;
window.leastOpacity = 1;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.hadRecentInput ? 0 : entry.value;
}).observe({ type: 'layout-shift', buffered: true });
(function look() {
  for (const img of document.images) {
    window.leastOpacity = Math.min(window.leastOpacity, getComputedStyle(img).opacity);
  }
  requestAnimationFrame(look);
})();
"""


@pytest.fixture
def edge() -> Iterator[FakeEdge]:
    """The fake edge, listening; the script is served as the exporter ships it."""
    fake = FakeEdge()
    fake.files["/_plic/shim.js"] = compact(join_modules(STATIC, "shim.js")).encode()
    fake.files["/_plic/languages.js"] = (STATIC / "languages.js").read_bytes()
    fake.files["/_plic/page.css"] = (STATIC / "notice.css").read_bytes()
    fake.files["/site.css"] = b"body { margin: 0 } img { max-width: 100%; height: auto }"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            fake.asked.append((time.monotonic(), path))
            digest = path.split("/")[2] if path.count("/") == 3 else ""
            while digest in fake.held:
                time.sleep(0.01)
            coming = fake.answers[digest]
            answer = coming[0] if coming else Answer(200 if path in fake.files else 404)
            if len(coming) > 1:
                coming.pop(0)
            body = answer.body
            if body is None:
                body = fake.files[path] if answer.status == 200 else b"no picture"
            self.send_response(answer.status)
            kind = _TYPES.get(Path(path).suffix, "text/html; charset=utf-8")
            self.send_header("Content-Type", kind if answer.status == 200 else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", CSP)
            final = answer.status == 200 and digest
            self.send_header(
                "Cache-Control", "max-age=31536000, immutable" if final else "no-store"
            )
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield fake
    fake.held.clear()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Any]:
    """A function that opens an address; afterwards the page must have broken no policy.

    Layout shift is checked as well: no test may move the page under its reader.
    """
    contexts = []
    complaints: list[str] = []
    pages = []

    def opener(address: str, *, init: str = "", **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 800, "height": 600}, **options})
        contexts.append(context)
        page = context.new_page()
        scripted = options.get("java_script_enabled", True)
        if scripted:
            page.add_init_script(WATCH + init)
            pages.append(page)
        page.on(
            "console",
            lambda message: "Content Security" in message.text and complaints.append(message.text),
        )
        page.goto(address, wait_until="commit")
        return page

    yield opener
    shifts = [page.evaluate("window.shifted") for page in pages]
    opacities = [page.evaluate("window.leastOpacity") for page in pages]
    for context in contexts:
        context.close()
    assert complaints == []
    assert shifts == [0] * len(pages)
    assert opacities == [1] * len(pages)
