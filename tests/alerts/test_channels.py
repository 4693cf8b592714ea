"""What the setting says, and what of an address may be shown."""

import pytest

from console.alerts.channels import label_of, label_of_web, parse, secrets_of


@pytest.mark.parametrize(
    "text",
    [
        "slack://a/b/c mailto://u:p@example.com",
        "slack://a/b/c,mailto://u:p@example.com",
        "slack://a/b/c,\n  mailto://u:p@example.com",
    ],
)
def test_addresses_stand_between_spaces_lines_or_commas(text: str):
    assert [channel.id for channel in parse(text)] == ["slack-1", "mailto-1"]


def test_a_comma_inside_of_an_address_does_not_end_it():
    (channel,) = parse("mailto://u:p@example.com?to=a@example.com,b@example.com")
    assert channel.url.endswith("b@example.com")


def test_channels_of_one_kind_are_told_apart():
    first, second = parse("slack://a/b/c slack://d/e/f")
    assert (first.label, second.label) == ("slack://••• (slack-1)", "slack://••• (slack-2)")


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("slack://TokenA/TokenB/TokenC/#ops", "slack://•••"),
        ("tgram://123456789:abcdefg/12315544", "tgram://•••"),
        ("ntfy://secret-topic", "ntfy://•••"),
        ("mailto://user:pass@example.com", "mailto://•••@example.com"),
        ("jsons://hooks.example.com:8443/secret?x=1", "jsons://hooks.example.com:8443/•••"),
        ("json://hooks.example.com", "json://hooks.example.com"),
        ("json://[broken", "json://•••"),
        ("no address", "•••"),
    ],
)
def test_a_label_shows_nothing_secret(url: str, label: str):
    assert label_of(url) == label


def test_the_address_is_in_no_representation():
    assert "TokenC" not in repr(parse("slack://TokenA/TokenB/TokenC"))


def test_of_a_dead_mans_switch_the_host_is_shown():
    assert label_of_web("https://hc-ping.com/0b1c-secret") == "https://hc-ping.com/•••"
    assert label_of_web("https://[oops") == "•••"


def test_the_parts_of_an_address_are_secrets():
    assert {"TokenA", "TokenB"} <= set(secrets_of("slack://TokenA/TokenB"))


def test_a_channel_is_called_by_its_name_or_by_its_kind():
    named, kind, odd = parse("night-shift=slack://a/b/c mailto://u:p@x.test, other=json://h/?x=y")
    assert (named.name, named.url) == ("night-shift", "slack://a/b/c")
    assert (kind.title, odd.title) == ("E-mail mailto://•••@x.test", "other json://h/•••")
    assert parse("fluxcap://a/b")[0].title == "fluxcap://•••"


def test_named_channels_of_one_kind_need_no_number():
    assert [one.title for one in parse("a=slack://a/b/c,b=slack://d/e/f")] == [
        "a slack://•••",
        "b slack://•••",
    ]
