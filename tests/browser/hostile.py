"""A service that hands back every secret it was sent, between markup of every kind."""

import contextlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

SECRETS = {
    "SHOP_TOKEN": "bearer-of-the-shop-7f3a91",
    "SHOP_KEY": "header-key-of-the-shop-5d2c",
    "SHOP_CACHE": "redis://user:cache-password-8e1b@127.0.0.1:1/0",
    "SHOP_LOGIN": "login-password-4c7d",
}
# What must not appear anywhere, beside the passwords of the store and of the API.
HIDDEN = (
    SECRETS["SHOP_TOKEN"],
    SECRETS["SHOP_KEY"],
    "cache-password-8e1b",
    SECRETS["SHOP_LOGIN"],
    "query-token-9b6e",
)
MARKUP = (
    '<img src=x onerror="alert(1)"><script>alert(1)</script> **bold** [link](javascript:alert(1)) '
    ":red[red] :material/home: $x^2$ `code` # title"
)


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", f"/lost?token={quote(self.headers['Authorization'])}")
            self.end_headers()
            return
        body = json.dumps(
            {
                "status": "fail",
                "output": f"{MARKUP} {dict(self.headers)}",
                "checks": {MARKUP: [{"status": "fail", "output": str(self.headers)}]},
                "path": self.path,
            }
        ).encode()
        self.send_response(500, f"{MARKUP} {self.headers['Authorization']}")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def service() -> Iterator[int]:
    """The port at which it listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def described(port: int) -> str:
    """The services file that watches it."""
    title = json.dumps(MARKUP)
    url = f"http://127.0.0.1:{port}"
    often = 'interval = "1s"\ntimeout = "1s"\nfailure_threshold = 1'
    return f"""
[[services]]
name = "shop"
title = {title}

[[services.checks]]
name = "hostile"
title = {title}
url = "{url}/health?api_key=query-token-9b6e"
bearer_env = "SHOP_TOKEN"
headers = {{ X-Api-Key = "{SECRETS["SHOP_KEY"]}" }}
conditions = ["[STATUS] == 200", "[BODY].path == pat(x*)"]
{often}

[[services.checks]]
name = "away"
url = "{url}/away"
bearer_env = "SHOP_TOKEN"
conditions = ["[STATUS] == 200"]
{often}

[[services.checks]]
name = "login"
url_env = "SHOP_LOGIN_URL"
conditions = ["[STATUS] == 200"]
{often}

[[services.checks]]
name = "cache"
type = "redis"
url_env = "SHOP_CACHE"
{often}

[[services.checks]]
name = "export"
type = "push"
interval = "60s"
timeout = "10s"
"""


def variables(port: int) -> dict[str, str]:
    """What the services file refers to."""
    login = f"http://user:{SECRETS['SHOP_LOGIN']}@127.0.0.1:{port}/health"
    return {**SECRETS, "SHOP_LOGIN_URL": login}
