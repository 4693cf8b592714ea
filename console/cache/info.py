"""What INFO says, in the dialects of Redis 6.2 to 8, Valkey and Upstash. Pure.

Sections and fields differ by server and version: everything is optional, and a field that is not
what it should be is as good as missing.
"""

import re
from collections.abc import Mapping

from console.cache.model import (
    Clients,
    CommandTime,
    Keyspace,
    Memory,
    Persistence,
    Server,
    Totals,
)

TEXT_LIMIT = 60  # characters

Info = Mapping[str, str]


def parse(text: str) -> dict[str, str]:
    """The fields of INFO's answer by name. Headings and what is no field are left out."""
    pairs = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name: value.strip() for name, colon, value in pairs if colon}


def whole(info: Info, name: str) -> int | None:
    """A field as a whole number."""
    found = decimal(info.get(name, ""))
    return None if found is None else int(found)


def decimal(text: str) -> float | None:
    """Text as a number; None where it is none that is finite and not negative."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < 1e18 else None


def server_of(info: Info) -> Server:
    """Who answers."""
    if "upstash_version" in info:
        name, version = "Upstash", info["upstash_version"]
    elif "valkey_version" in info:
        name, version = "Valkey", info["valkey_version"]
    else:
        name, version = "Redis", info.get("redis_version", "")
    return Server(
        name,
        version[:TEXT_LIMIT],
        (info.get("redis_mode") or info.get("server_mode") or "")[:TEXT_LIMIT],
        whole(info, "uptime_in_seconds"),
        info.get("role", "")[:TEXT_LIMIT],
        whole(info, "connected_slaves"),
        info.get("master_link_status", "")[:TEXT_LIMIT],
    )


def memory_of(info: Info) -> Memory:
    """Bytes in use, and the limit."""
    return Memory(
        used=whole(info, "used_memory"),
        most=whole(info, "maxmemory"),
        resident=whole(info, "used_memory_rss"),
        peak=whole(info, "used_memory_peak"),
        fragmentation=decimal(info.get("mem_fragmentation_ratio", "")),
        policy=info.get("maxmemory_policy", "")[:TEXT_LIMIT],
    )


def totals_of(info: Info) -> Totals:
    """The counters."""
    return Totals(
        hits=whole(info, "keyspace_hits"),
        misses=whole(info, "keyspace_misses"),
        commands=whole(info, "total_commands_processed"),
        expired=whole(info, "expired_keys"),
        evicted=whole(info, "evicted_keys"),
        rejected=whole(info, "rejected_connections"),
        bytes_in=whole(info, "total_net_input_bytes"),
        bytes_out=whole(info, "total_net_output_bytes"),
    )


def clients_of(info: Info, names: tuple[tuple[str, int], ...] = ()) -> Clients:
    """Connections."""
    return Clients(
        whole(info, "connected_clients"),
        whole(info, "maxclients"),
        whole(info, "blocked_clients"),
        names,
    )


def persistence_of(info: Info) -> Persistence:
    """How data gets to the disk."""
    return Persistence(
        snapshots=info.get("rdb_last_bgsave_status", "")[:TEXT_LIMIT],
        changes=whole(info, "rdb_changes_since_last_save"),
        append_only=info["aof_enabled"] == "1" if "aof_enabled" in info else None,
        append_status=info.get("aof_last_write_status", "")[:TEXT_LIMIT],
    )


def keyspaces_of(info: Info) -> tuple[Keyspace, ...]:
    """Every database that holds keys."""
    found: list[Keyspace] = []
    for name, value in info.items():
        fields = _fields(value)
        if re.fullmatch(r"db\d+", name) and "keys" in fields:
            ttl = fields.get("avg_ttl")
            found.append(
                Keyspace(
                    name,
                    int(fields["keys"]),
                    int(fields.get("expires", 0)),
                    ttl / 1000 if ttl else None,
                )
            )
    return tuple(found)


def commands_of(info: Info) -> tuple[CommandTime, ...]:
    """What every command cost, the costliest first."""
    found: list[CommandTime] = []
    for name, value in info.items():
        if not name.startswith("cmdstat_"):
            continue
        fields = _fields(value)
        if "calls" not in fields:
            continue
        command = name.removeprefix("cmdstat_")
        latency = _fields(info.get(f"latency_percentiles_usec_{command}", ""))
        found.append(
            CommandTime(
                command[:TEXT_LIMIT],
                int(fields["calls"]),
                fields.get("usec", 0.0),
                int(fields.get("failed_calls", 0)),
                int(fields.get("rejected_calls", 0)),
                latency.get("p50"),
                latency.get("p99"),
                latency.get("p99.9"),
            )
        )
    found.sort(key=lambda one: -one.microseconds)
    return tuple(found)


def _fields(value: str) -> dict[str, float]:
    """The numbers of `calls=12,usec=34.5`."""
    found: dict[str, float] = {}
    for pair in value.split(","):
        name, equals, text = pair.partition("=")
        number = decimal(text)
        if equals and number is not None:
            found[name] = number
    return found
