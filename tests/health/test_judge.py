import pytest

from console.health.answer import Answer
from console.health.check import Check
from console.health.judge import judge
from console.health.model import Outcome, Status

DAY = 86400.0


def check(**more: object) -> Check:
    fields = {"name": "api", "url": "http://a.example", **more}
    return Check.model_validate(fields)


def answer(status: int = 200, took: float = 0.1, body: bytes = b"") -> Answer:
    return Answer(status=status, response_time=took, body=body, connected=True)


def test_without_conditions_http_passes_below_400() -> None:
    judged = judge(check(), answer(), "HTTP 200")
    assert (judged.status, judged.outcome) == (Status.PASS, Outcome.OK)
    assert judged.message == "HTTP 200 in 100 ms."
    judged = judge(check(), answer(503), "HTTP 503")
    assert (judged.status, judged.outcome) == (Status.FAIL, Outcome.CONDITION)


def test_slow_but_answering_is_a_warning() -> None:
    judged = judge(check(slow_after="1s"), answer(took=1.5), "HTTP 200")
    assert (judged.status, judged.outcome) == (Status.WARN, Outcome.OK)
    assert judged.message == "HTTP 200 in 1.50 s, slower than 1 s."


def test_slow_and_failing_is_a_failure() -> None:
    assert judge(check(), answer(500, took=5.0), "HTTP 500").status is Status.FAIL


def test_a_condition_that_does_not_hold_fails_and_is_told_with_its_value() -> None:
    judged = judge(check(conditions=["[STATUS] == 200", "[STATUS] < 300"]), answer(302), "HTTP 302")
    assert (judged.status, judged.outcome) == (Status.FAIL, Outcome.CONDITION)
    assert judged.message == (
        "HTTP 302 in 100 ms, but 2 of 2 conditions do not hold: "
        "[STATUS] (302) == 200; [STATUS] (302) < 300."
    )
    assert [part.status for part in judged.parts] == [Status.FAIL, Status.FAIL]


def test_a_wished_condition_only_warns() -> None:
    judged = judge(
        check(conditions=["[STATUS] == 200"], warn_conditions=["[RESPONSE_TIME] < 50"]),
        answer(),
        "HTTP 200",
    )
    assert (judged.status, judged.outcome) == (Status.WARN, Outcome.OK)
    assert "[RESPONSE_TIME] (100) < 50 should hold" in judged.message
    assert [part.status for part in judged.parts] == [Status.PASS, Status.WARN]


def test_conditions_decide_where_there_are_some() -> None:
    judged = judge(check(conditions=["[STATUS] == 503"]), answer(503, body=b"down"), "HTTP 503")
    assert judged.status is Status.PASS


def test_what_the_body_reports_is_shown_beside_the_conditions_that_decide() -> None:
    body = b'{"status":"fail","checks":{"db":{"status":"fail"}}}'
    judged = judge(check(conditions=["[STATUS] == 200"]), answer(body=body), "HTTP 200")
    assert (judged.status, judged.message) == (Status.PASS, "HTTP 200 in 100 ms.")
    assert [(part.name, part.status) for part in judged.parts] == [
        ("[STATUS] == 200", Status.PASS),
        ("db", Status.FAIL),
    ]


@pytest.mark.parametrize(
    ("code", "body", "status", "message"),
    [
        (200, b'{"status":"UP"}', Status.PASS, "HTTP 200 in 100 ms."),
        (
            200,
            b'{"status":"DOWN","components":{"db":{"status":"DOWN"}}}',
            Status.FAIL,
            "HTTP 200 in 100 ms, but the body says fail (db).",
        ),
        (
            503,
            b'{"status":"pass"}',
            Status.FAIL,
            "HTTP 503 in 100 ms, although the body says pass.",
        ),
        (
            503,
            b'{"status":"fail","output":"no disk"}',
            Status.FAIL,
            "HTTP 503 in 100 ms, and the body says fail: no disk.",
        ),
        (
            200,
            b'{"status":"unknown"}',
            Status.WARN,
            "HTTP 200 in 100 ms, but the body says unknown.",
        ),
    ],
)
def test_the_worse_of_code_and_body_counts(
    code: int, body: bytes, status: Status, message: str
) -> None:
    judged = judge(check(), answer(code, body=body), f"HTTP {code}")
    assert (judged.status, judged.message) == (status, message)


@pytest.mark.parametrize(
    ("left", "status", "words"),
    [
        (90 * DAY, Status.PASS, "is valid for 90 d."),
        (20 * DAY, Status.WARN, "is valid for 20 d, less than 30 d."),
        (3 * DAY, Status.FAIL, "is valid for 3 d, less than 7 d."),
        (-2 * DAY, Status.FAIL, "expired 2 d ago."),
        (None, Status.FAIL, "showed no certificate."),
    ],
)
def test_a_certificate_is_judged_by_the_time_it_has_left(
    left: float | None, status: Status, words: str
) -> None:
    tls = check(type="tls", url="tls://a.example:443")
    judged = judge(tls, Answer(connected=True, certificate_expires_in=left), "TLS handshake")
    assert judged.status is status
    assert judged.message.endswith(words)


@pytest.mark.parametrize(
    ("kind", "announced", "status"),
    [
        ("text/html", True, Status.PASS),
        ("text/html", False, Status.WARN),
        ("application/json", True, Status.WARN),
    ],
)
def test_a_body_that_was_cut_passes_only_where_nothing_was_to_be_learned_from_it(
    kind: str, announced: bool, status: Status
) -> None:
    cut = Answer(200, 0.1, b'{"status": "pass', content_type=kind, cut=True, announced=announced)
    assert judge(check(), cut, "HTTP 200").status is status
    assert judge(check(conditions=["[STATUS] == 200"]), cut, "HTTP 200").status is Status.PASS


@pytest.mark.parametrize(
    "kind", ["", "application/json", "text/plain; charset=utf-8", "application/health+json"]
)
def test_usual_types_of_json_are_not_remarked_upon(kind: str) -> None:
    sent = Answer(200, 0.1, b'{"status": "pass"}', content_type=kind)
    assert judge(check(), sent, "HTTP 200").message == "HTTP 200 in 100 ms."


def test_a_body_cut_within_a_character_is_still_utf_8() -> None:
    assert Answer(body="aé".encode()[:2], cut=True).is_utf8
    assert not Answer(body="aé".encode()[:2]).is_utf8
