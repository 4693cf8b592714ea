"""What platforms, callers and libraries allow: the built-in tables, with their sources and dates.

Each figure was seen in the source named, or is common knowledge that nobody here has verified; the
tables say which, and as of when. A variable of the service wins over a figure of these tables.
"""

from dataclasses import dataclass
from enum import StrEnum

NO_LIMIT = None


class Proof(StrEnum):
    """How sure a figure is."""

    SEEN = "seen in the source"
    PARTLY = "partly seen"
    UNVERIFIED = "not verified"


@dataclass(frozen=True, slots=True)
class Platform:
    """The limits of one platform; seconds, None where it has or tells no limit."""

    key: str
    name: str
    request: float | None  # a request is cut off after so long
    request_note: str
    most: float | None = None  # what the request limit can be raised to
    kill_after: float | None = None  # SIGTERM to SIGKILL
    kill_variable: str = ""  # what changes that
    health_timeout: float | None = None
    idle_keep_alive: float | None = None  # of its proxy toward the service
    note: str = ""
    proof: Proof = Proof.SEEN
    source: str = ""
    seen: str = ""  # when it was read

    @property
    def origin(self) -> str:
        """Where its figures come from, in a few words."""
        return f"{self.name}: {self.source}, {self.seen}, {self.proof}"


# When the table was put together; the day each page was opened was not noted.
_HERE = "Nov 2026"

PLATFORMS = (
    Platform("none", "No platform limit", NO_LIMIT, "The service is reached directly."),
    Platform(
        "cloud_run", "Cloud Run", 300.0, "default 300 s, then 504; up to 3,600 s",
        most=3600.0, kill_after=10.0,
        note="The container goes on working on a request that was cut off. Over 15 minutes "
        "Google recommends retries that resume. The 10 s until SIGKILL are not verified.",
        source="docs.cloud.google.com/run", seen=_HERE,
    ),
    Platform(
        "render", "Render", 6000.0, "100 minutes; others say none",
        kill_after=30.0, kill_variable="maxShutdownDelaySeconds", health_timeout=5.0,
        note="Health checks time out after 5 s; a deployment is given up after 15 minutes of "
        "failures. Free plan: asleep after 15 minutes, start 30-90 s. The delay of 30 s is the "
        "default of maxShutdownDelaySeconds (1 to 300), seen in Render's API description.",
        proof=Proof.PARTLY, source="Render's documentation and API description", seen=_HERE,
    ),
    Platform(
        "railway", "Railway", 900.0, "15 minutes while bytes flow, 5 minutes without data",
        kill_after=0.0, kill_variable="RAILWAY_DEPLOYMENT_DRAINING_SECONDS",
        health_timeout=300.0, idle_keep_alive=60.0,
        note="Draining is 0 s by default: work in flight is killed at every deployment. The "
        "health check is asked during a deployment only.",
        source="railwayapp/docs", seen=_HERE,
    ),
    Platform(
        "fly", "Fly.io", 60.0, "60 s without data",
        kill_after=5.0, kill_variable="kill_timeout",
        note="Idle time-out of its proxy as users report it; kill_timeout as in generated "
        "fly.toml files.",
        proof=Proof.UNVERIFIED, source="user reports, fly.toml files", seen=_HERE,
    ),
    Platform(
        "kubernetes", "Kubernetes with ingress-nginx", 60.0, "proxy-read-timeout 60 s without data",
        kill_after=30.0, kill_variable="terminationGracePeriodSeconds", health_timeout=1.0,
        idle_keep_alive=60.0,
        note="Probes: timeoutSeconds 1, periodSeconds 10, failureThreshold 3. Annotation "
        "nginx.ingress.kubernetes.io/proxy-read-timeout changes the limit of a request. "
        "The upstream keep-alive of 60 s is not verified.",
        proof=Proof.PARTLY, source="kubernetes.io, ingress-nginx", seen=_HERE,
    ),
    Platform(
        "vercel", "Vercel Functions", 300.0, "default 300 s; Hobby at most 300 s, Pro 800 s",
        most=800.0, note="The function is ended. A revision of Aug 2026 mentions longer "
        "durations: look again before you rely on 800 s.",
        source="vercel.com/docs", seen="Dec 2025",
    ),
    Platform(
        "heroku", "Heroku", 30.0, "30 s to the first byte (H12), then 55 s without data",
        kill_after=30.0, note="The app is not told that its request was cut off. The 55 s and "
        "the 30 s until SIGKILL are not verified.",
        source="devcenter.heroku.com", seen=_HERE,
    ),
    Platform(
        "lambda", "AWS Lambda", 3.0, "default 3 s, up to 900 s",
        most=900.0, note="A queue's visibility time-out must be at least 6 times the function's.",
        source="docs.aws.amazon.com/lambda", seen=_HERE,
    ),
    Platform(
        "api_gateway", "AWS API Gateway", 29.0, "29 s",
        proof=Proof.PARTLY, note="Some report 30 s.", source="docs.aws.amazon.com", seen=_HERE,
    ),
    Platform(
        "cloudflare", "Cloudflare proxy", 100.0, "100 s, then 524",
        source="community.cloudflare.com", seen=_HERE,
    ),
)  # fmt: skip
BY_KEY = {platform.key: platform for platform in PLATFORMS}

# Variables that a platform sets in every instance, to know it without being told.
MARKS_OF = {
    "RENDER": "render",
    "RAILWAY_REPLICA_ID": "railway",
    "RAILWAY_DEPLOYMENT_DRAINING_SECONDS": "railway",
    "K_SERVICE": "cloud_run",
    "FLY_APP_NAME": "fly",
    "KUBERNETES_SERVICE_HOST": "kubernetes",
    "VERCEL": "vercel",
    "DYNO": "heroku",
    "AWS_LAMBDA_FUNCTION_NAME": "lambda",
}
HOSTS_OF = {
    ".run.app": "cloud_run",
    ".onrender.com": "render",
    ".railway.app": "railway",
    ".fly.dev": "fly",
    ".vercel.app": "vercel",
    ".herokuapp.com": "heroku",
    ".execute-api.": "api_gateway",
    ".lambda-url.": "lambda",
}

# Google Apps Script ends every execution after 6 minutes (custom functions after 30 s): seen.
APPS_SCRIPT_SECONDS = 360.0
# SQS: a message stays hidden for at least 6 times the function's time-out (AWS, cdk-nag): seen.
QUEUE_FACTOR = 6.0


@dataclass(frozen=True, slots=True)
class Server:
    """The defaults of a Python server, seconds."""

    key: str
    name: str
    request: float | None
    graceful: float | None
    keep_alive: float


# Read from the installed packages.
SERVERS = (
    Server("uvicorn", "uvicorn 0.54", None, None, 5.0),
    Server("gunicorn", "gunicorn 27.0.1", 30.0, 30.0, 2.0),
)
SERVER_BY_KEY = {server.key: server for server in SERVERS}


@dataclass(frozen=True, slots=True)
class Library:
    """What a library does where nothing is set."""

    name: str
    limits: str
    retries: str


# Read from the installed packages.
LIBRARIES = (
    Library("httpx 0.28.1", "5 s each for connect, read, write, pool; no total", "none"),
    Library("aiohttp 3.14.5", "total 300 s, connect 30 s", "none"),
    Library("requests 2.34", "none", "none"),
    Library("urllib3 2.8", "none", "not on POST; honours Retry-After for 413, 429, 503"),
    Library("redis-py 8.1", "connect 5 s, socket 5 s", "10, up to 1 s apart: about 60 s"),
    Library("upstash-redis 1.8.0", "none: a hung server blocks for ever", "1, after 3 s"),
    Library("gunicorn 27.0.1", "request 30 s, graceful 30 s, keep-alive 2 s", ""),
    Library("uvicorn 0.54", "no request limit, graceful: waits for ever, keep-alive 5 s", ""),
)
REDIS_PY_RETRIES = 10
REDIS_PY_SECONDS = 5.0
KIT_REDIS_SECONDS = 1.0  # opskit.server.CALL_SECONDS; it never tries again by itself


def platform_of(names: frozenset[str], host: str) -> str:
    """The platform that variables or the host's name give away, `none` where neither does."""
    for mark, key in MARKS_OF.items():
        if mark in names:
            return key
    dotted = f".{host.lower()}"
    return next((key for end, key in HOSTS_OF.items() if end in dotted), "none")
