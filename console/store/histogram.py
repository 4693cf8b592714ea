"""The one histogram scheme: logarithmic buckets, so that every percentile is within 1 %.

A duration becomes a code; counts by code can be added up over any stretch of time, and a
percentile of the sum is as exact as one of each part. Bucket limits grow by GAMMA (the scheme of
DDSketch), and the value of a bucket lies in its middle: the relative error is at most
(GAMMA - 1) / (GAMMA + 1), which is 0.99 %.

Outcomes are counted in the same cells, in codes from OUTCOME_BASE upward.
"""

import math

from console.health.model import Outcome

GAMMA = 1.02
SMALLEST = 1e-6  # seconds; what is faster counts as this
MAX_CODE = 1200  # 20,900 s; what is slower counts as this
RELATIVE_ERROR = (GAMMA - 1) / (GAMMA + 1)

OUTCOME_BASE = 0xF000

# Numbers are part of the stored data: never change one, add new ones at the end. `ok` is counted
# only where a result has no duration (a push beat without one); otherwise its duration says it.
_OUTCOME_CODES = {
    Outcome.OK: OUTCOME_BASE,
    Outcome.CONDITION: OUTCOME_BASE + 1,
    Outcome.TIMEOUT: OUTCOME_BASE + 2,
    Outcome.RESOLVE: OUTCOME_BASE + 3,
    Outcome.CONNECT: OUTCOME_BASE + 4,
    Outcome.TLS: OUTCOME_BASE + 5,
    Outcome.PROTOCOL: OUTCOME_BASE + 6,
    Outcome.REDIRECT: OUTCOME_BASE + 7,
    Outcome.MISSED: OUTCOME_BASE + 8,
    Outcome.OFFLINE: OUTCOME_BASE + 9,
    Outcome.INTERNAL: OUTCOME_BASE + 10,
}
_OUTCOMES = {code: outcome for outcome, code in _OUTCOME_CODES.items()}

# Outcomes whose duration is in the histogram as well: the answer came in full, or the time-out
# counts at its limit. The number of results is that of the histogram plus all other outcomes.
TIMED = frozenset({Outcome.OK, Outcome.CONDITION, Outcome.TIMEOUT})

_LOG_GAMMA = math.log(GAMMA)


def code_of(seconds: float) -> int:
    """The bucket of a duration, 0 to MAX_CODE. Anything below a microsecond is bucket 0."""
    if not seconds > SMALLEST:  # also takes what is not a number
        return 0
    if seconds == math.inf:
        return MAX_CODE
    return min(MAX_CODE, math.ceil(math.log(seconds / SMALLEST) / _LOG_GAMMA))


def value_of(code: int) -> float:
    """The duration in seconds that stands for a bucket."""
    return SMALLEST * 2 * GAMMA**code / (GAMMA + 1)


def outcome_code(outcome: Outcome) -> int:
    """The code that counts an outcome."""
    return _OUTCOME_CODES[outcome]


def outcome_of(code: int) -> Outcome:
    """The outcome that a code counts. Raises ValueError for a code that counts none."""
    try:
        return _OUTCOMES[code]
    except KeyError:
        raise ValueError(f"code {code} counts no outcome this version knows") from None
