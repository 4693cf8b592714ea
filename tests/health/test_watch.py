from datetime import UTC

import pytest

from console.alerts.model import Acknowledgement, Phase
from console.health.check import Check, Maintenance, Service
from console.health.model import CheckState, Outcome, Result, Status
from console.health.state import RECENT
from console.health.watch import News, Watch

START = 1_790_000_000.0 - 1_790_000_000.0 % 3600
INTERVAL = 10.0


def service(*checks: Check, **more: object) -> Service:
    return Service.model_validate({"name": "billing", "checks": checks, **more})


def check(name: str, **more: object) -> Check:
    fields = {"name": name, "url": "http://billing.example", "interval": INTERVAL, **more}
    return Check.model_validate(fields)


def result(name: str, at: float, status: Status = Status.PASS, **more: object) -> Result:
    outcome = Outcome.CONDITION if status is Status.FAIL else Outcome.OK
    fields = {"outcome": outcome, "message": f"{status} at {at:.0f}", "duration": 0.1, **more}
    return Result(check=name, at=at, status=status, **fields)  # type: ignore[arg-type]


@pytest.fixture
def watch() -> Watch:
    return Watch(service(check("api", objective=0.99)), UTC)


def feed(watch: Watch, name: str, *statuses: Status, start: float = START) -> list[News]:
    return [
        watch.take(result(name, start + step * INTERVAL, status))
        for step, status in enumerate(statuses)
    ]


PASS, FAIL, WARN, UNKNOWN = Status.PASS, Status.FAIL, Status.WARN, Status.UNKNOWN


def test_before_the_first_result_nothing_is_known(watch: Watch):
    assert watch.states["api"].status is UNKNOWN


def test_a_first_pass_is_shown_at_once_and_a_first_failure_is_not_yet_a_fail(watch: Watch):
    feed(watch, "api", FAIL)
    assert watch.states["api"].status is UNKNOWN
    feed(watch, "api", PASS, start=START + 10)
    assert watch.states["api"].status is PASS


def test_the_status_flips_at_the_threshold_with_one_incident_since_the_first_failure(watch: Watch):
    news = feed(watch, "api", PASS, FAIL, FAIL, FAIL, FAIL)
    state = watch.states["api"]
    assert [len(n.events) for n in news] == [0, 0, 0, 1, 0]
    assert [n.flipped for n in news] == [True, False, False, True, False]
    assert state.status is FAIL
    assert state.incident is not None
    assert state.incident.started_at == START + 10


def test_while_failures_are_pending_the_reason_says_how_many(watch: Watch):
    feed(watch, "api", PASS, FAIL, FAIL)
    assert watch.states["api"].status is PASS
    assert watch.states["api"].reason.startswith("2 of 3 failures in a row")


def test_an_incident_ends_after_two_good_results_and_its_duration_is_remembered(watch: Watch):
    news = feed(watch, "api", FAIL, FAIL, FAIL, PASS, PASS)
    assert watch.states["api"].status is PASS
    assert watch.states["api"].incident is None
    (ended,) = news[-1].ended
    assert ended.duration(0) == 40.0
    assert news[-1].events[0].title == "api works again."


def test_between_the_first_good_result_and_the_second_it_still_counts_as_failing(watch: Watch):
    feed(watch, "api", FAIL, FAIL, FAIL, PASS)
    assert watch.states["api"].status is FAIL
    assert "Answers again" in watch.states["api"].reason


@pytest.mark.parametrize("outcome", [Outcome.OFFLINE, Outcome.INTERNAL])
def test_a_probe_that_learned_nothing_is_no_answer_that_ends_an_incident(
    watch: Watch, outcome: Outcome
):
    feed(watch, "api", FAIL, FAIL, FAIL)
    message = "The console itself has no network: no route"
    watch.take(result("api", START + 40, UNKNOWN, outcome=outcome, message=message))
    state = watch.states["api"]
    assert state.reason == (
        "The console itself has no network: no route. "
        "It was failing before, and the incident stays open."
    )
    assert state.incident is not None


def test_a_probe_that_learned_nothing_is_not_counted_among_the_failures_in_a_row(watch: Watch):
    feed(watch, "api", PASS, FAIL, FAIL)
    watch.take(result("api", START + 40, UNKNOWN, outcome=Outcome.OFFLINE, message="Offline."))
    assert watch.states["api"].reason == "Offline."


def test_a_good_result_under_maintenance_does_not_promise_the_end_of_an_incident():
    window = Maintenance(title="Move", start=START + 30, end=START + 300)
    watch = Watch(service(check("api"), maintenance=(window,)), UTC)
    feed(watch, "api", FAIL, FAIL, FAIL, PASS)
    assert "Answers again" not in watch.states["api"].reason


def test_a_warning_is_shown_at_once_and_opens_nothing(watch: Watch):
    news = feed(watch, "api", PASS, WARN)
    assert watch.states["api"].status is WARN
    assert news[-1].events == ()


def test_a_console_without_network_makes_it_unknown_and_not_failing(watch: Watch):
    feed(watch, "api", PASS)
    for step in range(5):
        at = START + 10 + step * INTERVAL
        watch.take(result("api", at, UNKNOWN, outcome=Outcome.OFFLINE, message="Offline."))
    assert watch.states["api"].status is UNKNOWN
    assert watch.states["api"].incident is None


def test_the_body_of_the_last_failure_is_kept_while_it_passes_again(watch: Watch):
    watch.take(result("api", START, FAIL, body="stack trace"))
    feed(watch, "api", PASS, start=START + 10)
    last_failure = watch.states["api"].last_failure
    assert last_failure is not None
    assert last_failure.body == "stack trace"


def test_only_the_newest_results_are_kept(watch: Watch):
    feed(watch, "api", *[PASS] * (RECENT + 5))
    recent = watch.states["api"].recent
    assert len(recent) == RECENT
    assert recent[-1].at == START + (RECENT + 4) * INTERVAL


def test_acknowledging_names_the_person_on_the_incident(watch: Watch):
    feed(watch, "api", FAIL, FAIL, FAIL)
    watch.acknowledge("api", Acknowledgement("Ada", "calling the bank", START + 40))
    state = watch.states["api"]
    assert state.alert.phase is Phase.ACKNOWLEDGED
    assert state.incident is not None
    assert state.incident.acknowledged_by == "Ada"


class TestDependencies:
    @pytest.fixture
    def watch(self) -> Watch:
        return Watch(service(check("bank"), check("api", depends_on=("bank",))), UTC)

    def test_when_the_parent_failed_first_the_child_is_caused_by_it(self, watch: Watch):
        feed(watch, "bank", FAIL, FAIL, FAIL)
        news = feed(watch, "api", FAIL, FAIL, FAIL, start=START + 1)
        assert watch.states["api"].caused_by == "bank"
        assert watch.states["api"].incident is None
        assert all(n.events == () for n in news)
        incident = watch.states["bank"].incident
        assert incident is not None
        assert incident.affected == ("api",)

    def test_a_child_found_first_waits_until_the_parent_was_looked_at(self, watch: Watch):
        feed(watch, "bank", PASS)
        news = feed(watch, "api", FAIL, FAIL, FAIL, start=START + 1)
        assert watch.states["api"].status is FAIL
        assert news[-1].events == ()
        feed(watch, "bank", FAIL, start=START + 30)
        feed(watch, "api", FAIL, start=START + 31)
        assert watch.states["api"].caused_by == "bank"
        assert watch.states["api"].incident is None

    def test_when_the_parent_is_well_the_child_has_an_incident_of_its_own(self, watch: Watch):
        feed(watch, "bank", PASS)
        feed(watch, "api", FAIL, FAIL, FAIL, start=START + 1)
        feed(watch, "bank", PASS, start=START + 25)
        (news,) = feed(watch, "api", FAIL, start=START + 31)
        assert [event.title for event in news.events] == [
            f"api is failing: fail at {START + 31:.0f}"
        ]
        incident = watch.states["api"].incident
        assert incident is not None
        assert incident.started_at == START + 1

    def test_a_parent_that_broke_later_is_not_blamed_for_what_failed_before(self, watch: Watch):
        feed(watch, "bank", *[PASS] * 4)
        feed(watch, "api", *[FAIL] * 4)
        feed(watch, "bank", *[FAIL] * 3, start=START + 40)
        feed(watch, "api", *[FAIL] * 3, start=START + 45)
        state = watch.states["api"]
        assert (state.caused_by, state.incident is not None) == ("", True)
        assert watch.states["bank"].incident is not None

    def test_a_parent_that_is_found_within_its_interval_is_the_cause_all_the_same(
        self, watch: Watch
    ):
        feed(watch, "bank", PASS, PASS, FAIL, start=START - 2)
        feed(watch, "api", FAIL, FAIL, FAIL)
        assert watch.states["api"].caused_by == "bank"

    def test_a_good_result_never_opens_an_incident_when_the_parent_recovers(self, watch: Watch):
        feed(watch, "bank", FAIL, FAIL, FAIL)
        feed(watch, "api", FAIL, FAIL, FAIL, start=START + 1)
        feed(watch, "bank", PASS, PASS, start=START + 30)
        (news,) = feed(watch, "api", PASS, start=START + 45)
        assert news.events == ()
        assert watch.states["api"].incident is None

    def test_the_farthest_failing_ancestor_is_the_cause(self):
        three = service(
            check("net"), check("bank", depends_on=("net",)), check("api", depends_on=("bank",))
        )
        watch = Watch(three, UTC)
        for name in ("net", "bank", "api"):
            feed(watch, name, FAIL, FAIL, FAIL)
        assert watch.states["api"].caused_by == "net"


class TestUptime:
    def share(self, watch: Watch):
        record = watch.uptimes["api"]
        assert len(record.days) >= 1
        (day,) = record.days.values()
        return day

    def test_an_outage_counts_from_its_first_failure(self, watch: Watch):
        feed(watch, "api", PASS, PASS, FAIL, FAIL, FAIL, FAIL, PASS, PASS, PASS)
        share = self.share(watch)
        assert (share.up, share.down) == (30.0, 50.0)
        assert share.uptime == pytest.approx(30 / 80)

    def test_a_failure_that_did_not_last_counts_as_up(self, watch: Watch):
        feed(watch, "api", PASS, FAIL, PASS)
        assert (self.share(watch).up, self.share(watch).down) == (20.0, 0.0)

    def test_time_in_which_nobody_watched_is_unknown(self, watch: Watch):
        feed(watch, "api", PASS, PASS)
        feed(watch, "api", PASS, start=START + 1000)
        share = self.share(watch)
        assert share.up == 20.0
        assert share.unknown == 980.0

    def test_a_job_that_stays_silent_is_down_without_another_result(self):
        watch = Watch(service(check("export", type="push", url="", interval=86400)), UTC)
        watch.take(result("export", START, PASS))
        watch.take(result("export", START + 100, FAIL, outcome=Outcome.MISSED))
        watch.pass_time("export", START + 400)
        (share,) = watch.uptimes["export"].days.values()
        assert (share.up, share.down) == (100, 300)

    def test_maintenance_is_left_out_and_told(self):
        window = Maintenance(title="Move", start=START + 10, end=START + 30)
        watch = Watch(service(check("api"), maintenance=(window,)), UTC)
        feed(watch, "api", PASS, FAIL, FAIL, PASS, PASS)
        share = self.share(watch)
        assert (share.up, share.maintenance, share.down) == (20.0, 20.0, 0.0)

    def test_no_incident_opens_under_maintenance(self):
        window = Maintenance(title="Move", start=START, end=START + 3600)
        watch = Watch(service(check("api"), maintenance=(window,)), UTC)
        news = feed(watch, "api", *[FAIL] * 6)
        assert all(n.events == () for n in news)

    def test_a_clock_that_jumps_back_counts_nothing_twice(self, watch: Watch):
        feed(watch, "api", PASS, PASS, PASS)
        feed(watch, "api", PASS, PASS, start=START)
        assert self.share(watch).up == 20.0

    def test_sleeping_is_neither_up_nor_down(self, watch: Watch):
        feed(watch, "api", PASS, PASS)
        watch.fall_asleep("api", START + 20)
        feed(watch, "api", PASS, start=START + 620)
        share = self.share(watch)
        assert (share.up, share.sleeping) == (20.0, 600.0)
        assert watch.states["api"].sleeping is False


def test_a_replay_arrives_at_the_same_state_as_the_first_run():
    story = [PASS, FAIL, FAIL, FAIL, FAIL, PASS, PASS, WARN, PASS, FAIL]
    live = Watch(service(check("api")), UTC)
    feed(live, "api", *story)
    before = Watch(service(check("api")), UTC)
    feed(before, "api", *story[:3])
    after = Watch(service(check("api")), UTC, dict(before.states), dict(before.uptimes))
    feed(after, "api", *story[3:], start=START + 3 * INTERVAL)
    assert after.states == live.states
    assert after.uptimes == live.uptimes


def test_a_check_that_is_no_longer_configured_is_dropped_on_restore(watch: Watch):
    watch.restore({"old": CheckState("old"), "api": CheckState("api", PASS)}, {})
    assert set(watch.states) == {"api"}
    assert watch.states["api"].status is PASS
