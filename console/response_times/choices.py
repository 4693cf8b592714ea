"""Which series a page can show, grouped by what they measure. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.health.check import Service
from console.store.series import SeriesId

CHECK = "check"

# Every kind in its order: what a group of them is called, and one of them.
KINDS = {
    CHECK: ("Checks", "check"),
    "route": ("Routes", "route"),
    "api": ("External APIs", "external API"),
    "instance": ("Instances", "instance"),
    "item": ("Items", "item"),
}


# Kinds that count or measure something else; their pages show them.
NO_TIMES = frozenset({"count", "gauge", "command"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One series and what a page calls it; the label is text from outside."""

    series: SeriesId
    label: str


def kind_name(kind: str) -> str:
    """`Checks`, `Routes`; a kind of a later version is called by its own name."""
    return KINDS[kind][0] if kind in KINDS else kind.replace("_", " ").capitalize()


def kind_word(kind: str) -> str:
    """`check`, `external API`."""
    return KINDS[kind][1] if kind in KINDS else kind.replace("_", " ")


def choices(service: Service, stored: Iterable[SeriesId]) -> dict[str, list[Choice]]:
    """What can be shown, by kind: the checks as configured, then what else has history.

    A check that is not configured any more keeps its history and is offered last.
    """
    found: dict[str, list[Choice]] = {CHECK: _configured(service)}
    known = {choice.series for choice in found[CHECK]}
    for series in stored:
        if series.kind in NO_TIMES:
            continue
        whole = SeriesId(series.kind, series.name)
        if whole in known:
            continue
        known.add(whole)
        gone = " (not configured any more)" if series.kind == CHECK else ""
        found.setdefault(series.kind, []).append(Choice(whole, f"{series.name}{gone}"))
    order = {kind: place for place, kind in enumerate(KINDS)}
    kinds = sorted(found, key=lambda kind: (order.get(kind, len(order)), kind))
    return {kind: found[kind] for kind in kinds if found[kind]}


def find(offered: dict[str, list[Choice]], wanted: Sequence[str | None]) -> Choice | None:
    """The first of the wanted series (as text) that is offered, else the first of all."""
    by_text = {str(choice.series): choice for group in offered.values() for choice in group}
    for text in wanted:
        if text in by_text:
            return by_text[text]
    return next(iter(by_text.values()), None)


def _configured(service: Service) -> list[Choice]:
    """The checks of a service; those with the same title are told apart by their names."""
    labels = Counter(check.label for check in service.checks)
    return [
        Choice(
            SeriesId(CHECK, check.name),
            check.label if labels[check.label] == 1 else f"{check.label} ({check.name})",
        )
        for check in service.checks
    ]
