"""Services as configuration gives them: read, judged, and every problem told with its place."""

import tomllib
from collections.abc import Mapping

import pytest

from console.service_problems import clashes
from console.services import named_variables, read_services, service_from_urls
from console.urls import url_problem


def read(text: str, environment: Mapping[str, str] = {}):
    return read_services(tomllib.loads(text)["services"], environment)


def problems(text: str, **environment: str) -> list[str]:
    return read(text, environment)[1]


def one_check(line: str) -> str:
    return f'[[services]]\nname = "shop"\n[[services.checks]]\nname = "api"\n{line}\n'


def test_a_url_gives_a_web_check_and_its_certificate():
    (service,) = service_from_urls("https://www.Shop.example:8443/health", redis=False)
    assert (service.name, service.title) == ("shop-example", "www.shop.example")
    assert [(check.name, check.type, check.url) for check in service.checks] == [
        ("web", "http", "https://www.Shop.example:8443/health"),
        ("tls", "tls", "tls://www.shop.example:8443"),
    ]


def test_a_url_without_encryption_has_no_certificate_to_watch():
    (service,) = service_from_urls("http://[::1]:8000", redis=False)
    assert [check.name for check in service.checks] == ["web"]
    assert service.name == "1"


def test_a_redis_beside_the_url_is_one_more_check_that_names_the_variable():
    (service,) = service_from_urls("https://shop.example", redis=True)
    cache = service.check("cache")
    assert cache is not None
    assert (cache.type, cache.url, cache.url_env) == ("redis", "", "REDIS_URL")
    assert named_variables([service]) == {"REDIS_URL"}


def test_a_redis_alone_is_a_service_and_nothing_at_all_is_none():
    (service,) = service_from_urls("", redis=True)
    assert [check.name for check in service.checks] == ["cache"]
    assert service_from_urls("", redis=False) == []


def test_the_tables_of_the_readme_are_read():
    services, wrong = read(
        """
        [[services]]
        name = "shop"
        sleep_after = "15m"

        [[services.checks]]
        name = "bank"
        url = "https://api.bank.example/health"

        [[services.checks]]
        name = "api"
        url = "https://shop.example/health"
        depends_on = ["bank"]
        interval = "1m30s"
        bearer_env = "SHOP_TOKEN"
        conditions = ["[STATUS] == 200", "len([BODY].errors) == 0"]

        [[services.checks]]
        name = "export"
        type = "push"
        interval = "1d"

        [[services.maintenance]]
        title = "Database move"
        start = 2026-12-05T22:00:00+09:00
        end = "2026-12-06T02:00:00+09:00"
        """,
        {"SHOP_TOKEN": "t"},
    )
    assert wrong == []
    (shop,) = services
    api = shop.check("api")
    assert api is not None
    assert (api.interval, api.depends_on) == (90.0, ("bank",))
    (planned,) = shop.maintenance
    assert planned.end - planned.start == 4 * 3600


def test_every_problem_of_every_service_is_told_at_once():
    told = problems(
        """
        [[services]]
        name = "Shop"
        [[services.checks]]
        name = "api"
        url = "https://shop.example"
        intervall = "30s"
        timeout = "soon"

        [[services]]
        name = "bank"
        titel = "Bank"
        [[services.checks]]
        name = "api"
        url = "https://bank.example"
        conditions = ["[STATUS] = 200"]
        [[services.checks]]
        name = "site"
        url = "https://bank.example"
        depends_on = ["dns"]
        bearer_env = "BANK_TOKEN"
        """
    )
    expected = [
        "service Shop, name: 'Shop' is not a usable name: lower case letters",
        "service Shop, check api, timeout: 'soon' is not a duration; write 30s",
        "service Shop, check api, intervall: is not known; did you mean interval?",
        "service bank, check api, conditions[0]: ",
        "service bank, titel: is not known; did you mean title?",
        "service bank, check site, bearer_env: the variable BANK_TOKEN is not set",
        "service bank, check site, depends_on: there is no check dns",
    ]
    assert [line[: len(start)] for line, start in zip(told, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('url = "ftp://shop.example"', "must begin with https:// or http://"),
        ('url = "https://"', "is not a URL with a host"),
        ('url = "https://shop.example:port"', "is not a URL (host or port cannot be read)"),
        ('type = "tcp"\nurl = "tcp://shop.example"', "needs a port (host:port)"),
        ('type = "redis"\nurl = "http://shop.example"', "must begin with redis://"),
        ("", "give either url or url_env"),
        ('url = "https://a.example"\ninterval = "10ms"', "interval must be at least 1 s"),
        ('url = "https://a.example"\nbearer_env = "NONE"', "the variable NONE is not set"),
        ('type = "push"\nurl = "https://a.example"', "a push check has no url"),
        (
            'url = "https://a.example"\nconditions = "[STATUS] == 200"',
            'conditions: must be a list of conditions, such as ["[STATUS] == 200"]',
        ),
        (
            'url = "https://a.example"\ndepends_on = "bank"',
            'depends_on: must be a list of names of checks, such as ["api", "cache"]',
        ),
        (
            'url = "https://a.example"\nverify_tls = "maybe"',
            "verify_tls: must be true or false, without quotes",
        ),
        ('url = "https://a.example"\nmethod = 1', "method: must be text in quotes"),
        (
            'url = "https://a.example"\nfailure_threshold = 0',
            "failure_threshold: must be greater than or equal to 1",
        ),
        ('type = "ping"\nurl = "https://a.example"', "must be 'http', 'tcp'"),
    ],
)
def test_what_is_wrong_with_a_check_is_said_in_words(line: str, expected: str):
    (problem,) = problems(one_check(line))
    assert problem.startswith("service shop, check api")
    assert expected in problem


@pytest.mark.parametrize("scheme", ["https", "redis", "tcp"])
def test_a_password_in_a_url_is_refused_and_not_repeated(scheme: str):
    kind = scheme.replace("https", "http")
    (problem,) = problems(
        one_check(f'type = "{kind}"\nurl = "{scheme}://me:hunter2@shop.example:99"')
    )
    assert "has a login in it" in problem
    assert "url_env" in problem
    assert "hunter2" not in problem


def test_a_url_in_a_variable_is_judged_like_one_that_is_written_out():
    check = one_check('type = "redis"\nurl_env = "CACHE"')
    assert problems(check, CACHE="redis://:hunter2@cache.example") == []
    (problem,) = problems(check, CACHE="https://:hunter2@cache.example")
    assert problem.startswith("service shop, check api, url_env: CACHE must begin with redis://")
    assert "hunter2" not in problem


def test_checks_that_do_not_fit_together_are_told():
    def check(name: str, *parents: str) -> str:
        return f'{{name = "{name}", url = "https://a.example", depends_on = {list(parents)}}}'

    def said(*checks: str) -> list[str]:
        return problems(f'[[services]]\nname = "shop"\nchecks = [{", ".join(checks)}]')

    assert said() == ["service shop, checks: at least one check is needed"]
    assert said(check("a"), check("a")) == [
        "service shop, checks[1], name: a check named a is there already"
    ]
    assert said(check("bank"), check("api", "bnak")) == [
        "service shop, check api, depends_on: there is no check bnak; did you mean bank?"
    ]
    assert said(check("a", "b"), check("b", "c"), check("c", "a")) == [
        "service shop, checks: depends_on goes in a circle: a -> b -> c -> a"
    ]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("start = 2026-12-05T22:00:00\nend = 2026-12-06T22:00:00Z", "start: needs a zone"),
        ('start = "soon"\nend = 2026-12-06T22:00:00Z', "start: is not a date-time"),
        ("start = 2026-12-07T22:00:00Z\nend = 2026-12-06T22:00:00Z", "end: must be after start"),
        ("start = 2026-12-05T22:00:00Z", "end: is missing"),
    ],
)
def test_a_maintenance_window_needs_two_times_in_order_and_with_a_zone(times: str, expected: str):
    table = f'[[services.maintenance]]\ntitle = "Move"\n{times}\n'
    (problem,) = problems(one_check('url = "https://a.example"') + table)
    assert problem.startswith(f"service shop, maintenance[0].{expected}")


def test_a_service_that_sleeps_must_be_allowed_to():
    (problem,) = problems(
        one_check('url = "https://a.example"').replace(
            '"shop"', '"shop"\nsleep_after = "15m"\nwake_interval = "10m"'
        )
    )
    assert problem.startswith("service shop, wake_interval: must be longer than sleep_after")


def test_a_place_without_a_name_of_its_own_is_told_by_its_number():
    told = problems(
        """
        [[services]]
        title = "No name"
        [[services.checks]]
        url = "https://a.example"
        [[services.checks]]
        name = "a: b"
        url = "https://a.example"
        [[services]]
        name = "twice"
        checks = []
        [[services]]
        name = "twice"
        checks = {}
        """
    )
    assert [line.partition(": ")[0] for line in told] == [
        "services[0], name",
        "services[0], checks[0], name",
        "services[0], checks[1], name",
        "services[1], checks",
        "services[2], checks",
    ]
    assert told[-1].endswith("a list of tables; write [[services.checks]] with two brackets")


def test_what_is_no_list_of_tables_is_told_how_to_write_one():
    for content in ({"name": "shop"}, "shop", 1):
        (problem,) = read_services(content, {})[1]
        assert "write [[services]] with two brackets" in problem
    assert read_services(["shop"], {})[1] == ["services[0]: must be a table"]


def test_nobody_passes_for_the_sample():
    (problem,) = problems(
        one_check('url = "https://a.example"').replace('"shop"', '"shop"\nsample = true')
    )
    assert problem == "service shop, sample: is the console's own and cannot be set"


def test_two_services_of_one_name_are_told():
    services, _ = read(one_check('url = "https://a.example"') * 2)
    assert clashes(services) == ["services: 2 services are named shop"]


def test_a_url_for_a_socket_names_its_path():
    assert url_problem("unix:///run/valkey.sock", "redis") == ""
    assert url_problem("unix://", "redis") == "must name a socket: unix:///path"


def test_a_service_without_checks_is_told_so_in_a_sentence():
    table = {"name": "shop", "platform": "local", "platform_service": "/srv/shop"}
    (problem,) = read_services([table], {})[1]
    assert problem == (
        "service shop, checks: there are none; write at least one [[services.checks]] table below "
        "the service"
    )
