"""Instances as a collector finds them, for the tests of controls."""

from console.instances.heartbeat import Beat
from console.instances.model import Heard, Snapshot, Switch

NOW = 1_800_000_000.0
PRINT = "0123456789abcdef"


def beat(name: str, **more: object) -> Beat:
    told = {"at": NOW, "started_at": NOW - 900, "interval": 2.0, "mode": "live", "epoch": 3}
    return Beat(name, **({**told, "settings": PRINT, "mode_reason": "redis"} | more))


def snapshot(*beats: Beat, mode: str = "live", epoch: int = 3, **more: object) -> Snapshot:
    heard = tuple(Heard(one.instance, NOW, one) for one in beats)
    switch = Switch("ann", "a reason", NOW - 60)
    return Snapshot(**({"at": NOW, "server_at": NOW, "heard": heard, "mode": mode, "epoch": epoch,
                        "switch": switch} | more))  # fmt: skip


TWO = snapshot(beat("a"), beat("b"))
