"""What may stand against an action, what it is called, and what shows that it took effect."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from console.activity.chain import Entry
from console.deployments.act_effect import Seen, effect
from console.deployments.act_rules import Circumstances, Wish, objections, subject, told
from console.deployments.deeds import deed_of, told_by
from console.deployments.difference import change_of, ran_with, settings_are_known
from console.deployments.history import Snapshot
from console.deployments.model import Automatic, Record, Verdict, Verification
from console.deployments.versions import best_back, earlier, newest_commit, was_verified, way_back
from console.month_end.rules import Rules, frozen
from console.platforms.model import (
    Action,
    Deployment,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.settings.reports import Deployment as Reported
from console.settings.reports import Report
from console.settings.reports import Seen as Variable
from console.settings.reports import Snapshot as Settings

NOW = 1_800_000_000.0
LIVE, REPLACED = DeploymentState.LIVE, DeploymentState.REPLACED
REASON = "a reason that is long enough"
SETTING = SetVariable("LOG_LEVEL", "a-secret-value")


def made(number: int, state: DeploymentState = REPLACED, verdict: Verdict | None = None, **more):
    at = NOW + 100 * number
    commit = more.pop("commit", f"{number:x}" * 40)
    one = Deployment(f"dep-{number}", commit, state, at, at + 9, **more)
    one = one.with_stage(Stage(StageName.DEPLOY, StageState.DONE, at + 5, at + 9))
    return Record(one, verdict and Verification(verdict, "It is so.", at + 9, at + 99))


def snapshot(*records: Record, **more) -> Snapshot:
    more.setdefault("instances", InstanceRange(2, 2, 1, 4))
    return Snapshot(NOW, "Render", known_since=1.0, records=records, **more)


TWO = snapshot(made(2, LIVE), made(1, REPLACED))
FAILED = snapshot(made(2, LIVE, Verdict.FAILED), made(1))


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Rollback("dep-9"), "no such deployment"),
        (Rollback("dep-2"), "2222222 is what runs already"),
        (Rollback("dep-1"), ""),
        (Scale(3, 2), "the least first"),
        (Scale(0, 2), "from 1 to"),
        (Scale(1, 10_000), "from 1 to"),
        (Scale(1, 4), ""),
        (SetVariable("9LIVES", "x"), "begins with no digit"),
        (SetVariable("A B", "x"), "letters, digits"),
        (SetVariable("LOG_LEVEL", ""), "The value has"),
        (SETTING, ""),
        (Redeploy(), ""),
    ],
)
def test_an_action_that_makes_no_sense_is_refused_in_words(action: Action, reason: str):
    found = objections(Wish(action, typed="shop"), "shop", TWO, Circumstances())
    assert reason in " ".join(found)
    assert bool(found) == bool(reason)


def test_what_never_ran_is_nothing_to_go_back_to():
    broken = made(1, DeploymentState.FAILED)
    found = objections(
        Wish(Rollback("dep-1")), "shop", snapshot(made(2, LIVE), broken), Circumstances()
    )
    assert found == ["1111111 never ran: choose one that did."]


def test_before_anything_was_read_nothing_is_done():
    assert objections(Wish(Redeploy()), "shop", None, Circumstances()) != []


def test_a_variable_is_confirmed_by_the_name_of_the_service():
    found = objections(Wish(SETTING, typed="sh0p"), "shop", TWO, Circumstances())
    assert found == ["Type the name of the service, shop, to confirm."]


def test_in_a_freeze_every_new_version_needs_a_reason_and_scaling_does_not():
    met = Circumstances(frozen=True)
    for action in (Rollback("dep-1"), Redeploy(), SETTING):
        wish = Wish(action, typed="shop")
        assert objections(wish, "shop", TWO, met) != []
        assert objections(replace(wish, reason=REASON), "shop", TWO, met) == []
    assert objections(Wish(Scale(4, 4)), "shop", TWO, met) == []


def test_a_second_person_is_asked_for_unless_it_mends_what_failed_or_is_an_emergency():
    met = Circumstances(second_person=True)
    back = Wish(Rollback("dep-1"))
    assert "second operator" in " ".join(objections(back, "shop", TWO, met))
    assert objections(back, "shop", TWO, replace(met, approved=True)) == []
    assert objections(back, "shop", FAILED, met) == []
    emergency = replace(back, override=True)
    assert "reason" in " ".join(objections(emergency, "shop", TWO, met))
    assert objections(replace(emergency, reason=REASON), "shop", TWO, met) == []


def test_a_failure_that_is_known_from_long_ago_lets_nobody_act_alone():
    """The collector was off for days: another version may run since."""
    met = Circumstances(second_person=True, stale=True)
    back = Wish(Rollback("dep-1"))
    assert "second operator" in " ".join(objections(back, "shop", FAILED, met))
    dry = Wish(SetVariable("DRY_RUN", "true"), typed="shop")
    assert objections(dry, "shop", FAILED, met) == []


def test_a_word_for_one_value_of_dry_run_is_none_for_the_other():
    both = {subject(SetVariable("DRY_RUN", value), TWO, "key") for value in ("true", "false")}
    assert both == {"variable DRY_RUN=true", "variable DRY_RUN=false"}


def test_a_word_for_one_value_of_a_secret_is_none_for_another_and_tells_neither():
    values = ("a-secret-value", "another")
    told_ = [subject(SetVariable("API_KEY", value), TWO, "key") for value in values]
    assert told_[0] != told_[1]
    assert told_[0] == subject(SetVariable("API_KEY", values[0]), TWO, "key")
    assert told_[0] != subject(SetVariable("API_KEY", values[0]), TWO, "other key")
    assert all(
        one.startswith("variable API_KEY to the value with the fingerprint") for one in told_
    )
    assert not any(value in "".join(told_) for value in values)


def test_a_freeze_holds_around_the_closing_only():
    closing = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
    assert frozen(closing, Rules(), UTC)
    assert not frozen(closing - 12 * 86400, Rules(), UTC)


def test_the_log_never_has_a_value():
    found = told(SETTING, TWO)
    assert (found.kind, found.target) == ("variable", "LOG_LEVEL")
    assert "a-secret-value" not in repr((found, SETTING, Wish(SETTING)))
    assert told(Rollback("dep-1"), TWO).before == "2222222"
    assert told(Scale(3, 3), TWO).before == "1 to 4"


def test_earlier_versions_are_offered_once_a_commit_and_never_what_runs():
    again = made(4, commit="1" * 40)
    records = (made(5, LIVE), again, made(3, DeploymentState.ROLLED_BACK), made(2), made(1))
    assert [one.deployment.id for one in earlier(snapshot(*records))] == ["dep-4", "dep-2"]


def test_the_way_back_leads_past_what_failed():
    bad = made(2, REPLACED, Verdict.FAILED)
    found = way_back(snapshot(made(3, LIVE, Verdict.FAILED), bad, made(1)))
    assert found is not None
    assert found.deployment.id == "dep-1"
    assert way_back(snapshot(made(1, LIVE))) is None


def state(number: int, state: DeploymentState, trigger: Trigger = Trigger.ROLLBACK) -> Deployment:
    return made(number, state, trigger=trigger, reason="It did not start.").deployment


BEFORE = Seen((state(1, LIVE),))


@pytest.mark.parametrize(
    ("now", "done", "text"),
    [
        (BEFORE, None, "not begun"),
        (Seen((state(2, DeploymentState.RUNNING),)), None, "2222222 is being deployed"),
        (Seen((state(2, LIVE),)), True, "2222222 is live, as deployment dep-2"),
        (Seen((state(2, DeploymentState.FAILED),)), False, "failed. It did not start."),
        (Seen((state(2, LIVE, Trigger.PUSH),)), None, "not begun"),  # somebody else's push
        (Seen((state(2, LIVE, Trigger.OTHER),)), True, "is live"),
    ],
)
def test_a_rollback_is_seen_in_the_deployment_that_it_began(now: Seen, done: bool, text: str):
    found = effect(Rollback("dep-0"), "", BEFORE, now)
    assert (found.done, text in found.text) == (done, True)


def test_the_deployment_that_the_platform_named_is_the_one_that_counts():
    now = Seen((state(3, LIVE), state(2, DeploymentState.RUNNING)))
    assert effect(Redeploy(), "dep-2", BEFORE, now).done is None


def test_scaling_and_variables_are_seen_in_what_the_platform_lists():
    assert effect(Scale(3, 3), "", Seen(), Seen(instances=InstanceRange(2, 3))).done is None
    assert effect(Scale(3, 3), "", Seen(), Seen(instances=InstanceRange(3, 3))).done is True
    assert effect(Scale(1, 3), "", Seen(), Seen(instances=InstanceRange(1, 1, 1, 3))).done is True
    assert effect(Scale(1, 3), "", Seen(), Seen()).done is None
    assert effect(SETTING, "", Seen(), Seen()).done is None
    assert effect(SETTING, "", Seen(), Seen(variables=("LOG_LEVEL",))).done is True


def reported(
    commit: str, first: float = NOW, last: float = NOW + 1000, **fingerprints: str
) -> Reported:
    rows = tuple(Variable(name, True, fingerprint=mark) for name, mark in fingerprints.items())
    return Reported(commit, Report("", rows), first, last)


def test_the_difference_names_settings_and_instances_and_guesses_nothing():
    new, old = made(2, LIVE), made(1)
    seen = snapshot(replace(new, instances=3), replace(old, instances=2))
    settings = Settings(
        NOW,
        deployments=(
            reported("2" * 40, A="aa", B="b2", C="cc"),
            reported("1" * 40, A="aa", B="b1"),
        ),
    )
    change = change_of(seen.records[0], seen, settings)
    assert (change.settings, change.instances, change.commit) == (("B", "C"), (2, 3), True)
    half = replace(settings, deployments=settings.deployments[:1])
    assert change_of(seen.records[0], seen, half).settings == ()
    assert change_of(old, seen, settings).before is None


def test_a_variable_that_was_set_is_no_change_of_the_version_with_that_commit_before_it():
    """Two deployments of one commit: each has the settings that were reported while it ran."""
    old, new = made(1), made(2, LIVE, commit="1" * 40)
    seen = snapshot(new, old)
    before, after = reported("1" * 40, A="aa"), reported("1" * 40, NOW + 206, A="bb")
    early = Settings(NOW, deployments=(replace(before, last_at=NOW + 215),))
    assert change_of(new, seen, early).settings == ()
    assert not settings_are_known(new, seen, early)  # the instances before may still report
    both = Settings(NOW, deployments=(after, replace(before, last_at=NOW + 215)))
    assert change_of(new, seen, both).settings == ("A",)
    assert ran_with(old, seen, both) == {"A": "aa"}


def test_the_newest_verified_version_is_offered_first_else_one_not_found_bad():
    worse, good = made(3, REPLACED, Verdict.DEGRADED), made(2, REPLACED, Verdict.VERIFIED)
    old, live = made(1), made(4, LIVE)
    for records, wanted in (((live, worse, good, old), good), ((live, worse, old), old)):
        assert best_back(snapshot(*records)) == wanted
    assert best_back(snapshot(live, worse)) is None
    again = made(3, REPLACED, Verdict.NOT_KNOWN, commit="2" * 40)  # replaced before it was judged
    assert best_back(snapshot(live, again, worse, good, old)) == again
    assert was_verified(again, snapshot(live, again, good))
    found_bad = made(3, REPLACED, Verdict.FAILED, commit="2" * 40)
    assert not was_verified(good, snapshot(live, found_bad, good))


def test_who_brought_a_version_back_is_told_by_the_log_of_the_console():
    back = made(3, LIVE, commit="1" * 40, trigger=Trigger.ROLLBACK)
    at = back.deployment.created_at - 3
    entry = Entry(1, at, "begun", "rollback", "x", actor="ann", service="shop", after="1111111")
    made_ = Automatic("dep-2", "dep-1", at, "errors: half failed.")
    assert told_by(back, "shop", [replace(entry, reason="slow")], ()) == "rollback by ann: slow"
    assert told_by(back, "shop", (), [made_]) == "rollback by the console itself"
    assert told_by(back, "shop", (), [replace(made_, at=at - 900)]) == "rollback"
    assert told_by(made(3, LIVE, trigger=Trigger.PUSH), "shop", [entry], [made_]) == ""
    assert deed_of(back, "shop", [entry]) == entry
    others = (
        replace(entry, service="other"), replace(entry, after="2222222"),
        replace(entry, at=at - 900), replace(entry, kind="redeploy"), replace(entry, step="ended"),
    )  # fmt: skip
    assert deed_of(back, "shop", others) is None


def test_a_redeploy_of_a_commit_that_was_rolled_back_is_warned_of():
    pushed = made(2, REPLACED, trigger=Trigger.PUSH)
    first, back = made(1, trigger=Trigger.PUSH), made(3, LIVE, trigger=Trigger.ROLLBACK)
    assert newest_commit(snapshot(pushed, first)) == (pushed, "")
    assert newest_commit(snapshot(back, pushed, first)) == (pushed, "It was rolled back.")
    failed = made(2, REPLACED, Verdict.FAILED, trigger=Trigger.PUSH)
    assert newest_commit(snapshot(back, failed, first)) == (failed, "It was found failed.")
    assert newest_commit(snapshot(made(1, LIVE))) is None
