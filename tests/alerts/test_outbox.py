"""The outbox: order, retries, and what a new collector makes of what another one was sending."""

from dataclasses import replace

from console.alerts.channels import parse
from console.alerts.message import Message
from console.alerts.outbox import (
    BACKOFF,
    BEFORE,
    KEPT,
    Answer,
    Delivery,
    Stage,
    begin,
    due,
    finish,
    old,
    post,
    recover,
    without,
)

NOW = 1_800_000_000.0
SLACK, MAIL = parse("slack://a/b/c mailto://u:p@example.com")


def message(number: int = 1, group: str = "shop/check:api") -> Message:
    return Message(f"shop/fired/{number}", group, f"title {number}", "body")


def one(**more) -> Delivery:
    (made,) = post([message()], [SLACK], "shop", NOW)
    return replace(made, **more)


def box(*deliveries: Delivery) -> dict[str, Delivery]:
    return {delivery.id: delivery for delivery in deliveries}


def test_every_channel_gets_a_delivery_of_its_own():
    made = post([message()], [SLACK, MAIL], "shop", NOW)
    assert [delivery.channel for delivery in made] == ["slack-1", "mailto-1"]
    assert len({delivery.id for delivery in made}) == 2
    assert {delivery.message for delivery in made} == {"shop/fired/1"}


def test_the_same_change_has_the_same_id():
    assert one().id == one().id


def test_it_is_marked_before_and_after():
    sending = begin(one())
    assert (sending.stage, sending.attempts) == (Stage.SENDING, 1)
    sent = finish(sending, Answer(True), NOW + 2)
    assert (sent.stage, sent.over_at, sent.over) == (Stage.SENT, NOW + 2, True)


def test_failures_are_tried_again_later_and_later_and_then_given_up():
    delivery, at = one(), NOW
    for wait in BACKOFF:
        delivery = finish(begin(delivery), Answer(False, "It answered 500."), at)
        assert (delivery.stage, delivery.next_at) == (Stage.DUE, at + wait)
        assert not due(box(delivery), delivery.next_at - 1)
        at = delivery.next_at
        assert due(box(delivery), at) == [delivery]
    delivery = finish(begin(delivery), Answer(False, "It answered 500."), at)
    assert (delivery.stage, delivery.reason) == (Stage.GIVEN_UP, "It answered 500.")
    assert due(box(delivery), at + 1e6) == []


def test_a_wrong_address_is_given_up_at_once():
    delivery = finish(begin(one()), Answer(False, "No such kind.", final=True), NOW)
    assert delivery.stage is Stage.GIVEN_UP


def test_what_may_have_arrived_says_so_at_the_next_attempt():
    delivery = finish(begin(one()), Answer(False, "No answer.", possibly=True), NOW)
    assert delivery.sent_title == f"title 1 {BEFORE}"
    refused = finish(begin(one()), Answer(False, "It answered 500."), NOW)
    assert refused.sent_title == "title 1"


def test_a_delivery_whose_collector_died_is_sent_once_more_and_marked():
    again = recover(begin(one()), NOW + 30)
    assert (again.stage, again.next_at, again.possibly_before) == (Stage.DUE, NOW + 30, True)
    second = recover(begin(again), NOW + 60)
    assert second.stage is Stage.UNCERTAIN
    assert due(box(second), NOW + 1e6) == []


def test_what_was_not_being_sent_is_left_as_it_is():
    for stage in (Stage.DUE, Stage.SENT, Stage.GIVEN_UP):
        assert recover(one(stage=stage), NOW) == one(stage=stage)


def test_messages_of_one_alert_keep_their_order_and_others_do_not_wait():
    first, second = (replace(post([message(n)], [SLACK], "shop", NOW + n)[0]) for n in (1, 2))
    other = post([message(3, "shop/quota:acc")], [SLACK], "shop", NOW + 3)[0]
    waiting = replace(first, next_at=NOW + 600)
    assert due(box(waiting, second, other), NOW + 10) == [other]
    assert due(box(replace(first, stage=Stage.SENT), second, other), NOW + 10) == [second, other]
    assert due(box(begin(first), second), NOW + 10) == []


def test_a_channel_that_was_taken_out_is_given_up():
    (given_up,) = without(box(one(), one(id="x", stage=Stage.SENT)), [MAIL], NOW)
    assert given_up.stage is Stage.GIVEN_UP
    assert "CONSOLE_NOTIFY_URLS" in given_up.reason
    assert without(box(one()), [SLACK], NOW) == []


def test_only_the_newest_that_are_over_are_kept():
    over = [one(id=str(n), stage=Stage.SENT, over_at=NOW + n) for n in range(KEPT + 3)]
    assert sorted(old(box(*over, one(id="open"))), key=int) == ["0", "1", "2"]
