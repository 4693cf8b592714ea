"""How a run on several workers is dealt out: by file, as `--dist loadfile` does, long files first.

A long file that begins last leaves every other worker idle. pytest-xdist begins with the files
that hold the most tests, but what takes long here are few tests: whole consoles and browsers.
"""

from xdist.scheduler import LoadFileScheduling

LONGEST = (
    "tests/browser/test_an_alert_is_taken.py",
    "tests/browser/test_stories.py",
    "tests/browser/test_a_push_is_watched.py",
    "tests/kit/test_kit_instances.py",
    "tests/collector/test_collector_process.py",
    "tests/settings/test_settings_leaks.py",
    "tests/platforms/test_local_deployments.py",
    "tests/lifecycle/test_lifecycle_script.py",
    "tests/lifecycle/test_lifecycle_deaths.py",
    "tests/lifecycle/test_lifecycle_one_collector.py",
    "tests/sign_in/test_sign_in_browser.py",
    "tests/alerts/test_alerts_processes.py",
    "tests/alerts/test_alerter.py",
    "tests/sample/test_sample_world.py",
    "tests/kit/test_kit_installs_alone.py",
    "tests/platforms/test_local_platform.py",
    "tests/lifecycle/test_lifecycle_starts.py",
    # keeps every core busy: not beside the browsers above, whose tests know the clock
    "tests/controls/test_five_hundred_switches.py",
)
# One worker runs these with one console and one browser, as a run without workers does: to start
# a console costs 5 s of a core, and each goes on working until its worker has left the folder.
TOGETHER = {
    "tests/browser/test_an_operator_in_trouble.py": "tests/browser/test_an_alert_is_taken.py",
    "tests/browser/test_strangers.py": "tests/browser/test_an_alert_is_taken.py",
    "tests/browser/test_logs_story.py": "tests/browser/test_stories.py",
    "tests/browser/test_the_rows_of_checks.py": "tests/browser/test_stories.py",
    "tests/browser/test_the_settings.py": "tests/browser/test_stories.py",
}


class LongestFirst(LoadFileScheduling):
    """Hands the files of `LONGEST` out first, the others by their number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER.get(file, file)

    def _assign_work_unit(self, node: object) -> None:
        longest = min(self.workqueue, key=_rank)
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)


def _rank(file: str) -> int:
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)
