"""What may stand against a switch of the mode: confirmation, a test run, a second person. Pure.

Care is asymmetric: toward safety is one click, toward live is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console.controls.model import Mode, living
from console.instances.model import Snapshot

RUN_VALID = 24 * 3600.0  # seconds for which a passed single-item run lets the service go live
APPROVAL_VALID = 1800.0  # seconds
REASON_LEAST = 10  # characters of the reason of an override
REASON_LIMIT, TICKET_LIMIT = 300, 60  # characters
NOT_COMPARABLE = "not comparable"  # the fingerprint without OPS_FINGERPRINT_KEY


@dataclass(frozen=True, slots=True)
class Wish:
    """A switch as an operator asks for it."""

    mode: Mode
    epoch: int  # that the operator saw
    reason: str = ""
    ticket: str = ""
    minutes: int | None = None  # after which it ends by itself, toward safety
    typed: str = ""  # confirmation of a switch to live
    approval: str = ""  # id
    override: bool = False  # emergency: without the run and the second person


@dataclass(frozen=True, slots=True)
class Approval:
    """A second operator's word for one switch to live."""

    id: str
    service: str
    epoch: int  # that it is for
    asked_by: str
    at: float  # when it was asked for, Unix seconds
    reason: str = ""
    ticket: str = ""
    approved_by: str = ""
    approved_at: float | None = None
    used: bool = False
    what: str = ""  # that it is for, where that is not a switch to live: `rollback to a1b2c3d`

    def holds(self, now: float, epoch: int) -> bool:
        """Whether it lets a switch from this epoch pass now."""
        return not self.what and self.epoch == epoch and self._is_good(now)

    def covers(self, what: str, now: float) -> bool:
        """Whether it lets this action pass now."""
        return bool(what) and self.what == what and self._is_good(now)

    def _is_good(self, now: float) -> bool:
        given = bool(self.approved_by) and not self.used
        return given and now - (self.approved_at or 0.0) <= APPROVAL_VALID


@dataclass(frozen=True, slots=True)
class Emergency:
    """A switch to live past the rules; it stays marked until somebody has reviewed it."""

    id: str
    service: str
    by: str
    at: float  # Unix seconds
    reason: str
    reviewed_by: str = ""
    reviewed_at: float | None = None


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last single-item run, as far as a switch to live cares."""

    at: float
    passed: bool
    fingerprint: str  # of the settings of the instances then


@dataclass(frozen=True, slots=True)
class Rules:
    """What a switch to live needs beside its confirmation."""

    tested: bool = True
    second_person: bool = False


def end_mode(mode: Mode) -> Mode:
    """What a mode with an end time becomes: never more than it permits itself."""
    return Mode.PAUSED if mode is not Mode.LIVE else Mode.DRY_RUN


def objections(
    wish: Wish,
    service: str,
    snapshot: Snapshot | None,
    tested: LastRun | None,
    approval: Approval | None,
    rules: Rules,
    now: float,
) -> list[str]:
    """Why a switch may not be made: sentences with what to do. Empty where it may."""
    found: list[str] = []
    if snapshot is None or snapshot.problem:
        return [
            f"The service's Redis cannot be read. {snapshot.problem if snapshot else ''}".strip()
        ]
    if len(wish.reason) > REASON_LIMIT or len(wish.ticket) > TICKET_LIMIT:
        found.append(f"The reason may have {REASON_LIMIT} characters, the ticket {TICKET_LIMIT}.")
    if wish.mode is not Mode.LIVE:
        return found  # nothing is written in either: one click
    if wish.typed.strip() != service:
        found.append(f"Type the name of the service, {service}, to confirm.")
    if wish.override:
        if len(wish.reason.strip()) < REASON_LEAST:
            found.append(f"An emergency needs a reason of at least {REASON_LEAST} characters.")
        return found
    if rules.tested:
        found += _untested(tested, snapshot, now)
    if rules.second_person and (approval is None or not approval.holds(now, wish.epoch)):
        found.append("A second operator has to approve this switch, within the last 30 minutes.")
    return found


def _untested(tested: LastRun | None, snapshot: Snapshot, now: float) -> Sequence[str]:
    if tested is None or now - tested.at > RUN_VALID:
        return ["No single-item run in the last 24 h: run one item first, dry or live."]
    if not tested.passed:
        return ["The last single-item run did not pass: run one that passes first."]
    prints = {one.beat.settings for one in living(snapshot)}
    if prints == {tested.fingerprint} and tested.fingerprint not in ("", NOT_COMPARABLE):
        return []
    if prints <= {"", NOT_COMPARABLE}:
        started = [one.beat.started_at for one in living(snapshot)]
        if all(at is not None and at <= tested.at for at in started):
            return []  # no process began since: its settings are those of the run
        return ["Instances were started since the last single-item run: run one item first."]
    return ["The settings differ from those of the last single-item run: run one item first."]
