from dataclasses import replace
from datetime import UTC

from console.alerts.model import Acknowledgement
from console.health.check import Maintenance
from console.health.model import CheckState, Incident, Status
from console.health.plain_words import (
    PlainStatus,
    held_back,
    incident_line,
    plain_status,
    planned,
)
from console.health.state import fall_asleep
from console.health.summary import Standing
from console.health.verdict import summarise
from tests.health.presenting import NOW, beat, failing, service, state, states

LABELS = {"web": "Website", "api": "API"}


def told(known: dict[str, CheckState], **more: object) -> PlainStatus:
    return plain_status(summarise(service(**more), known, beat(), NOW, UTC), UTC)


def test_all_well_says_since_the_last_interruption():
    status = told(states(state("api", since=NOW - 600)))
    assert status.headline == "Everything is working."
    assert status.sentences == ("Without interruption since 08:50, for 10 minutes.",)


def test_a_failure_is_told_without_what_the_probe_said():
    status = told(states(failing("api", "HTTP 503"), failing("jobs", caused_by="api")))
    assert status.headline == "API is not working."
    assert status.sentences == (
        "Not working since 08:48, for 12 minutes.",
        "Also affected: Jobs.",
        "Everything else is working.",
    )
    assert "503" not in " ".join(status.sentences)


def test_when_everything_fails_the_service_does():
    known = states(failing("web"), failing("api"), failing("jobs", caused_by="api"))
    assert told(known).headline == "Shop is not working."


def test_somebody_who_took_it_is_mentioned_but_not_named():
    broken = failing("web")
    taken = replace(broken.alert, acknowledgement=Acknowledgement("Mara", "on it", NOW))
    status = told(states(replace(broken, alert=taken)))
    assert "Somebody is working on it." in status.sentences
    assert "Mara" not in " ".join(status.sentences)


def test_unknown_is_no_statement_about_the_service():
    old = [state(name, at=NOW - 900) for name in ("web", "api", "jobs")]
    assert told(states(*old)) == PlainStatus(
        told(states(*old)).standing,
        "We cannot tell right now.",
        ("The last look was at 08:45, 15 minutes ago. This says nothing about Shop itself.",),
    )
    assert told({}).sentences[0].startswith("Nothing has been checked yet.")


def test_partly_unknown_is_mostly_working():
    status = told(states(state("web", at=NOW - 90_000)))
    assert status.headline == "Mostly working, as far as we can tell."
    assert status.sentences[0].startswith("We cannot tell about Website. The last look was yester")


def test_a_warning_and_sleep_have_words_of_their_own():
    assert told(states(state("web", Status.WARN))).sentences == (
        "Website works, but not as well as usual since 08:00, for 1 hour.",
    )
    asleep = [fall_asleep(state(name), NOW - 60) for name in ("web", "api", "jobs")]
    assert told(states(*asleep)).headline == "Resting, ready to start."


def test_planned_work_is_announced_fourteen_days_ahead_the_next_first():
    def window(title: str, start: float) -> Maintenance:
        return Maintenance(title=title, start=NOW + start, end=NOW + start + 3600, checks=("web",))

    windows = (window("Far", 15 * 86400), window("Later", 86400), window("Now.", -60))
    summary = summarise(service(maintenance=windows), states(), beat(), NOW, UTC)
    assert planned(summary, UTC) == (
        "Now: Website, until 09:59.",
        "Later: Website, from tomorrow 09:00 to tomorrow 10:00.",
    )


def test_an_incident_is_a_sentence():
    closed = Incident("1", "api", NOW - 7200, "HTTP 503", NOW - 3600, ("web",))
    still = Incident("2", "gone", NOW - 120, "HTTP 503")
    assert incident_line(closed, LABELS, NOW, UTC) == (
        "API and Website did not work from 07:00, for 1 hour."
    )
    assert incident_line(still, LABELS, NOW, UTC) == (
        "gone has not been working since 08:58, for 2 minutes."
    )


def test_a_service_that_only_rehearses_is_not_said_to_work():
    well = told(states(state("api", since=NOW - 600)))
    said = held_back(well, "Shop", "dry_run", NOW - 720, NOW, UTC)
    assert (said.standing, said.headline) == (
        Standing.WARN,
        "Only rehearsing: nothing is sent out.",
    )
    assert said.sentences[0] == (
        "Shop only rehearses: it works through what comes in and sends nothing out since 08:48, "
        "for 12 minutes. Somebody chose this."
    )
    assert held_back(well, "Shop", "paused", None, NOW, UTC).headline.startswith("Paused")
    assert held_back(well, "Shop", "live", NOW, NOW, UTC) is well


def test_what_is_broken_stays_the_headline_while_a_service_rehearses():
    broken = told(states(failing("web")))
    said = held_back(broken, "Shop", "dry_run", None, NOW, UTC)
    assert said.headline == broken.headline
    assert "only rehearses" in said.sentences[-1]
