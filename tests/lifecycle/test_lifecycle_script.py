"""The other ways to run it: as a plain script, which many hosts do, and by Python alone."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests import plain_http
from tests.console_process import ROOT, START_LIMIT
from tests.lifecycle.conftest import Make
from tests.processes import wait_until
from tests.visiting import visit

VISITORS = 4

# A host that does not look for an app in the file runs it for every visitor. The arguments are
# those of `streamlit run`: --server.address, its value, --server.port, its value.
PLAIN = """
import sys
from streamlit.web import bootstrap
bootstrap.load_config_options({"server_address": sys.argv[2], "server_port": int(sys.argv[4])})
bootstrap.run("streamlit_app.py", False, [], {})
"""


@pytest.mark.parametrize(
    "script", [("-c", PLAIN), ("-m", "streamlit", "run", "console/ui/main.py")], ids=["app", "ui"]
)
def test_as_a_plain_script_the_first_visitors_start_one_runtime(make: Make, script: tuple[str]):
    console = make()
    console.script = script
    console.launch()

    def serves() -> bool:
        try:
            return plain_http.get(f"{console.url}/_stcore/health", timeout=5).text == "ok"
        except httpx.HTTPError:
            return False

    wait_until(serves, START_LIMIT, console.told)
    assert console.pids("console.collector") == [], "nobody has come yet"
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = list(pool.map(visit, [console.url] * VISITORS))
    assert all("Overview" in seen for seen in visits)
    assert len(console.pids("console.collector")) == 1
    wait_until(lambda: "All 6 checks pass" in visit(console.url), START_LIMIT, console.told)
    console.stop()
    assert console.processes() == {}
    assert list(console.data.rglob("*.sock")) == []
    assert "Traceback" not in console.told()


def test_python_alone_runs_the_whole_console(make: Make):
    console = make()
    (console.directory / ".streamlit").mkdir()  # its port can be set nowhere else
    options = f'[server]\nheadless = true\naddress = "localhost"\nport = {console.port}\n'
    (console.directory / ".streamlit" / "config.toml").write_text(options)
    console.root = console.directory
    console.script = (str(ROOT / "streamlit_app.py"),)
    console.start()
    assert "Overview" in visit(console.url)
    console.stop()
    assert console.processes() == {}
