"""A server that answers `/loki/api/v1/query_range` as Loki's documentation says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class LokiServer:
    """Streams of lines: start inclusive, end exclusive, the newest first, at most `limit`."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, str, dict[str, str], dict[str, str]]] = []
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: tuple[int, bytes] | None = None  # instead of lines
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.headers.append(dict(self.headers))
                status, body = outer._reply(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _reply(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if self.answer:
            return self.answer
        if parts.path != "/loki/api/v1/query_range":
            return 404, b"404 page not found"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(asked)
        start, end = int(asked["start"]), int(asked["end"])
        chosen = [one for one in self.entries if start <= one[0] < end]
        chosen = sorted(chosen, key=lambda one: -one[0])[: int(asked["limit"])]
        streams: dict[str, list[list[object]]] = {}
        for at, line, labels, metadata in chosen:
            value: list[object] = [str(at), line]
            streams.setdefault(json.dumps(labels), []).append(
                [*value, metadata] if metadata else value
            )
        result = [{"stream": json.loads(key), "values": all_} for key, all_ in streams.items()]
        data: dict[str, object] = {"resultType": "streams", "result": result, "stats": {}}
        return 200, json.dumps({"status": "success", "data": data}).encode()
