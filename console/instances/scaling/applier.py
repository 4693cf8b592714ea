"""Applies a recommendation: by hand for an operator, or by the schedule where that is set.

It lives in the web process, beside what can scale (the sample's supervisor runs there), and reads
everything else from the store. Every application is an action of the activity log: begun before
anything changes, ended with what the heartbeats show. Of several consoles on one store only one
applies the schedule.
"""

import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from console.access import Visitor
from console.activity.chain import Entry
from console.config import Config
from console.controls.desk import Desk
from console.errors import ConsoleError, Objection
from console.health.check import Service
from console.instances.scaling.advice import advise, plan_of
from console.instances.scaling.applied import (
    CONFIRM_SECONDS,
    Applied,
    alive,
    evidence,
    objections,
)
from console.instances.scaling.asking import read_range, running, shown
from console.instances.scaling.load import (
    SCALED,
    Long,
    encode_change,
    load,
    load_long,
    rules_of,
)
from console.instances.scaling.measured import Change
from console.instances.scaling.model import Decision
from console.instances.scaling.scaler import Range, Scaler, ScalingError
from console.store.journal import entry
from console.store.read import Store

APPLY_SECONDS = 30.0  # between two looks of the schedule; KEDA polls as often
BILLED_SECONDS = 300.0  # where the store bills commands: about 25 of them a look, 7,000 a day
CLAIM_LOOKS = 3  # missed, after which another console takes the schedule over
LONG_SECONDS = 600.0  # between two readings of past days
LOOK_SECONDS = 1.0  # between two looks at the heartbeats
ASK_SECONDS = 5.0  # between two questions to a platform, where no heartbeat tells
STOP_SECONDS = 10.0  # that an end waits for the look under way
KIND = "scaling"  # of the entries in the activity log
SCHEDULE = "schedule"  # who acts there


class Applier:
    """Scales the services of one web process that can be scaled."""

    def __init__(
        self,
        config: Config,
        store: Store,
        desk: Desk,
        scalers: Mapping[str, Scaler],
        clock: Callable[[], float] = time.time,
        reasons: Mapping[str, str] | None = None,
    ) -> None:
        self._reasons = dict(reasons or {})
        self._config, self._store, self._desk = config, store, desk
        self._scalers, self._clock = dict(scalers), clock
        self._owner = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._applied: dict[str, Applied] = {}
        self._long: dict[str, tuple[float, Long]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scaling", daemon=True)

    @property
    def scheduled(self) -> bool:
        """Whether recommendations are applied by themselves."""
        return self._config.settings.scaling == "schedule"

    @property
    def interval(self) -> float:
        """Seconds between two looks of the schedule."""
        return BILLED_SECONDS if self._store.profile.name == "economy" else APPLY_SECONDS

    def scaler(self, service: str) -> Scaler | None:
        """What scales a service; None where the console cannot."""
        return self._scalers.get(service)

    def why_not(self, service: str) -> str:
        """Why the platform of a service cannot scale it; empty where it can, or where it has
        none."""
        return self._reasons.get(service, "")

    def applied(self, service: str) -> Applied | None:
        """The last application of this process."""
        return self._applied.get(service)

    def start(self) -> None:
        """Apply by the schedule from now on, where that is set."""
        if self.scheduled and self._scalers:
            self._thread.start()

    def stop(self) -> None:
        """End; an application under way is ended by its own limit."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def by_hand(self, visitor: Visitor, service: Service, wanted: int, reason: str) -> None:
        """Scale as an operator says; returns when it is under way.

        Raises NotAllowed, Objection, StoreError.
        """
        scaler = self._scalers.get(service.name)
        before = read_range(scaler)
        begun = self._desk.act(
            visitor, KIND, service.name, reason=reason, before=str(before.least) if before else "",
            after=str(wanted), target=scaler.title if scaler else "",
            evidence=shown(scaler, wanted),
        )  # fmt: skip
        snapshot = self._desk.snapshot(service)
        reasons = objections(
            wanted, snapshot, self._config.settings, scaler, before.least if before else None
        )
        if scaler is None or reasons:
            self._desk.journal.end(begun, "refused", " ".join(reasons), after=begun.before)
            raise Objection(*reasons)
        if not self._begin(service, before, wanted):
            text = "Another change of the instances is under way: wait until it is done."
            self._desk.journal.end(begun, "refused", text, after=begun.before)
            raise Objection(text)
        work = threading.Thread(
            target=self._carry_out, args=(service, scaler, begun, wanted), daemon=True
        )
        work.start()

    def tick(self, service: Service, now: float) -> Decision | None:
        """One look of the schedule at a service. Returns what was decided; None while another
        console has the schedule. Raises ConsoleError."""
        scaler = self._scalers[service.name]
        claim = CLAIM_LOOKS * self.interval + CONFIRM_SECONDS
        if not self._store.claim_scaling(service.name, self._owner, claim):
            return None
        known = load(self._store, service.name, now)
        zone, settings = self._config.settings.zone, self._config.settings
        long = self._long_of(service.name, now)
        rules = rules_of(settings, known, scaler.limits)
        plan = plan_of(long, rules, zone, now, closing=settings.closing)
        decision = advise(known, plan, settings, now, zone, scaler.limits).decision
        before = scaler.read()
        wanted = decision.next
        if wanted is None or decision.steady or wanted == before.least:
            return decision  # nothing to do, or asked for already and not here yet
        made = entry(
            KIND, actor=SCHEDULE, role="console", service=service.name, before=str(before.least),
            after=str(wanted), target=scaler.title, reason=decision.why,
            evidence=shown(scaler, wanted),
        )  # fmt: skip
        if self._begin(service, before, wanted):
            try:
                begun = self._desk.journal.begin(made)
            except ConsoleError as error:  # what is not in the log is not done
                applied = self._applied[service.name]
                self._applied[service.name] = replace(applied, problem=str(error), ended=True)
                raise
            self._carry_out(service, scaler, begun, wanted)
        return decision

    def _run(self) -> None:
        said = ""
        services = [one for one in self._config.services if one.name in self._scalers]
        while not self._stopped.wait(self.interval):
            for service in services:
                try:
                    self.tick(service, self._clock())
                except ConsoleError as error:  # tried again at the next look
                    if str(error) != said:
                        said = str(error)
                        print(f"Scaling {service.name}: {error}", file=sys.stderr, flush=True)
                except Exception as error:  # noqa: BLE001  the border of the thread: it goes on
                    print(f"Scaling {service.name} failed: {error!r}", file=sys.stderr, flush=True)

    def _long_of(self, service: str, now: float) -> Long:
        at, long = self._long.get(service, (float("-inf"), None))
        if long is None or not 0 <= now - at < LONG_SECONDS:
            long = load_long(self._store, service, self._config.settings.zone, now)
            self._long[service] = (now, long)
        return long

    def _begin(self, service: Service, before: Range | None, wanted: int) -> bool:
        """Note that an application begins; False while one is under way."""
        with self._lock:
            last = self._applied.get(service.name)
            if last is not None and not last.ended:
                return False
            made = Applied(before.least if before else 0, wanted, self._clock())
            self._applied[service.name] = made
            return True

    def _carry_out(self, service: Service, scaler: Scaler, begun: Entry, wanted: int) -> None:
        """Scale, watch the heartbeats, and write what came of it."""
        name = service.name
        applied = self._applied[name]
        outcome, told = "failed", "It broke off."
        try:
            scaler.apply(Range(wanted, scaler.limits.most))
            change = Change(self._clock(), applied.before, wanted)
            self._store.keep_found(name, SCALED, encode_change(change))
            applied = self._watch(service, scaler, applied)
            if applied.done and wanted > applied.before:
                took = round(max(0.0, self._clock() - applied.at), 1)
                self._store.keep_found(name, SCALED, encode_change(replace(change, took=took)))
            outcome, told = "done" if applied.done else "unknown", evidence(applied)
        except ConsoleError as error:
            applied = replace(applied, problem=str(error))
            outcome = "failed" if isinstance(error, ScalingError) else "unknown"
            told = str(error)
        finally:
            self._applied[name] = replace(applied, ended=True)
        try:
            self._desk.journal.end(begun, outcome, told)
        except ConsoleError as error:  # the log then says that the end is not known
            print(f"Scaling {name} is not in the log: {error}", file=sys.stderr, flush=True)

    def _watch(self, service: Service, scaler: Scaler, applied: Applied) -> Applied:
        """Look until so many run as were asked for, or the time for it is over: at the heartbeats;
        where there is none, at what the platform says."""
        end = time.monotonic() + CONFIRM_SECONDS
        while True:
            snapshot = self._desk.snapshot(service)
            heard = None if snapshot.problem else alive(snapshot)
            problem, by, pause = snapshot.problem, "", LOOK_SECONDS
            if snapshot.problem or not snapshot.heard:
                told = running(scaler)
                if told is not None:
                    heard, problem, by, pause = told, "", scaler.title, ASK_SECONDS
            done = heard == applied.after
            applied = replace(applied, heard=heard, done=done, problem=problem, by=by)
            self._applied[service.name] = applied
            if done or time.monotonic() >= end or self._stopped.wait(pause):
                return applied
