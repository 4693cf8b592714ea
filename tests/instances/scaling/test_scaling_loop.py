"""The recommendation in a closed loop, on a simulated service."""

from tests.instances.scaling.scaled_service import run


def test_a_closing_is_followed_up_and_down_without_flapping():
    service = run([(60, 1800), (1200, 5400), (60, 3600)], seed=7)
    counts = dict(service.counts)
    assert 6 <= counts[4500.0] <= 8
    assert counts[10_770.0] <= 2
    late = [wait for began, wait in service.waits if 4500 <= began < 7200]
    assert sum(wait > 30 for wait in late) / len(late) <= 0.05
    changes = [b[1] - a[1] for a, b in zip(service.counts, service.counts[1:], strict=False)]
    turns = [one for one in changes if one]
    assert len(turns) <= 30  # up and down in steps of one, five minutes apart, is 14 already
    assert len(service.queue) <= 2


def test_a_steady_service_is_left_alone():
    service = run([(600, 7200)], seed=3)
    settled = [count for at, count in service.counts if at >= 3600]
    assert max(settled) - min(settled) <= 3
    late = [wait for began, wait in service.waits if began >= 3600]
    assert sum(wait > 30 for wait in late) / len(late) <= 0.05


def test_nothing_to_do_ends_at_the_minimum():
    service = run([(1200, 1800), (0, 5400)], seed=5)
    assert service.counts[-1][1] == 1
