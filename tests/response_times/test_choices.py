from console.health.check import Check, Service
from console.response_times.choices import choices, find, kind_name, kind_word
from console.store.series import SeriesId

SHOP = Service(
    name="shop",
    checks=(
        Check(name="web", title="Website", url="https://shop.example"),
        Check(name="api", url="https://api.example"),
    ),
)


def labels(kind: str, *stored: SeriesId, service: Service = SHOP) -> list[str]:
    return [choice.label for choice in choices(service, stored)[kind]]


def test_checks_come_as_they_are_configured_even_without_history() -> None:
    assert labels("check") == ["Website", "api"]


def test_what_else_has_history_is_grouped_by_kind_in_a_fixed_order() -> None:
    stored = [
        SeriesId("instance", "ab12"),
        SeriesId("zebra_crossing", "x"),
        SeriesId("api", "accounting"),
        SeriesId("route", "GET /invoices"),
        SeriesId("check", "web"),
    ]
    found = choices(SHOP, stored)
    assert list(found) == ["check", "route", "api", "instance", "zebra_crossing"]
    assert [choice.series for choice in found["route"]] == [SeriesId("route", "GET /invoices")]
    assert len(found["check"]) == 2


def test_phases_are_part_of_their_series_and_no_choice_of_their_own() -> None:
    stored = [SeriesId("check", "web", "tls"), SeriesId("route", "GET /", "first_byte")]
    found = choices(SHOP, stored)
    assert [len(group) for group in found.values()] == [2, 1]
    assert found["route"][0].series == SeriesId("route", "GET /")


def test_a_check_that_is_gone_keeps_its_history_and_comes_last() -> None:
    assert labels("check", SeriesId("check", "old"))[-1] == "old (not configured any more)"


def test_checks_with_the_same_title_are_told_apart() -> None:
    twins = Service(
        name="shop",
        checks=tuple(
            Check(name=name, title="Website", url="https://shop.example") for name in ("a", "b")
        ),
    )
    assert labels("check", service=twins) == ["Website (a)", "Website (b)"]


def test_the_first_series_that_is_offered_wins() -> None:
    offered = choices(SHOP, [SeriesId("route", "GET /x")])
    assert find(offered, ("route:GET /x", "check:web")).series.name == "GET /x"
    assert find(offered, (None, "check:api")).series.name == "api"
    assert find(offered, ("check:nothing", None)).series.name == "web"


def test_without_any_series_there_is_nothing_to_find() -> None:
    assert choices(Service(name="shop", checks=()), ()) == {}
    assert find({}, ("check:web",)) is None


def test_kinds_of_a_later_version_are_called_by_their_own_names() -> None:
    assert (kind_name("api"), kind_word("api")) == ("External APIs", "external API")
    assert (kind_name("job_queue"), kind_word("job_queue")) == ("Job queue", "job queue")
