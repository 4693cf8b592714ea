"""What takes several reads of Kubernetes: the names of variables, and the log of a pod."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from console.errors import PlatformError, PlatformLimited, PlatformMissing, PlatformRefused
from console.platforms.extras import RuntimeLine
from console.platforms.json_fields import fields, text_of
from console.platforms.kubernetes.api import KubernetesApi, or_nothing
from console.platforms.kubernetes.changes import Paths
from console.platforms.kubernetes.pods import (
    asks_previous,
    event_lines,
    failing_container,
    keys_of,
    sources_of,
    state_lines,
    variables_of,
)
from console.platforms.kubernetes.words import Told
from console.platforms.model import Names
from console.platforms.times import time_of

LOG_LINES = 100
MOST_PODS = 10  # whose lines are read at one look
# Without any value: who may read a Secret is sent all of it else.
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


async def names_of(api: KubernetesApi, paths: Paths, container: Told) -> Names:
    """The names of a container's variables. Of ConfigMaps and Secrets only their metadata is read,
    which holds no value; those that may not be read are in `unread`."""
    found, unread = {name for name, _ in variables_of(container)}, list[str]()
    for kind, name, prefix in sources_of(container):
        path = f"{paths.core}/{kind.lower()}s/{quote(name, safe='')}"
        try:
            keys = keys_of(await api.get(path, accept=METADATA_ONLY))
        except PlatformRefused:
            keys = None
        except PlatformMissing:
            keys = []  # it is optional
        if keys is None:
            unread.append(f"{kind} {name}")
        found |= {f"{prefix}{key}" for key in keys or ()}
    return Names(sorted(found), unread)


async def log_of(api: KubernetesApi, paths: Paths, pod: Told) -> str:
    """The states, the warnings and the last lines of a pod."""
    name = text_of(fields(pod.get("metadata")).get("name"))
    asked = {"fieldSelector": f"involvedObject.name={name},type=Warning"}
    events = await or_nothing(api.every(f"{paths.core}/events", asked))
    lines = [f"Pod {name}", *state_lines(pod), *event_lines(events)]
    return "\n".join([*lines, await _container_log(api, paths, pod, name)]).rstrip()


async def lines_of_pods(
    api: KubernetesApi, paths: Paths, pods: Sequence[Told], container: str, seconds: int, limit: int
) -> list[RuntimeLine]:
    """What a container of these pods wrote in the last seconds, pod by pod. A pod that has no log
    yet has no lines. Raises PlatformError where no pod's log can be read."""
    found: list[RuntimeLine] = []
    problem: PlatformError | None = None
    read = 0
    for pod in pods[:MOST_PODS]:
        name = text_of(fields(pod.get("metadata")).get("name"))
        asked = {
            "container": container,
            "sinceSeconds": max(1, seconds),
            "tailLines": max(1, limit // len(pods[:MOST_PODS])),
            "timestamps": "true",
        }
        try:
            text = await api.text(f"{paths.core}/pods/{quote(name, safe='')}/log", asked)
        except PlatformLimited:
            raise
        except PlatformError as error:
            problem = error
            continue
        read += 1
        for line in text.splitlines():
            at, _, rest = line.partition(" ")
            found.append(RuntimeLine(rest, time_of(at), name, at))
    if problem is not None and not read:
        raise problem
    return found


async def _container_log(api: KubernetesApi, paths: Paths, pod: Told, name: str) -> str:
    """The last lines of the container in trouble, of the run before where that ended."""
    container = failing_container(pod)
    path = f"{paths.core}/pods/{quote(name, safe='')}/log"
    asked: dict[str, Any] = {"container": container, "tailLines": LOG_LINES, "timestamps": "true"}
    tries = [{**asked, "previous": "true"}] if asks_previous(pod, container) else []
    problem = ""
    for one in (*tries, asked):
        try:
            return await api.text(path, one)
        except PlatformLimited:
            raise
        except PlatformError as error:
            problem = str(error)  # it has written nothing yet, or the run before is gone
    return f"The log of {container} cannot be read. {problem}"
