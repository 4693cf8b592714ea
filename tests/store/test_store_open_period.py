from console.health.model import Outcome
from console.store.histogram import code_of, outcome_code
from console.store.open_period import KEEP, OpenPeriod
from console.store.series import SeriesId

API = SeriesId("check", "api")
CONNECT = SeriesId("check", "api", "connect")
NOW = 1_795_492_800.0
MINUTE = int(NOW // 60)
PAST = NOW + 60 + KEEP  # when the minute of NOW may be forgotten


def counted(period: OpenPeriod) -> dict[str, str]:
    return {cell.field: cell.text for cell in period.take()}


def test_counts_are_cumulative_and_only_changes_are_taken() -> None:
    period = OpenPeriod(fence=3)
    period.add("main", API, NOW, 0.1, Outcome.OK)
    first = period.take()
    assert [(cell.field, cell.text) for cell in first] == [(f"{MINUTE}.3", f"{code_of(0.1)}:1")]
    period.confirm(first, NOW)
    assert period.take() == ()
    period.add("main", API, NOW + 1, 0.1, Outcome.OK)
    assert counted(period) == {f"{MINUTE}.3": f"{code_of(0.1)}:2"}


def test_a_flush_that_failed_is_taken_again() -> None:
    period = OpenPeriod(fence=3)
    period.add("main", API, NOW, 0.1, Outcome.OK)
    assert period.take() == period.take()


def test_what_came_during_a_flush_is_taken_by_the_next() -> None:
    period = OpenPeriod(fence=3)
    period.add("main", API, NOW, 0.1, Outcome.OK)
    taken = period.take()
    period.add("main", API, NOW + 1, 0.1, Outcome.OK)
    period.confirm(taken, NOW + 2)
    assert counted(period) == {f"{MINUTE}.3": f"{code_of(0.1)}:2"}


def test_a_timeout_counts_at_its_limit_and_as_an_outcome() -> None:
    period = OpenPeriod(fence=1)
    period.add("main", API, NOW, 10.0, Outcome.TIMEOUT)
    timeout = outcome_code(Outcome.TIMEOUT)
    assert counted(period) == {f"{MINUTE}.1": f"{code_of(10.0)}:1,{timeout}:1"}


def test_an_error_counts_only_as_an_outcome() -> None:
    period = OpenPeriod(fence=1)
    period.add("main", API, NOW, 0.002, Outcome.CONNECT)
    assert counted(period) == {f"{MINUTE}.1": f"{outcome_code(Outcome.CONNECT)}:1"}


def test_a_result_without_a_duration_is_still_counted() -> None:
    period = OpenPeriod(fence=1)
    period.add("main", API, NOW, None, Outcome.OK)
    assert counted(period) == {f"{MINUTE}.1": f"{outcome_code(Outcome.OK)}:1"}


def test_a_minute_is_forgotten_when_it_is_past_and_flushed() -> None:
    period = OpenPeriod(fence=1)
    period.add("main", API, NOW, 0.1, Outcome.OK)
    period.add("main", CONNECT, NOW, 0.01, Outcome.OK)
    taken = period.take()
    period.confirm(taken[:1], PAST)
    assert period.oldest == MINUTE
    period.confirm(taken[1:], PAST - 1)
    assert period.oldest == MINUTE
    period.confirm((), PAST)
    assert period.oldest is None
    assert len(period) == 0


def test_a_late_result_never_writes_over_a_forgotten_minute() -> None:
    period = OpenPeriod(fence=1)
    names: list[str] = []
    for _ in range(3):
        period.add("main", API, NOW, 0.1, Outcome.OK)
        taken = period.take()
        names += [cell.field for cell in taken]
        period.confirm(taken, PAST)
    assert len(set(names)) == 3
    assert all(name.startswith(f"{MINUTE}.1") for name in names)


def test_a_store_that_is_away_for_days_does_not_fill_the_memory() -> None:
    period = OpenPeriod(fence=1, most_cells=10)
    for minute in range(100):
        period.add("main", API, NOW + 60 * minute, 0.1, Outcome.OK)
        period.add("main", CONNECT, NOW + 60 * minute, 0.01, Outcome.OK)
    assert len(period) <= 12
    assert period.dropped == 100 - len(period) // 2
    assert period.oldest is not None
    assert period.oldest > MINUTE + 90
