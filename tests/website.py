"""A website on loopback in a thread of its own, for the command line's tests. Knows no bot."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Page: TypeAlias = tuple[int, str, bytes]
"""Status, media type, body."""
NOTHING: Page = 404, "text/html", b"no"


@contextmanager
def website(pages: Mapping[str, Page]) -> Iterator[str]:
    """Serve these pages by their paths; give the site's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, media_type, body = pages.get(self.path, NOTHING)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
