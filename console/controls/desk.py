"""The desk: every action of an operator goes over it.

It judges the visitor again, writes that the action begins, makes it, writes what came of it, and
goes on watching what shows that it took effect, whether or not the browser is still there. One
event loop in a thread of its own serves all sessions of this process.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from console.access import LOCAL_USER, Visitor, require_operator
from console.activity.chain import Entry
from console.config import Config
from console.controls.following import Followed, Following
from console.controls.gather import once
from console.controls.gather.redis import Switched, Unverified
from console.controls.loop import Loop
from console.controls.model import (
    Mode,
    living,
    present,
)
from console.controls.rules import Approval, Emergency, Rules, Wish, objections
from console.controls.runs import last_run
from console.errors import NotAllowed, Objection
from console.health.check import Service
from console.instances.model import Snapshot
from console.service_redis import ServiceRedisError, url_of
from console.store.controls import ControlRecords
from console.store.journal import Journal, entry

LOOK_SECONDS = 0.25  # between two looks at the heartbeats after a switch


class Desk:
    """The desk of one web process."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._config, self._clock = config, clock
        self.loop = Loop()
        self._made: tuple[Journal, ControlRecords] | None = None
        self._seen: dict[str, Snapshot] = {}
        self._following = Following(self._seen, clock)

    @property
    def journal(self) -> Journal:
        """The activity log."""
        return self._stored()[0]

    @property
    def records(self) -> ControlRecords:
        """Runs, batches, approvals, emergencies."""
        return self._stored()[1]

    @property
    def rules(self) -> Rules:
        """What a switch to live needs."""
        return Rules(second_person=self._config.settings.second_approver)

    def stop(self) -> None:
        """End all that is under way here; what was begun stays in the log."""
        self.loop.stop()
        if self._made is not None:
            for one in self._made:
                one.close()

    def snapshot(self, service: Service) -> Snapshot:
        """How the instances stand now, read from the service's own Redis. Never raises."""
        url = url_of(self._config, service)
        if not url:
            return Snapshot(self._clock(), problem="The console does not know its Redis.")
        found = self._seen[service.name] = self.loop.call(
            once.instances(url, service.name, self._clock())
        )
        return found

    def newer(self, service: str, stored: Snapshot | None) -> Snapshot | None:
        """What the collector stored, or what an action here has read since."""
        seen = self._seen.get(service)
        if seen is None or seen.problem or (stored is not None and stored.at >= seen.at):
            return stored
        return seen

    def unverified(self, service: Service, since: float) -> list[Unverified]:
        """The writes that instances made without Redis since then; empty where none can be read."""
        url = url_of(self._config, service)
        return self.loop.call(once.unverified(url, service.name, since)) if url else []

    def followed(self, service: str) -> Followed | None:
        """The last switch that this process made, and how far it was followed."""
        return self._following.last(service)

    def act(self, visitor: Visitor, kind: str, service: str, **more: str) -> Entry:
        """Judge the visitor and write that an action begins. Raises NotAllowed, StoreError.

        A refusal is written as well: who tried, and why not.
        """
        made = entry(kind, actor=visitor.name, role=visitor.role.value, service=service, **more)
        try:
            require_operator(visitor)
        except NotAllowed as refusal:
            self.journal.note(replace(made, outcome="refused", evidence=str(refusal)))
            raise
        return self.journal.begin(made)

    def note(self, visitor: Visitor, kind: str, service: str, **more: str) -> None:
        """Write an action that is over at once and changes nothing. Raises StoreError."""
        made = entry(kind, actor=visitor.name, role=visitor.role.value, service=service, **more)
        self.journal.note(replace(made, outcome="asked"))

    def switch(self, visitor: Visitor, service: Service, wish: Wish) -> int:
        """Set the mode; the new epoch. Raises NotAllowed, Objection, StoreError, and
        ServiceRedisError where what became of it is not known."""
        now = self._clock()
        snapshot = self.snapshot(service)
        before = present(snapshot)
        begun = self.act(
            visitor,
            "mode",
            service.name,
            reason=wish.reason,
            ticket=wish.ticket,
            before=before.value if before else "",
            after=wish.mode.value,
            target="emergency" if wish.override else "",
        )
        try:
            approval = self._judge(service, wish, snapshot, now)
            switched = self._set(visitor, service, wish, snapshot, now)
        except Objection as objection:
            self.journal.end(begun, "refused", str(objection), after=begun.before)
            raise
        except ServiceRedisError as error:
            self.journal.end(begun, "unknown", f"{error} The mode was read again to find out.")
            raise
        evidence_text = f"epoch {switched.epoch}"
        if approval is not None:
            evidence_text += f", approved by {approval.approved_by}"
            self.records.approvals.keep(service.name, approval.id, replace(approval, used=True))
        if wish.override:
            emergency = Emergency(
                secrets.token_hex(8), service.name, visitor.name, now, wish.reason
            )
            self.records.emergencies.keep(service.name, emergency.id, emergency)
        self.journal.end(begun, "done", evidence_text)
        followed = self._following.begin(service.name, wish.mode, switched.epoch)
        url = url_of(self._config, service)
        self.loop.begin(self._following.follow(url, followed, begun, self.journal))
        return switched.epoch

    def ask_approval(self, visitor: Visitor, service: Service, wish: Wish) -> Approval:
        """Ask a second operator. Raises NotAllowed, StoreError."""
        begun = self.act(
            visitor, "approval", service.name, reason=wish.reason, ticket=wish.ticket, target="live"
        )
        made = Approval(
            secrets.token_hex(8), service.name, wish.epoch, visitor.name, self._clock(),
            wish.reason, wish.ticket,
        )  # fmt: skip
        self.records.approvals.keep(service.name, made.id, made)
        self.journal.end(begun, "asked", made.id)
        return made

    def approve(self, visitor: Visitor, service: Service, id: str) -> None:
        """Give a second operator's word. Raises NotAllowed, Objection, StoreError."""
        begun = self.act(visitor, "approval", service.name, target=id)
        found = self.records.approvals.find(service.name, id)
        reason = ""
        if found is None or found.used:
            reason = "There is no such request any more."
        elif found.asked_by == visitor.name:
            reason = "Two people are needed: who asked cannot approve."
        if found is None or reason:
            self.journal.end(begun, "refused", reason)
            raise Objection(reason)
        given = replace(found, approved_by=visitor.name, approved_at=self._clock())
        self.records.approvals.keep(service.name, id, given)
        self.journal.end(begun, "done", f"asked by {found.asked_by}")

    def review(self, visitor: Visitor, service: Service, id: str) -> None:
        """Mark an emergency as reviewed. Raises NotAllowed, Objection, StoreError."""
        begun = self.act(visitor, "review", service.name, target=id)
        found = self.records.emergencies.find(service.name, id)
        reason = ""
        if found is None:
            reason = "There is no such emergency any more."
        elif found.by == visitor.name != LOCAL_USER:
            reason = "Another operator has to review it: who acted cannot."
        if found is None or reason:
            self.journal.end(begun, "refused", reason)
            raise Objection(reason)
        done = replace(found, reviewed_by=visitor.name, reviewed_at=self._clock())
        self.records.emergencies.keep(service.name, id, done)
        self.journal.end(begun, "done", f"of {found.by}: {found.reason}")

    def _judge(
        self, service: Service, wish: Wish, snapshot: Snapshot, now: float
    ) -> Approval | None:
        """The approval that the switch uses. Raises Objection where it may not be made."""
        runs = self.records.runs.newest(service.name)
        approvals = self.records.approvals
        approval = approvals.find(service.name, wish.approval) if wish.approval else None
        reasons = objections(
            wish, service.name, snapshot, last_run(runs), approval, self.rules, now
        )
        if reasons:
            raise Objection(*reasons)
        return approval if wish.mode is Mode.LIVE and not wish.override else None

    def _set(
        self, visitor: Visitor, service: Service, wish: Wish, snapshot: Snapshot, now: float
    ) -> Switched:
        floor = max([snapshot.epoch, *(one.beat.epoch or 0 for one in living(snapshot))])
        reason = f"{wish.reason} ({wish.ticket})" if wish.ticket else wish.reason
        work = once.switch(
            url_of(self._config, service),
            service.name,
            wish,
            visitor.name,
            reason,
            now + 60 * wish.minutes if wish.minutes else None,
            floor,
        )
        switched = self.loop.call(work)
        if not switched.done:
            after = self.snapshot(service)
            by = after.switch.set_by if after.switch else "somebody"
            raise Objection(
                f"{by or 'Somebody'} was first: the mode is {after.mode.replace('_', ' ')} since "
                f"epoch {switched.epoch}. Look again, and switch again if it is still needed."
            )
        return switched

    def _stored(self) -> tuple[Journal, ControlRecords]:
        if self._made is None:
            url = self._config.store_url
            self._made = Journal(url), ControlRecords(url)
        return self._made
