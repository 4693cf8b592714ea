"""What instances and checks say of a deployment that is watched. Pure."""

from console.deployments.model import Evidence
from console.deployments.watch import Watch
from console.health.model import Status
from console.words import counted, listed

COMMIT_LENGTH = 7  # characters of a hash that tell commits apart (git's own short form)
FLUKES = 2  # failed probes since live that are no chance any more, if they are so large a share
FLUKE_SHARE = 0.01  # of all: it spends the whole error budget of a 99 % objective


def of_instances(watch: Watch, over: bool) -> Evidence:
    """Whether every instance runs the new commit; `over`: the watch is."""
    name = "instances"
    told = {who: commit for who, commit in (watch.instances or {}).items() if commit}
    if not watch.commit:
        return Evidence(name, Status.UNKNOWN, "The platform does not tell the commit.")
    if not told:
        return Evidence(name, Status.UNKNOWN, "No instance tells which commit it runs.")
    others = sorted(who for who, commit in told.items() if not same_commit(commit, watch.commit))
    silent = len(watch.instances or {}) - len(told)
    short = watch.commit[:COMMIT_LENGTH]
    if others:
        # during the window an old one may still be ending
        status = Status.FAIL if over else Status.UNKNOWN
        said = f"{len(others)} of {counted(len(told), 'instance')} do not run {short}"
        return Evidence(name, status, f"{said}: {listed(others)}.")
    if silent:
        verb = "tells" if silent == 1 else "tell"
        said = f"{counted(silent, 'instance')} {verb} no commit; the others run {short}."
        return Evidence(name, Status.UNKNOWN, said)
    if watch.expected is not None and len(told) < watch.expected:
        said = f"{len(told)} of {watch.expected} instances are heard of, all on {short}."
        return Evidence(name, Status.WARN if over else Status.UNKNOWN, said)
    verb = "runs" if len(told) == 1 else "run"
    return Evidence(name, Status.PASS, f"{counted(len(told), 'instance')} {verb} {short}.")


def same_commit(one: str, other: str) -> bool:
    """Whether two hashes, of which either may be shortened, name the same commit."""
    if one and one.lower() == other.lower():
        return True
    length = min(len(one), len(other))
    return length >= COMMIT_LENGTH and one[:length].lower() == other[:length].lower()


def other_commit(one: str, other: str) -> bool:
    """Whether two hashes are known to name different commits."""
    return bool(one and other) and not same_commit(one, other)


def of_checks(watch: Watch, over: bool) -> Evidence:
    """Whether a check fails that did not before."""
    name = "checks"
    if not watch.checks:
        return Evidence(name, Status.UNKNOWN, "There are no checks.")
    failing = [one for one in watch.checks if one.now is Status.FAIL]
    fresh = [one.title for one in failing if one.before is not Status.FAIL and one.probes != 0]
    if fresh:
        return Evidence(name, Status.FAIL, f"Failing since the deployment: {listed(fresh)}.")
    stale = [one.title for one in failing if one.before is not Status.FAIL]
    if stale:  # what fails is the version before, as far as anybody knows
        return Evidence(name, Status.UNKNOWN, f"No result of {listed(stale)} since it went live.")
    if failing:
        titles = listed([one.title for one in failing])
        said = f"Failing, as before the deployment: {titles}."
        return Evidence(name, Status.WARN if over else Status.UNKNOWN, said)
    unknown = [one.title for one in watch.checks if one.now is Status.UNKNOWN]
    if unknown:
        return Evidence(name, Status.UNKNOWN, f"No result of {listed(unknown)}.")
    if all(one.probes == 0 for one in watch.checks):
        # the console was off: how the checks stand is how they stood before
        said = "Nothing was probed since it went live."
        return Evidence(name, Status.UNKNOWN, said, pending=over)
    worse = [
        one.title for one in watch.checks if (one.now, one.before) == (Status.WARN, Status.PASS)
    ]
    if worse:
        return Evidence(name, Status.WARN, f"Warning since the deployment: {listed(worse)}.")
    probes, failed = (
        sum(one.probes or 0 for one in watch.checks),
        sum(one.failed for one in watch.checks),
    )
    if not failed:
        said = f"{counted(len(watch.checks), 'check')} did not fail."
        return Evidence(name, Status.PASS, said)
    worst = [one.title for one in watch.checks if one.failed]
    said = f"No check's status is failing, but {failed} of {counted(probes, 'probe')} failed"
    status = Status.WARN if failed >= FLUKES and failed / probes >= FLUKE_SHARE else Status.PASS
    return Evidence(name, status, f"{said}: {listed(worst)}.")
