"""What pods and their containers tell: why they do not run, their variables, their log. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from console.platforms.json_fields import fields, objects, text_of, whole

Told = Mapping[str, Any]
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_WORDS = {
    "ImagePullBackOff": "its image cannot be pulled",
    "ErrImagePull": "its image cannot be pulled",
    "InvalidImageName": "its image has no valid name",
    "CreateContainerConfigError": "its configuration is not complete",
    "CreateContainerError": "its container cannot be created",
    "RunContainerError": "its container cannot be started",
    "OOMKilled": "it ran out of memory",
    "Evicted": "it was evicted from its machine",
}
_FINE = {"ContainerCreating", "PodInitializing", "Completed"}  # reasons of what goes well


def main_container(template: Told) -> Told:
    """The container of a pod template that is the service: the named one, else the first."""
    annotations = fields(fields(template.get("metadata")).get("annotations"))
    listed = objects(fields(template.get("spec")).get("containers"))
    named = [one for one in listed if one.get("name") == annotations.get(DEFAULT_CONTAINER)]
    return (named or listed or [{}])[0]


def variables_of(container: Told) -> list[tuple[str, bool]]:
    """The names of its variables; whether another object holds the value. Never a value."""
    return [
        (name, one.get("valueFrom") is not None)
        for one in objects(container.get("env"))
        if (name := text_of(one.get("name")))
    ]


def sources_of(container: Told) -> list[tuple[str, str, str]]:
    """Where further variables come from: kind, name and prefix."""
    found: list[tuple[str, str, str]] = []
    for one in objects(container.get("envFrom")):
        prefix = text_of(one.get("prefix"))
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if name := text_of(fields(one.get(key)).get("name")):
                found.append((kind, name, prefix))
    return found


def keys_of(told: Told) -> list[str] | None:
    """The keys of a ConfigMap or Secret by who wrote what, without any value; `None` where the API
    server does not keep that."""
    entries = objects(fields(told.get("metadata")).get("managedFields"))
    if not entries:
        return None
    found: set[str] = set()
    for one in entries:
        written = fields(one.get("fieldsV1"))
        for part in ("f:data", "f:stringData", "f:binaryData"):
            found |= {key[2:] for key in fields(written.get(part)) if key.startswith("f:")}
    return sorted(found)


def trouble_of(pods: Iterable[Told]) -> str:
    """Why a pod does not run, one sentence; of the first that tells."""
    for pod in pods:
        name = text_of(fields(pod.get("metadata")).get("name"))
        why = _why(pod)
        if name and why:
            return f"{name}: {why}."
    return ""


def worst_of(pods: Iterable[Told]) -> Told | None:
    """The pod whose log tells most: one in trouble, else one that is not ready, else any."""
    listed = list(pods)

    def rank(pod: Told) -> tuple[int, int]:
        restarts = max((whole(one.get("restartCount")) or 0 for one in _statuses(pod)), default=0)
        return 2 if _why(pod) else 0 if _ready(pod) else 1, restarts

    return max(listed, key=rank, default=None)


def asks_previous(pod: Told, container: str) -> bool:
    """Whether the log of interest is that of the run before: this one has only begun."""
    for one in _statuses(pod):
        if one.get("name") == container:
            ended = fields(fields(one.get("lastState")).get("terminated"))
            return bool(ended) and not fields(fields(one.get("state")).get("terminated"))
    return False


def failing_container(pod: Told) -> str:
    """The container in trouble, else the main one."""
    spec = fields(pod.get("spec"))
    for one in _statuses(pod):
        if _status_why(one):
            return text_of(one.get("name"))
    return text_of(main_container({"metadata": pod.get("metadata"), "spec": spec}).get("name"))


def state_lines(pod: Told) -> list[str]:
    """The state of each container, one line each, as the platform tells it."""
    lines: list[str] = []
    for one in _statuses(pod):
        for kind in ("state", "lastState"):
            for word, details in fields(one.get(kind)).items():
                told = fields(details)
                code = whole(told.get("exitCode"))
                parts = [
                    text_of(told.get("reason")),
                    "" if code is None else f"exit code {code}",
                    text_of(told.get("message")),
                ]
                said = ", ".join(part for part in parts if part)
                if said:
                    before = "before: " if kind == "lastState" else ""
                    lines.append(f"{text_of(one.get('name'))}: {before}{word}: {said}")
    return lines


def event_lines(events: Iterable[Told]) -> list[str]:
    """Warnings of the cluster about one object, in the order of their times."""
    lines: list[tuple[str, str]] = []
    for one in events:
        if one.get("type") == "Warning":
            at = text_of(one.get("lastTimestamp")) or text_of(one.get("eventTime"))
            lines.append((at, f"{at} {text_of(one.get('reason'))}: {text_of(one.get('message'))}"))
    return [line for _, line in sorted(lines)]


def _why(pod: Told) -> str:
    for one in _statuses(pod):
        if why := _status_why(one):
            return why
    status = fields(pod.get("status"))
    for one in objects(status.get("conditions")):
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            said = text_of(one.get("message"), 200).strip().rstrip(".")
            return f"no machine takes it: {said}" if said else "no machine takes it"
    reason = text_of(status.get("reason"))
    return _WORDS.get(reason, reason)


def _status_why(status: Told) -> str:
    """What is wrong with one container; empty where nothing is."""
    state, last = fields(status.get("state")), fields(status.get("lastState"))
    waiting = fields(state.get("waiting"))
    reason = text_of(waiting.get("reason"))
    for ended in (fields(state.get("terminated")), fields(last.get("terminated"))):
        code = whole(ended.get("exitCode"))
        why = text_of(ended.get("reason"))
        if why in _WORDS:
            return _WORDS[why]
        if code and status.get("ready") is not True:
            return f"it ended with code {code}"
    if not reason or reason in _FINE:
        return ""
    said = text_of(waiting.get("message"), 200).strip().rstrip(".")
    word = _WORDS.get(reason, reason)
    return f"{word}: {said}" if said else word


def _ready(pod: Told) -> bool:
    statuses = _statuses(pod)
    return bool(statuses) and all(one.get("ready") is True for one in statuses)


def _statuses(pod: Told) -> list[Told]:
    status = fields(pod.get("status"))
    first = objects(status.get("initContainerStatuses"))
    return [
        *(one for one in first if _status_why(one)),
        *objects(status.get("containerStatuses")),
    ]
