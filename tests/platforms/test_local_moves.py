"""The steps of a roll-out, without a process."""

from dataclasses import replace
from itertools import product

import pytest

from console.platforms.local.model import (
    Copy,
    Done,
    Drain,
    End,
    Move,
    Phase,
    Start,
    Wait,
    next_move,
    pause,
)


def copy(release: str, phase: Phase, number: int = 0) -> Copy:
    return Copy(f"copy-{number}", release, 1000 + number, phase, 0.0)


def carried_out(copies: list[Copy], move: Move, number: int, target: str) -> list[Copy]:
    """What is there after a move, everything going well and at once."""
    if isinstance(move, Start):
        return [*copies, copy(target, Phase.STARTING, number)]
    if isinstance(move, Drain):
        return [replace(one, phase=Phase.DRAINING) if one == move.copy else one for one in copies]
    if isinstance(move, End):
        return [one for one in copies if one != move.copy]
    after = {Phase.STARTING: Phase.SERVING, Phase.SERVING: Phase.SERVING}
    return [replace(one, phase=after[one.phase]) for one in copies if one.phase in after]


KINDS = list(product(("old", "new"), Phase))


@pytest.mark.parametrize("wanted", [1, 2, 3])
@pytest.mark.parametrize("target", ["new", ""])
def test_from_everything_that_a_kill_may_leave_it_comes_to_what_is_wanted(wanted: int, target: str):
    for count in range(4):
        for kinds in product(KINDS, repeat=count):
            copies = [copy(*kind, number) for number, kind in enumerate(kinds)]
            serving = sum(one.phase is Phase.SERVING for one in copies)
            enough = min(serving, wanted) if target else 0
            for step in range(40):
                move = next_move(copies, target, wanted)
                if isinstance(move, Done):
                    break
                copies = carried_out(copies, move, 10 + step, target)
                serving = sum(one.phase is Phase.SERVING for one in copies)
                assert serving >= enough
                enough = min(serving, wanted) if target else 0
            else:
                pytest.fail(f"no end from {kinds}")
            assert [(one.release, one.phase) for one in copies] == [("new", Phase.SERVING)] * (
                wanted if target else 0
            )


def test_one_copy_is_started_at_a_time_beside_the_old_ones():
    old = [copy("old", Phase.SERVING, 1), copy("old", Phase.SERVING, 2)]
    assert next_move(old, "new", 2) == Start()
    assert next_move([*old, copy("new", Phase.STARTING, 3)], "new", 2) == Wait()
    assert next_move([*old, copy("new", Phase.SERVING, 3)], "new", 2) == Drain(old[0])


def test_a_copy_that_dies_again_and_again_is_started_ever_more_slowly():
    assert [pause(deaths) for deaths in (1, 2, 3, 10)] == [0.5, 1.0, 2.0, 30.0]
