"""Response times that a platform measured: read rarely, kept with the reason when it is away."""

from collections.abc import Sequence

import pytest

from console.errors import PlatformAway
from console.platforms.extras import Times
from console.platforms.model import Capabilities, Capability
from console.response_times.gather.times import EVERY, TimesReader
from console.response_times.platform import ADAPTER, NAME, WINDOW, PlatformTimes, load
from console.store.documents import DocumentError


class Measuring:
    """As much of a platform as is asked."""

    def __init__(self, missing: dict[Capability, str] | None = None) -> None:
        self.capabilities = Capabilities("the test's platform", missing or {})
        self.asked: list[tuple[float, float]] = []
        self.away = False

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        self.asked.append((since, until))
        if self.away:
            raise PlatformAway("It does not answer.")
        return [Times(until - 60, p95=0.25)]


async def test_they_are_read_every_two_minutes_and_outlive_a_failure():
    now, platform = 10_000.0, Measuring()
    reader = TimesReader(lambda: now)
    found = await reader.read("shop", platform)
    assert found == PlatformTimes(now, "the test's platform", (Times(now - 60, p95=0.25),), now)
    assert platform.asked == [(now - WINDOW, now)]
    assert ADAPTER.validate_json(ADAPTER.dump_json(found)) == found
    now += EVERY - 1
    assert await reader.read("shop", platform) is None
    now, platform.away = now + 1, True
    failed = await reader.read("shop", platform)
    assert failed is not None
    assert (failed.problem, failed.steps, failed.told_at) == (
        "It does not answer.",
        found.steps,
        found.told_at,
    )
    assert await reader.read("shop", platform) is None


async def test_a_platform_that_measures_none_is_not_asked():
    platform = Measuring({Capability.RESPONSE_TIMES: "it has no proxy."})
    assert await TimesReader(lambda: 1.0).read("shop", platform) is None
    assert await TimesReader(lambda: 1.0).read("shop", object.__new__(Told)) is None
    assert platform.asked == []


class Told:
    """One that offers them and has no way to tell."""

    capabilities = Capabilities("the test's platform")


def test_a_document_of_another_version_is_a_typed_error():
    class Kept:
        def __init__(self, document: bytes | None) -> None:
            self.document = document

        def found(self, service: str, name: str) -> bytes | None:
            assert (service, name) == ("shop", NAME)
            return self.document

    assert load(Kept(None), "shop") is None
    with pytest.raises(DocumentError):
        load(Kept(b"{}"), "shop")
