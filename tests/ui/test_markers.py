"""Deployments in charts: one mark each, with its verdict, as text and never too many."""

from datetime import UTC

from console.activity.model import Event, Kind
from console.deployments.marks import marks
from console.ui import markers
from console.ui.charts import Chart

NOW = 1_000_000.0


def told(number: int, verdict: str = "", status: str = "") -> list[Event]:
    """The two events of a deployment, as the collector writes them."""
    at, source = NOW + number * 60, f"dep-{number}"
    title = f"Deployment of {number:07x} is live."
    found = [Event(f"deployment-{source}-ended", at, Kind.DEPLOYMENT, title, source)]
    if verdict:
        title = f"Deployment of {number:07x}: {verdict}. {verdict.capitalize()} over 10 min."
        found.append(
            Event(f"deployment-{source}-verdict", at + 600, Kind.DEPLOYMENT, title, source, status)
        )
    return found


def chart() -> Chart:
    return {"data": [{"type": "scatter"}], "layout": {"shapes": [{"type": "rect"}]}}


def test_two_events_of_one_deployment_are_one_mark_with_the_verdict():
    incident = Event("i", NOW, Kind.INCIDENT, "Door fails.", "door", "fail")
    found = marks([*told(1, "verified", "pass"), incident, *told(2)])
    assert [one.at for one in found] == [NOW + 120, NOW + 60]
    assert [one.title for one in found] == [
        "Deployment of 0000002 is live.",
        "Deployment of 0000001 is live; verified. Verified over 10 min.",
    ]
    assert [one.status for one in found] == ["", "pass"]


def test_what_the_console_did_by_itself_is_a_mark_of_its_own():
    title = "The console rolled 0000001 back to 0000000 by itself."
    event = Event("automatic-dep-1", NOW + 700, Kind.DEPLOYMENT, title, "dep-1", "warn")
    found = marks([event, *told(1, "failed", "fail")])
    assert [one.title for one in found] == [
        title, "Deployment of 0000001 is live; failed. Failed over 10 min.",
    ]  # fmt: skip


def test_a_verdict_whose_deployment_was_before_the_window_is_no_mark():
    assert marks(told(1, "failed", "fail")[1:]) == []


def test_a_chart_has_at_most_twenty_marks_and_keeps_what_it_had():
    made = chart()
    markers.draw(made, marks([event for n in range(50) for event in told(n)]), UTC)
    assert len(made["layout"]["shapes"]) == 1 + markers.MOST
    assert len(made["data"][1]["x"]) == markers.MOST
    assert made["data"][1]["text"][0].endswith("Deployment of 0000031 is live.")  # the newest


def test_no_deployment_leaves_a_chart_as_it_is():
    made = chart()
    markers.draw(made, [], UTC)
    assert made == chart()


def test_text_from_outside_is_no_markup_in_a_hover():
    (event,) = told(1)
    hostile = Event(event.id, NOW, Kind.DEPLOYMENT, "<b>x</b> <img src=x>", event.source)
    made = chart()
    markers.draw(made, marks([hostile]), UTC)
    assert "&lt;b&gt;x" in made["data"][1]["text"][0]
    assert "<img" not in str(made)
