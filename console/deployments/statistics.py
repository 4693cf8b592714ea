"""Whether two samples differ by more than chance. Pure, exact, without an assumption of a shape.

Both questions of a deployment are the same one: of `n` requests before and `m` after, so many were
bad (failed, or slower than a limit); is the share after higher? Fisher's exact test answers it for
any counts; where the counts are large, the normal approximation gives the same and is quick.

Requests are not quite independent of each other, so the tests are rather too eager: a difference
must also be large enough to matter, which verify.py asks.
"""

from collections.abc import Mapping
from math import erfc, exp, lgamma, log, log1p, sqrt

NEGLIGIBLE = 1e-12  # share of a sum that what is left of it cannot reach
EXACT_UP_TO = 2000  # bad ones in both together; beyond, the approximation is good to 3 digits


def more_often(bad_before: int, before: int, bad_after: int, after: int) -> float:
    """The p-value of "bad is more frequent after than before"; 1.0 where nothing can be said.

    One-sided: the chance to see so many bad ones after, or more, were the true shares equal.
    """
    bad, total = bad_before + bad_after, before + after
    if not before or not after or not bad or bad == total:
        return 1.0
    if min(bad, total - bad) <= EXACT_UP_TO:
        return _fisher(bad, total, bad_after, after)
    pooled = bad / total
    spread = sqrt(pooled * (1 - pooled) * (1 / before + 1 / after))
    z = (bad_after / after - bad_before / before) / spread
    return erfc(z / sqrt(2)) / 2


def beyond(bad: int, total: int, share: float) -> float:
    """The p-value of "the true share of bad ones is above `share`": the exact binomial tail.

    Exact also for one or two, where an interval by a formula (Wilson) is too sure.
    """
    mean = total * share
    if bad <= mean:
        return 1.0
    if bad > EXACT_UP_TO:
        return erfc((bad - mean) / sqrt(2 * mean * (1 - share))) / 2
    odds, term = (
        share / (1 - share),
        exp(_log_choose(total, bad) + bad * log(share) + (total - bad) * log1p(-share)),
    )
    tail = term
    for seen in range(bad, total):  # the terms fall, because `bad` is beyond the mean
        term *= odds * (total - seen) / (seen + 1)
        tail += term
        if term < tail * NEGLIGIBLE:
            break
    return min(1.0, tail)


def slower(before: Mapping[int, int], after: Mapping[int, int], quantile: float) -> float:
    """The p-value of "the quantile is higher after"; 1.0 where nothing can be said.

    The quantile test (Mood's median test for another quantile): the limit is the quantile of both
    samples together, so that, were they alike, the count beyond it is hypergeometric, exactly. Many
    requests may share the bucket of the limit; so both are asked, who reaches it and who exceeds
    it, and the smaller p-value counts double (Bonferroni). The samples are counts by code of the
    histogram, whose order is that of the durations.
    """
    limit = quantile_code(_together(before, after), quantile)
    if limit is None:
        return 1.0
    totals = sum(before.values()), sum(after.values())
    chances = (
        more_often(_from(before, lowest), totals[0], _from(after, lowest), totals[1])
        for lowest in (limit, limit + 1)
    )
    return min(1.0, 2 * min(chances))


def quantile_code(counts: Mapping[int, int], quantile: float) -> int | None:
    """The lowest code that at least that share does not exceed; `None` for an empty sample."""
    wanted, seen = sum(counts.values()) * quantile, 0
    for code in sorted(counts):
        seen += counts[code]
        if seen and seen >= wanted - 1e-9:
            return code
    return None


def wilson(bad: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): honest also for few, and for none."""
    if not total:
        return 0.0, 1.0
    share, square = bad / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    half /= 1 + square / total
    return max(0.0, middle - half), min(1.0, middle + half)


def _from(counts: Mapping[int, int], lowest: int) -> int:
    return sum(count for code, count in counts.items() if code >= lowest)


def _together(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    return {code: one.get(code, 0) + other.get(code, 0) for code in {*one, *other}}


def _fisher(bad: int, total: int, bad_after: int, after: int) -> float:
    """The upper tail of the hypergeometric distribution, from `bad_after` on."""
    lowest = max(bad_after, bad - (total - after))  # fewer cannot be: the rest is too small
    scale = _log_choose(total, bad)
    tail = sum(
        exp(_log_choose(after, seen) + _log_choose(total - after, bad - seen) - scale)
        for seen in range(lowest, min(bad, after) + 1)
    )
    return min(1.0, tail)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
