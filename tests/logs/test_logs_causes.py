"""Which attribute explains the errors."""

from dataclasses import replace

import pytest

from console.logs.area import diagnose_now
from console.logs.causes import Explained, diagnose
from console.logs.model import Level, Line, Value


def line(level: Level = Level.INFO, **fields: Value) -> Line:
    return Line(1, None, level, "x", fields)


def traffic(errors: dict[tuple[str, str], int], others: int = 300) -> list[Line]:
    """Errors by phase and instance among other lines of all phases and instances."""
    phases, instances = ("auth", "fetch", "post"), ("i1", "i2", "i3")
    lines = [
        line(phase=phases[n % 3], instance=instances[n // 3 % 3], request_id=f"r{n}")
        for n in range(others)
    ]
    for (phase, instance), number in errors.items():
        lines += [line(Level.ERROR, phase=phase, instance=instance, request_id="r")] * number
    return lines


def test_one_phase_that_has_most_errors_explains_them():
    told = diagnose(
        traffic({("post", "i1"): 10, ("post", "i2"): 11, ("post", "i3"): 9, ("auth", "i1"): 3})
    )
    assert told.explained is Explained.ONE_AREA
    first = told.causes[0]
    assert (first.names, first.values, first.support) == (("phase",), ("post",), 30)
    assert first.share == pytest.approx(30 / 33)
    assert first.share_of_others == pytest.approx(1 / 3)
    assert first.lift == pytest.approx((30.5 / 34) / (100.5 / 301))


def test_errors_everywhere_have_no_area():
    even = {(phase, one): 5 for phase in ("auth", "fetch", "post") for one in ("i1", "i2", "i3")}
    told = diagnose(traffic(even))
    assert told.explained is Explained.SPREAD
    assert told.causes == ()


def test_two_areas_are_both_named():
    told = diagnose(traffic({("post", "i1"): 60, ("auth", "i3"): 60}))
    assert told.explained is Explained.FEW_AREAS
    assert told.areas == 2


def test_values_that_always_go_together_are_one_cause():
    lines = [line(instance=f"i{n % 4}", commit=f"c{n % 4}") for n in range(200)]
    lines += [line(Level.ERROR, instance="i1", commit="c1")] * 20
    told = diagnose(lines)
    assert told.causes[0].names == ("commit", "instance")
    assert told.causes[0].values == ("c1", "i1")


def test_a_few_errors_are_not_explained():
    assert diagnose(traffic({("post", "i1"): 4})).explained is Explained.TOO_FEW


def test_lines_that_tell_nothing_are_said_to():
    told = diagnose([line(Level.ERROR)] * 20 + [line()] * 20)
    assert (told.explained, told.named) == (Explained.NO_FIELDS, 0.0)


def test_the_error_itself_explains_nothing():
    lines = [line(Level.ERROR, error_type="KeyError", status=500, item=f"a{n}") for n in range(20)]
    assert diagnose(lines + [line(status=200)] * 50).causes == ()


def test_an_id_is_no_cause():
    lines = [line(Level.ERROR, session=f"s{n // 5}") for n in range(4000)]
    assert diagnose(lines + [line()] * 50).causes == ()


def test_fields_may_be_chosen():
    lines = traffic({("post", "i1"): 30})
    assert {one.names for one in diagnose(lines, ["instance"]).causes} == {("instance",)}


def test_without_errors_there_is_nothing_to_explain():
    assert diagnose([]).explained is Explained.TOO_FEW
    assert diagnose(traffic({})).errors == 0


def test_only_errors_cannot_be_held_against_anything():
    told = diagnose([line(Level.ERROR, phase="post", request_id="r")] * 20)
    assert told.causes == ()


def test_an_outage_that_is_over_does_not_hide_the_one_that_goes_on():
    now = 1_790_000_000.0
    over = [replace(line(Level.ERROR, api="bank", phase="post"), time=now - 900)] * 200
    going = [replace(line(Level.ERROR, phase="fetch"), time=now - 60 - n) for n in range(30)]
    well = [replace(line(phase="list"), time=now - n) for n in range(200)]
    told = diagnose_now([*over, *well, *going], now)
    assert (told.causes[0].values, told.errors, told.span) == (("fetch",), 30, 300.0)


def test_errors_of_long_ago_are_still_explained():
    now = 1_790_000_000.0
    over = [replace(line(Level.ERROR, api="bank"), time=now - 9000)] * 20
    told = diagnose_now([*over, *[line(phase="list")] * 90], now)
    assert (told.causes[0].values, told.span) == (("bank",), None)
