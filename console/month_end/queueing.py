"""How long work waits before as many workers. Pure.

Little's law and the Erlang C formula: items come at random, each takes one of `servers`, waiting
ones first come first served. Service times scatter like an exponential; steadier ones wait less, so
what is said here is on the safe side of them.
"""

from math import ceil, exp, inf

MOST_SERVERS = 100_000  # worker slots; more is a mistake in the input
ROUNDING = 1e-9  # 3.0000000001 workers are three


def offered_load(rate: float, seconds: float) -> float:
    """Items in work at once on average (Little's law): items a second x seconds an item."""
    return rate * seconds


def erlang_c(servers: int, load: float) -> float:
    """The probability that an item has to wait; 1 where the load is more than the servers do.

    By the recursion of Erlang B, which neither overflows nor cancels. C(10, 8) = 0.4092.
    """
    if load <= 0:
        return 0.0
    if load >= servers:
        return 1.0
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def longer_than(servers: int, load: float, seconds: float, wait: float) -> float:
    """The probability that an item waits longer than `wait` seconds."""
    if load >= servers:
        return 1.0
    return erlang_c(servers, load) * exp(-(servers - load) * wait / seconds)


def mean_wait(servers: int, load: float, seconds: float) -> float:
    """Seconds that an item waits on average; infinite where the queue grows for ever."""
    if load >= servers:
        return inf if load > 0 else 0.0
    return erlang_c(servers, load) * seconds / (servers - load)


def servers_for_utilisation(load: float, target: float) -> int:
    """The least worker slots that are busy for at most this share of the time."""
    return whole(load / target)


def servers_for_wait(load: float, seconds: float, wait: float, share: float) -> int:
    """The least worker slots with at most `share` of the items waiting longer than `wait`."""
    if load <= 0:
        return 0
    low = int(load)  # never enough
    step = 1
    while longer_than(low + step, load, seconds, wait) > share and step < MOST_SERVERS:
        step *= 2
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        if longer_than(middle, load, seconds, wait) > share:
            low = middle
        else:
            high = middle
    return high


def servers_for_deadline(items: float, seconds: float, left: float, target: float) -> int | None:
    """The least worker slots that do so many items in `left` seconds; None where none could."""
    if items <= 0:
        return 0
    return whole(items * seconds / (left * target)) if left > 0 else None


def whole(number: float) -> int:
    """Rounded up, floating point forgiven, and never beyond what anyone runs."""
    return max(0, ceil(min(number, MOST_SERVERS) - ROUNDING))
