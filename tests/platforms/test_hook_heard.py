"""A CI tells pushes and builds, the instances tell the roll-out: together a whole deployment."""

from collections.abc import Sequence

from console.platforms.hook.heard import HEARD, Heard, heard_notes
from console.platforms.hook.notes import deployments_of
from console.platforms.hook.stages import Note
from console.platforms.model import Deployment, DeploymentState, StageName, StageState, Trigger
from tests.platforms.github_hub import AT, sha

OLD, NEW = sha(1), sha(2)
LIVE, REPLACED = DeploymentState.LIVE, DeploymentState.REPLACED


def built(commit: str, at: float) -> list[Note]:
    return [
        Note(commit, StageName.PUSH, StageState.DONE, at),
        Note(commit, StageName.BUILD, StageState.RUNNING, at + 5, part="run-1"),
        Note(commit, StageName.BUILD, StageState.DONE, at + 60, part="run-1"),
    ]


def seen(
    notes: Sequence[Note], *alive: tuple[str, float], known: Sequence[Deployment] = ()
) -> list[Deployment]:
    """What is made of it; `known` is what was made at the reading before."""
    return deployments_of([*notes, *heard_notes(Heard(alive, known), notes, AT + 9000)])


def test_instances_that_report_the_commit_end_its_deployment():
    notes = [*built(OLD, AT), *built(NEW, AT + 500)]
    first = seen(notes, (OLD, AT + 70), (OLD, AT + 75))
    assert [(one.commit, one.state) for one in first] == [(OLD, LIVE)]
    deploy = first[0].stage(StageName.DEPLOY)
    assert (deploy.started_at, deploy.ended_at) == (AT + 70, AT + 75)

    halfway = seen(notes, (OLD, AT + 75), (NEW, AT + 570), known=first)
    assert [(one.commit, one.state) for one in halfway] == [
        (NEW, DeploymentState.RUNNING),
        (OLD, LIVE),
    ]
    whole = seen(notes, (NEW, AT + 570), (NEW, AT + 580), known=halfway)
    assert [(one.commit, one.state) for one in whole] == [(NEW, LIVE), (OLD, REPLACED)]
    spans = [(one.started_at, one.ended_at) for one in whole[0].stages[1:4]]
    assert spans == [(AT + 500, AT + 505), (AT + 505, AT + 560), (AT + 570, AT + 580)]
    assert whole[0].raw_state == HEARD


def test_a_restart_is_no_deployment_and_silence_changes_nothing():
    notes = [*built(OLD, AT), *built(NEW, AT + 500)]
    live = seen(notes, (NEW, AT + 570), known=seen(notes, (OLD, AT + 70)))
    assert seen(notes, (NEW, AT + 900), (NEW, AT + 950), known=live) == live
    assert seen(notes, known=live) == live
    straggler = seen(notes, (NEW, AT + 570), (OLD, AT + 75), known=live)
    assert straggler == live


def test_an_earlier_commit_that_begins_anew_is_a_rollback():
    notes = [*built(OLD, AT), *built(NEW, AT + 500)]
    live = seen(notes, (NEW, AT + 570), known=seen(notes, (OLD, AT + 70)))
    back = seen(notes, (OLD, AT + 900), (OLD, AT + 905), known=live)
    assert [(one.commit, one.state) for one in back] == [
        (OLD, LIVE),
        (NEW, REPLACED),
        (OLD, REPLACED),
    ]
    assert back[0].trigger is Trigger.ROLLBACK


def test_who_tells_the_roll_out_himself_is_believed():
    notes = [*built(NEW, AT), Note(NEW, StageName.DEPLOY, StageState.RUNNING, AT + 61, opens=True)]
    assert heard_notes(Heard([(NEW, AT + 70)]), notes, AT + 99) == []
    assert heard_notes(Heard([(sha(9), AT + 70)]), notes, AT + 99) == []  # nobody told of it


def test_an_instance_that_does_not_tell_its_start_began_when_it_was_heard():
    (found,) = seen(built(NEW, AT), (NEW, 0.0))
    assert found.stage(StageName.DEPLOY).ended_at == AT + 9000
