"""What single facts make of a deployment, whatever their order, and what the hook takes as one."""

import json
import random
from typing import Any
from urllib.parse import urlencode

import pytest

from console.masking import MASK
from console.platforms.hook.dialects import AHEAD, LATE, OLDEST, Unreadable, github_notes, own_notes
from console.platforms.hook.notes import deployments_of
from console.platforms.hook.platform import MOST_NOTES, Hook, encoded
from console.platforms.hook.stages import Note
from console.platforms.model import (
    Capability,
    Deployment,
    DeploymentState,
    StageName,
    StageState,
    Trigger,
)
from tests.platforms.github_contract import contract
from tests.platforms.github_hub import AT, sha

STEPS = (
    ("push", "running", 0),
    ("push", "done", 20),
    ("build", "running", 24),
    ("build", "done", 60),
    ("deploy", "running", 61),
    ("deploy", "done", 80),
)


def told(commit: str, stage: str, state: str, at: float, **more: Any) -> list[Note]:
    report = {"commit": commit, "stage": stage, "state": state, "at": at, **more}
    return own_notes(json.dumps(report).encode(), AT)


def course(commit: str, at: float, *steps: tuple[str, str, int]) -> list[Note]:
    return [
        note for stage, state, after in steps for note in told(commit, stage, state, at + after)
    ]


def spans(one: Deployment) -> list[tuple[str, float | None, float | None]]:
    return [(stage.state.value, stage.started_at, stage.ended_at) for stage in one.stages]


def test_a_course_makes_the_same_five_stages_in_any_order_and_however_often():
    notes = course(sha(1), AT, *STEPS) * 2
    random.Random(8).shuffle(notes)
    (found,) = deployments_of(notes)
    assert spans(found) == [
        ("done", AT, AT + 20),
        ("done", AT + 20, AT + 24),
        ("done", AT + 24, AT + 60),
        ("done", AT + 61, AT + 80),
        ("waiting", None, None),
    ]
    assert (found.state, found.trigger) == (DeploymentState.LIVE, Trigger.PUSH)
    assert (found.created_at, found.ended_at) == (AT + 61, AT + 80)
    assert found.id == "0000001aaaaa-1"


def test_each_stage_shows_while_it_runs():
    notes = course(sha(1), AT, *STEPS)
    assert deployments_of(notes[:2]) == []  # a push alone is no deployment yet
    states = [
        [stage.state for stage in deployments_of(notes[:n])[0].stages[2:4]] for n in (3, 4, 5)
    ]
    running, done, waiting = StageState.RUNNING, StageState.DONE, StageState.WAITING
    assert states == [[running, waiting], [done, waiting], [done, running]]
    assert {deployments_of(notes[:n])[0].state for n in (3, 4, 5)} == {DeploymentState.RUNNING}
    assert {deployments_of(notes[:n])[0].id for n in (3, 4, 5, 6)} == {"0000001aaaaa-1"}


@pytest.mark.parametrize(
    ("stage", "state", "expected", "deploy"),
    [
        ("build", "failed", DeploymentState.FAILED, StageState.SKIPPED),
        ("build", "cancelled", DeploymentState.SUPERSEDED, StageState.SKIPPED),
        ("deploy", "failed", DeploymentState.FAILED, StageState.FAILED),
        ("deploy", "cancelled", DeploymentState.SUPERSEDED, StageState.SKIPPED),
    ],
)
def test_one_that_ends_badly_says_why(
    stage: str, state: str, expected: DeploymentState, deploy: StageState
):
    notes = [
        *course(sha(1), AT, *STEPS[:3]),
        *told(sha(1), stage, state, AT + 30, detail="No disk."),
    ]
    (found,) = deployments_of(notes)
    assert (found.state, found.stage(StageName.DEPLOY).state) == (expected, deploy)
    assert found.reason == ("No disk." if expected is DeploymentState.FAILED else "")
    assert found.ended_at == AT + 30


def test_a_commit_deployed_again_is_a_redeploy_and_an_earlier_one_is_a_rollback():
    first, second = course(sha(1), AT, *STEPS), course(sha(2), AT + 200, *STEPS)
    again = course(sha(2), AT + 400, *STEPS[4:])
    back = course(sha(1), AT + 600, *STEPS[4:])
    found = deployments_of([*first, *second, *again, *back])
    assert [one.commit for one in found] == [sha(1), sha(2), sha(2), sha(1)]
    assert [one.trigger for one in found] == [
        Trigger.ROLLBACK,
        Trigger.REDEPLOY,
        Trigger.PUSH,
        Trigger.PUSH,
    ]
    states = [one.state for one in found]
    assert states == [DeploymentState.LIVE, *[DeploymentState.REPLACED] * 3]
    assert found[0].stage(StageName.PUSH).state is StageState.SKIPPED
    assert found[0].stage(StageName.BUILD).state is StageState.SKIPPED
    assert len({one.id for one in found}) == 4


def test_a_workflow_that_also_deploys_is_the_build_until_the_roll_out():
    run = Note(sha(1), StageName.BUILD, StageState.RUNNING, AT + 5, part="run-1")
    end = Note(sha(1), StageName.BUILD, StageState.FAILED, AT + 90, part="run-1")
    rolls = [
        Note(sha(1), StageName.DEPLOY, StageState.WAITING, AT + 40, deployment="9"),
        Note(sha(1), StageName.DEPLOY, StageState.RUNNING, AT + 41, deployment="9"),
        Note(sha(1), StageName.DEPLOY, StageState.FAILED, AT + 80, deployment="9"),
    ]
    (found,) = deployments_of([run, end, *rolls])
    assert spans(found)[2:4] == [("done", AT + 5, AT + 41), ("failed", AT + 41, AT + 80)]


def test_a_failed_build_of_the_deployed_branch_is_a_failed_deployment_and_no_other_is():
    def run(branch: bool) -> Note:
        return Note(sha(1), StageName.BUILD, StageState.FAILED, AT, part="run-1", production=branch)

    assert deployments_of([run(False)]) == []
    (found,) = deployments_of([run(True)])
    assert (found.state, found.id) == (DeploymentState.FAILED, "0000001aaaaa-1")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"commit": "main"}, "commit:"),
        ({"stage": "verify"}, "stage:"),
        ({"state": "great"}, "state:"),
        ({"at": "soon"}, "at: must be"),
        ({"at": True}, "at"),
        ({"at": AT + AHEAD + 1}, "ahead of the console's clock"),
        ({"at": AT - 67 * 60}, "is 1 h 7 min ago; older than 45 min is not taken; compare the two"),
        ({"at": AT - OLDEST - 1, "stage": "push"}, "older than 7 d"),
        ({"status": "done"}, "status:"),
        ({"id": "x" * 101}, "id:"),
    ],
)
def test_a_report_that_cannot_be_read_says_which_field(change: dict[str, Any], why: str):
    report = {"commit": sha(1), "stage": "deploy", "state": "done", "at": AT, **change}
    with pytest.raises(Unreadable, match=why):
        own_notes(json.dumps(report).encode(), AT)


def test_a_commit_may_have_been_made_long_before_it_is_told_and_a_roll_out_may_not():
    def told(stage: str, at: float) -> list[Note]:
        report = {"commit": sha(1), "stage": stage, "state": "done", "at": at}
        return own_notes(json.dumps(report).encode(), AT)

    assert told("push", AT - OLDEST)[0].at == AT - OLDEST
    assert told("deploy", AT - LATE)[0].at == AT - LATE
    with pytest.raises(Unreadable, match="time zone"):
        told("build", AT - 3600)  # a local time, told as UTC


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"<html>", b"\xff", b"[" * 9999])
def test_what_is_no_object_is_refused_in_both_dialects(body: bytes):
    with pytest.raises(Unreadable):
        own_notes(body, AT)
    with pytest.raises(Unreadable):
        github_notes("push", body, "application/json", "", "", AT)


def test_times_come_in_many_forms():
    for at in (
        AT,
        int(AT * 1000),
        str(int(AT)),
        "2026-11-24T06:40:00Z",
        "2026-11-24 06:40:00 +0000 UTC",
    ):
        (note,) = own_notes(
            json.dumps({"commit": sha(1), "stage": "push", "state": "done", "at": at}).encode(),
            AT,
        )
        assert note.at == pytest.approx(AT, abs=86400)


def test_text_from_outside_is_masked_bounded_and_never_a_link_of_another_kind():
    (note,) = told(
        sha(1),
        "build",
        "done",
        AT,
        message="<b>Fix</b>\n\x1b[31m" + "x" * 900,
        detail="token=abcdef123456",
        url="javascript:alert(1)",
    )
    assert note.message.startswith("<b>Fix</b> [31mxxx")
    assert len(note.message) == 300
    assert (note.detail, note.url) == (f"token={MASK}", "")


def event(schema: str) -> dict[str, Any]:
    """An event as GitHub's file wants it, of its required fields."""
    made = contract().invented(schema)
    assert contract().errors(["components", "schemas", schema], made) == []
    return made


def test_githubs_deployment_status_is_read_as_its_file_describes_it():
    made = event("webhook-deployment-status-created")
    made["deployment"] |= {"id": 7, "sha": sha(1), "ref": "main", "environment": "production"}
    made["deployment"] |= {"created_at": "2026-11-24T06:40:00Z", "transient_environment": False}
    made["deployment_status"] |= {"state": "success", "created_at": "2026-11-24T06:41:00Z"}
    made["repository"] |= {"full_name": "octocat/example"}
    assert (
        contract().errors(["components", "schemas", "webhook-deployment-status-created"], made)
        == []
    )
    body = json.dumps(made).encode()
    notes, _ = github_notes("deployment_status", body, "application/json", "", "", AT)
    assert [(one.state, one.deployment) for one in notes] == [
        (StageState.WAITING, "7"),
        (StageState.DONE, "7"),
    ]
    assert notes[1].at - notes[0].at == 60
    form = urlencode({"payload": body.decode()}).encode()
    kind = "application/x-www-form-urlencoded"
    assert github_notes("deployment_status", form, kind, "production", "", AT)[0] == notes
    assert github_notes("deployment_status", body, "", "staging", "", AT)[0] == []
    assert github_notes("deployment_status", body, "", "", "Octocat/Example", AT)[0] == notes
    other = github_notes("deployment_status", body, "", "", "octocat/other", AT)
    assert other == ([], "It is of another repository.")


def test_githubs_push_and_run_are_read_as_its_file_describes_them():
    made = event("webhook-push")
    made |= {"after": sha(1), "ref": "refs/heads/main"}
    made["head_commit"] = made["head_commit"] or contract().invented_at(
        "webhook-push", "properties", "head_commit"
    )
    made["head_commit"] |= {"timestamp": "2026-11-24T07:39:00+01:00", "message": "Fix it"}
    made["head_commit"]["author"] |= {"name": "Ann"}
    made["repository"]["pushed_at"] = int(AT)
    assert contract().errors(["components", "schemas", "webhook-push"], made) == []
    pushed, _ = github_notes("push", json.dumps(made).encode(), "", "", "", AT)
    assert [(one.state, one.at) for one in pushed] == [
        (StageState.RUNNING, 1795502340.0),
        (StageState.DONE, AT),
    ]
    assert (pushed[0].message, pushed[0].author, pushed[1].branch) == ("Fix it", "Ann", "main")

    made = event("webhook-workflow-run-completed")
    run = made["workflow_run"]
    run |= {"id": 5, "head_sha": sha(1), "head_branch": "main", "event": "push", "name": "CI"}
    run |= {"status": "completed", "conclusion": "failure", "created_at": "2026-11-24T06:40:05Z"}
    run |= {"run_started_at": "2026-11-24T06:40:06Z", "updated_at": "2026-11-24T06:41:06Z"}
    made["repository"]["default_branch"] = "main"
    assert (
        contract().errors(["components", "schemas", "webhook-workflow-run-completed"], made) == []
    )
    built, _ = github_notes("workflow_run", json.dumps(made).encode(), "", "", "", AT)
    (found,) = deployments_of([*pushed, *built])
    assert found.reason == "CI: failure."
    assert found.stage(StageName.BUILD).seconds(0) == 60
    run["event"] = "schedule"
    assert github_notes("workflow_run", json.dumps(made).encode(), "", "", "", AT)[0] == []


def test_events_that_say_nothing_of_deployments_are_taken_and_dropped():
    notes, why = github_notes("ping", b'{"zen": "Keep it."}', "application/json", "", "", AT)
    assert (notes, why) == ([], "The event ping says nothing of deployments.")
    for name in ("push", "deployment", "deployment_status", "workflow_run"):
        told_nothing = b'{"deployment": 3, "workflow_run": [], "repository": null, "after": 5}'
        assert github_notes(name, told_nothing, "", "", "", AT)[0] == []


async def test_the_platform_reads_only_what_is_new_and_leaves_out_what_it_cannot_read():
    stored = [(encoded(note), AT + place) for place, note in enumerate(course(sha(1), AT, *STEPS))]
    asked: list[float] = []

    async def read(since: float) -> list[tuple[bytes, float]]:
        asked.append(since)
        return [(note, at) for note, at in stored if at >= since]

    hook = Hook(read)
    stored.append((b'{"commit": 5}', AT))
    first = await hook.deployments(20)
    assert [one.state for one in first] == [DeploymentState.LIVE]
    assert await hook.deployments(20) == first
    assert asked == [0.0, AT + 5 - 600]
    assert "it only listens" in hook.capabilities.reason(Capability.SCALE)


async def test_of_a_sender_that_never_stops_only_the_last_notes_are_remembered():
    told: list[tuple[bytes, float]] = []

    async def newest(since: float) -> list[tuple[bytes, float]]:
        return [one for one in told if one[1] >= since]

    hook = Hook(newest)
    for day in range(3):
        at = 1_800_000_000.0 + 86_400 * day
        notes = [
            Note(f"{day * 600 + n:040x}", StageName.DEPLOY, StageState.DONE, at + n, opens=True)
            for n in range(600)
        ]
        told[:] = [(encoded(one), one.at) for one in notes]
        await hook.deployments(5)
    assert len(hook._notes) == MOST_NOTES
    assert (await hook.deployments(1))[0].commit == f"{1799:040x}"
