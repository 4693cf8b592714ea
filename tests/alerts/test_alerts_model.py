from console.alerts.model import (
    Acknowledgement,
    Alert,
    Phase,
    Thresholds,
    Transition,
    acknowledge,
    observe,
)

THRESHOLDS = Thresholds(failures=3, successes=2)


def feed(alert: Alert, *observations: bool | None, start: float = 100.0):
    transitions: list[Transition | None] = []
    for step, good in enumerate(observations):
        alert, transition = observe(alert, good, start + step, THRESHOLDS)
        transitions.append(transition)
    return alert, transitions


def test_it_fires_only_at_the_threshold_and_remembers_the_first_failure():
    alert, transitions = feed(Alert(), False, False)
    assert alert.phase is Phase.PENDING
    alert, transition = observe(alert, False, 102.0, THRESHOLDS)
    assert [*transitions, transition] == [None, None, Transition.FIRED]
    assert (alert.phase, alert.since, alert.bad_since) == (Phase.FIRING, 102.0, 100.0)


def test_one_good_result_breaks_a_pending_row():
    alert, _ = feed(Alert(), False, False, True, False, False)
    assert (alert.phase, alert.failures, alert.bad_since) == (Phase.PENDING, 2, 103.0)


def test_it_resolves_only_after_enough_successes_in_a_row():
    firing, _ = feed(Alert(), False, False, False)
    alert, transitions = feed(firing, True, False, True, True, start=110.0)
    assert transitions == [None, None, None, Transition.RESOLVED]
    assert (alert.phase, alert.bad_since) == (Phase.QUIET, None)


def test_an_observation_that_says_nothing_neither_fires_nor_breaks_a_row():
    alert, transitions = feed(Alert(), False, None, False, None, False)
    assert transitions == [None, None, None, None, Transition.FIRED]
    assert alert.bad_since == 100.0


def test_an_acknowledged_alert_stays_active_and_resolves_like_any_other():
    firing, _ = feed(Alert(), False, False, False)
    taken, transition = acknowledge(firing, Acknowledgement("Ada", "on it", 105.0))
    assert (taken.phase, transition) == (Phase.ACKNOWLEDGED, Transition.ACKNOWLEDGED)
    still_bad, transitions = feed(taken, False, start=106.0)
    assert (still_bad.phase, transitions) == (Phase.ACKNOWLEDGED, [None])
    _, transitions = feed(still_bad, True, True, start=107.0)
    assert transitions[-1] is Transition.RESOLVED


def test_an_acknowledgement_runs_out_and_it_fires_again():
    firing, _ = feed(Alert(), False, False, False)
    taken, _ = acknowledge(firing, Acknowledgement("Ada", "an hour", 105.0, until=200.0))
    alert, transition = observe(taken, False, 200.0, THRESHOLDS)
    assert (alert.phase, transition, alert.acknowledgement) == (
        Phase.FIRING,
        Transition.REFIRED,
        None,
    )


def test_what_does_not_fire_cannot_be_acknowledged():
    pending, _ = feed(Alert(), False)
    assert acknowledge(pending, Acknowledgement("Ada", "why", 1.0)) == (pending, None)
