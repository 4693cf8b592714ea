"""Why a workflow failed at GitHub: the end of the log of the job that did.

GitHub answers with an address on another host that holds for a minute; the token is not sent there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from console.errors import PlatformMissing, PlatformRefused
from console.platforms.api import Api
from console.platforms.download import end_of
from console.platforms.json_fields import fields, items, text_of, whole

FAILED = ("failure", "timed_out", "startup_failure")
LENGTH = 3500  # characters of the log: what follows the error is tidying up
_TIME = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ERROR = "##[error]"


async def job_log(api: Api, path: str, commit: str, *, plain: bool) -> str:
    """The end of the log of the first job that failed for a commit; empty where none did.

    Where the token may not read it, or GitHub keeps it no longer, that is the text. Raises
    PlatformError for what may go better the next time.
    """
    try:
        asked = {"head_sha": commit, "per_page": 100}
        told = fields(await api.get(f"{path}/actions/runs", asked))
        run = _first_failed(items(told.get("workflow_runs"), api.platform))
        if run is None:
            return ""
        asked = {"filter": "latest", "per_page": 100}
        told = fields(await api.get(f"{path}/actions/runs/{run['id']}/jobs", asked))
        job = _first_failed(items(told.get("jobs"), api.platform))
        if job is None:
            return ""
        title = f"{text_of(run.get('name'), 80)}, job {text_of(job.get('name'), 80)}"
        try:
            address = await api.leads_to(f"{path}/actions/jobs/{job['id']}/logs")
            text = await end_of(api.platform, address, plain=plain)
        except (PlatformRefused, PlatformMissing) as error:
            return f"{title}: its log cannot be read. {error} {text_of(job.get('html_url'))}"
    except (PlatformRefused, PlatformMissing) as error:
        return f"The log of the workflow cannot be read. {error}"
    return f"{title}:\n{ending(text)}"


def ending(text: str) -> str:
    """The last lines up to the last error, without times and colours."""
    text = _COLOUR.sub("", _TIME.sub("", text))
    place = text.rfind(_ERROR)
    if place >= 0:
        end = text.find("\n", place)
        text = text if end < 0 else text[:end]
    return text[-LENGTH:].strip()


def _first_failed(told: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    found = [one for one in told if one.get("conclusion") in FAILED]
    return next((one for one in found if whole(one.get("id")) is not None), None)
