"""The one who acts on platforms for operators: judges, logs, and begins what it is asked for, once.

It lives in the web process. What was begun goes on whether or not the browser is still there; a
console that is killed meanwhile leaves an action in the log that began and has no end.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from console.access import Visitor, require_operator
from console.config import Config
from console.controls.desk import Desk
from console.controls.rules import APPROVAL_VALID, Approval, Emergency
from console.deployments.act_errand import SEND_SECONDS, Acted, Errand, required, shown
from console.deployments.act_rules import Circumstances, Wish, mends, objections, subject, told
from console.deployments.history import READING_OLD, Snapshot
from console.deployments.load import load
from console.errors import ConsoleError, Objection, PlatformAway, PlatformError
from console.health.check import Service
from console.month_end.rules import frozen
from console.platforms.choose import platform_of
from console.platforms.extras import Rehearses, ShowsExactly
from console.platforms.model import Action, Capability, Request, Scale
from console.store.read import Store

KEY_VARIABLE = "OPS_FINGERPRINT_KEY"  # of the services: fingerprints are those on Settings
ONCE_SECONDS = 600.0  # in which a second click on the same drawn button does nothing
NO_EPOCH = -1  # of an approval that is not for going live
USED = "The second operator's word was used for another action just before: ask again."


class Actor:
    """Acts on the platforms of one web process."""

    def __init__(
        self, config: Config, store: Store, desk: Desk, clock: Callable[[], float] = time.time
    ) -> None:
        self._config, self._store, self._desk, self._clock = config, store, desk, clock
        self._lock = threading.Lock()
        self._acted: dict[str, Acted] = {}
        # Without the services' key a word is good at this console until it is started anew.
        self._key = config.secrets.get(KEY_VARIABLE, "") or secrets.token_hex(32)

    def last(self, service: str) -> Acted | None:
        """The last action of this process on a service."""
        return self._acted.get(service)

    def preview(self, service: Service, action: Action) -> Request:
        """What would be sent. Raises PlatformError, also where the platform does not offer it."""

        async def shown() -> Request:
            async with platform_of(self._config, service) as found:
                platform = required(found)
                if isinstance(platform, ShowsExactly):
                    return await platform.exact(action)
                return platform.preview(action)

        return self._desk.loop.call(shown())

    def rehearse(self, visitor: Visitor, service: Service, action: Action) -> str:
        """What the platform itself says of an action that it only looks at.

        Raises NotAllowed; PlatformError where it would refuse it, or has no such thing.
        """
        require_operator(visitor)

        async def looked() -> str:
            async with platform_of(self._config, service) as found:
                platform = required(found)
                platform.capabilities.require(Capability.DRY_RUN)
                if not isinstance(platform, Rehearses):
                    raise PlatformError("The console has no dry run for this platform.")
                async with asyncio.timeout(SEND_SECONDS):
                    return (await platform.rehearse(action)).text

        try:
            return self._desk.loop.call(looked())
        except TimeoutError:
            raise PlatformAway(f"No answer within {SEND_SECONDS:g} s.") from None

    def circumstances(self, service: Service, action: Action, snapshot: Snapshot) -> Circumstances:
        """What an action meets now. Raises StoreError."""
        now, settings = self._clock(), self._config.settings
        two = self._desk.rules.second_person
        found = self._approval(service, self._subject(action, snapshot), now) if two else None
        return Circumstances(
            frozen(now, settings.closing, settings.zone), two, found is not None,
            stale=bool(snapshot.problem) or now - snapshot.at > READING_OLD,
        )  # fmt: skip

    def ask_approval(self, visitor: Visitor, service: Service, wish: Wish) -> None:
        """Ask a second operator. Raises NotAllowed, Objection, StoreError."""
        snapshot = load(self._store, service.name)
        if snapshot is None:
            raise Objection("Nothing was read of the platform yet.")
        what = self._subject(wish.action, snapshot)
        begun = self._desk.act(visitor, "approval", service.name, reason=wish.reason, target=what)
        made = Approval(
            secrets.token_hex(8), service.name, NO_EPOCH, visitor.name, self._clock(),
            wish.reason, what=what,
        )  # fmt: skip
        self._desk.records.approvals.keep(service.name, made.id, made)
        self._desk.journal.end(begun, "asked", made.id)

    def begin(self, visitor: Visitor, service: Service, wish: Wish) -> None:
        """Act, and return when it is under way.

        Raises NotAllowed, Objection, StoreError; PlatformError where it is not offered.
        """
        snapshot = load(self._store, service.name)
        against = self._against(service, wish, snapshot)
        first = not wish.key or against or not visitor.may_act
        if not first and not self._is_first(service, wish.key):
            return  # the second click of a double click
        about = told(wish.action, snapshot or Snapshot(0.0))
        request = self._request(service, wish.action)
        begun = self._desk.act(
            visitor, about.kind, service.name, target=about.target, reason=wish.reason,
            before=about.before, after=about.after, evidence=shown(request),
        )  # fmt: skip
        try:
            if against or snapshot is None:
                raise Objection(*against)
            made = Acted(about.kind, about.target, request, self._clock())
            self._take(service.name, made)
            try:
                self._use_up(visitor, service, wish, snapshot)
            except ConsoleError as error:
                self._note(service, replace(made, problem=str(error), ended=True))
                raise
        except Objection as objection:
            self._desk.journal.end(begun, "refused", str(objection), after=begun.before)
            raise
        note = partial(self._note, service)
        errand = Errand(self._config, self._desk.journal, service, wish.action, begun, note)
        self._desk.loop.begin(errand.run(made))

    def against(self, service: Service, wish: Wish) -> list[str]:
        """Why it may not be made now. Raises StoreError."""
        return self._against(service, wish, load(self._store, service.name))

    def _against(self, service: Service, wish: Wish, snapshot: Snapshot | None) -> list[str]:
        met = Circumstances()
        if snapshot is not None:
            met = self.circumstances(service, wish.action, snapshot)
        return objections(wish, service.name, snapshot, met)

    def _is_first(self, service: Service, key: str) -> bool:
        return self._store.claim(service.name, f"action:{key}", ONCE_SECONDS)

    def _request(self, service: Service, action: Action) -> Request:
        try:
            return self.preview(service, action)
        except PlatformError as error:
            return Request(str(error))  # refused below, by the same reason

    def _use_up(self, visitor: Visitor, service: Service, wish: Wish, snapshot: Snapshot) -> None:
        """Take note of what let it pass: a second person's word, or an emergency.

        Raises StoreError; Objection where another console used that word up just before.
        """
        met = self.circumstances(service, wish.action, snapshot)
        if not met.second_person or isinstance(wish.action, Scale):
            return
        if mends(wish.action, snapshot, stale=met.stale):
            return
        now, records = self._clock(), self._desk.records
        approval = self._approval(service, self._subject(wish.action, snapshot), now)
        if approval is not None:
            if not self._store.claim(service.name, f"approval:{approval.id}", APPROVAL_VALID):
                raise Objection(USED)
            records.approvals.keep(service.name, approval.id, replace(approval, used=True))
        elif not wish.override:
            raise Objection(USED)
        else:
            made = Emergency(secrets.token_hex(8), service.name, visitor.name, now, wish.reason)
            records.emergencies.keep(service.name, made.id, made)

    def _subject(self, action: Action, snapshot: Snapshot) -> str:
        return subject(action, snapshot, self._key)

    def _approval(self, service: Service, what: str, now: float) -> Approval | None:
        every = self._desk.records.approvals.newest(service.name)
        return next((one for one in every if one.covers(what, now)), None)

    def _take(self, service: str, made: Acted) -> None:
        with self._lock:
            last = self._acted.get(service)
            if last is not None and not last.ended:
                raise Objection("Another action is under way: wait until it is done.")
            self._acted[service] = made

    def _note(self, service: Service, made: Acted) -> Acted:
        self._acted[service.name] = made
        return made
