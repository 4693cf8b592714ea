"""What if: lines of .env, fixes taken together, and sliders that never stand outside themselves."""

import random

import pytest

from console.timeouts.lint import Facts, run_rules
from console.timeouts.model import resolve
from console.timeouts.rules import RULES
from console.timeouts.whatif import differing, env_lines, every_fix, sliders


def test_only_what_differs_becomes_a_line_in_the_unit_of_its_name():
    plan = resolve({})
    wanted = {"API_TIMEOUT_SECONDS": 20.0, "API_PAGE_WAIT_MS": 2.0, "RETRY_BASE_MS": 0.25}
    lines = env_lines(differing(plan, wanted))
    assert lines == "API_TIMEOUT_SECONDS=20\nRETRY_BASE_MS=250"


def test_a_line_read_back_gives_the_plan_that_was_tried():
    tried = resolve({}).changed({"API_TIMEOUT_SECONDS": 20.0, "RETRY_JITTER_MS": 0.35})
    lines = env_lines({"API_TIMEOUT_SECONDS": 20.0, "RETRY_JITTER_MS": 0.35})
    read = resolve(dict(line.split("=") for line in lines.splitlines()))
    for name in ("API_TIMEOUT_SECONDS", "RETRY_JITTER_MS"):
        assert read.time(name) == pytest.approx(tried.time(name))


@pytest.mark.parametrize(
    ("platform", "server", "left"),
    [
        ("none", "uvicorn", []),
        ("cloud_run", "gunicorn", []),
        ("render", "uvicorn", []),
        ("kubernetes", "gunicorn", ["T02"]),  # 60 s hold not one page at its worst
        ("railway", "uvicorn", ["T10"]),  # only the platform can raise its delay
    ],
)
def test_every_fix_together_leaves_only_what_no_variable_mends(
    platform: str, server: str, left: list[str]
):
    facts = Facts(resolve({}, platform, server), (), (), 1)
    changes = every_fix(facts)
    after = run_rules(Facts(facts.plan.changed(changes), (), (), 1), RULES)
    assert sorted(one.rule for one in after if one.fires) == left


def test_a_slider_stands_within_its_ends_whatever_is_set():
    chance = random.Random(3)
    words = ["0", "none", "1", "0.05", "50ms", "777", "99999", "2m"]
    for _ in range(200):
        plan = resolve({name: chance.choice(words) for name in resolve({}).values})
        for slider in sliders(plan):
            assert slider.reaches(slider.amount), slider
            assert slider.least < slider.most, slider
