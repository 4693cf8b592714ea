"""One cause is one problem, and a problem of some instances names them."""

from console.settings.causes import attributed, by_cause
from console.settings.check import check_file
from console.settings.limits import limit_findings
from console.settings.model import Finding, Given, Place, Rule, Severity
from console.settings.profiles import load
from console.settings.relations import check_relations
from console.settings.reports import Report, Variant
from console.timeouts.lint import Facts
from console.timeouts.model import resolve
from console.timeouts.possible import advised
from console.timeouts.rules import RULES

SPEC, _ = load("sample")
INVOICING, _ = load("invoicing")


def error(rule: Rule, name: str, *also: str, only: tuple[str, ...] = ()) -> Finding:
    return Finding(rule, Severity.ERROR, name, "is wrong.", also=also, only=only)


def test_two_limits_that_do_not_fit_are_told_once_with_their_figures():
    limits = {"API_TIMEOUT_SECONDS": "90", "ITEM_TIMEOUT_SECONDS": "60"}
    ascending = check_relations(SPEC, Given("x", limits))
    assert [one.rule for one in ascending] == [Rule.ASCENDING]
    facts = Facts(resolve({**limits, "API_MAX_RETRIES": "1"}, kit=True))
    told = limit_findings(one for one in advised(facts, RULES) if one.rule == "T01")
    (only,) = by_cause([*ascending, *told])
    assert only.rule is Rule.TIME_OUTS
    assert {only.name, *only.also} == {"ITEM_TIMEOUT_SECONDS", "API_TIMEOUT_SECONDS"}
    assert "Or lower API_TIMEOUT_SECONDS to 29." in only.next
    assert by_cause(ascending) == ascending


def test_a_wrong_value_on_some_instances_is_why_they_differ():
    wrong = error(Rule.PLACEHOLDER, "RUN_TOKEN", only=("b",))
    assert by_cause([wrong, error(Rule.DIFFERS, "RUN_TOKEN")]) == [wrong]
    everywhere = error(Rule.PLACEHOLDER, "RUN_TOKEN")
    assert len(by_cause([everywhere, error(Rule.DIFFERS, "RUN_TOKEN")])) == 2


def test_who_has_not_what_is_deployed_is_told_once():
    differs = error(Rule.DIFFERS, "LIMIT")
    assert by_cause([differs, error(Rule.NOT_DEPLOYED, "LIMIT")]) == [differs]
    other = error(Rule.NOT_DEPLOYED, "OTHER")
    assert by_cause([differs, other]) == [differs, other]


def test_what_is_missing_under_its_name_and_there_under_a_misspelt_one_is_one_problem():
    checked = check_file(INVOICING, b"RUN_TOKN=q8Zr2Lx0Vb6Nm4Ty9Ws3Kd7Pf1Hc5Jg\n")
    about = [one for one in checked.findings if "RUN_TOKEN" in (one.name, *one.also)]
    (only,) = about
    assert (only.rule, only.severity, only.name) == (Rule.MISSPELT, Severity.ERROR, "RUN_TOKN")
    assert only.text == "is not known; did you mean RUN_TOKEN? RUN_TOKEN is missing."
    assert only.place == Place(1, 1)


def test_what_only_some_instances_have_names_them():
    both = [Variant(Report("", ()), ("a", "b")), Variant(Report("", ()), ("c",))]
    finding = error(Rule.TYPE, "LIMIT")
    assert attributed([(finding, both[0]), (finding, both[1])], both) == [finding]
    (only,) = attributed([(finding, both[1])], both)
    assert only.text == "is wrong. Only on c, 1 of 3 instances."
    assert only.only == ("c",)


def test_a_number_in_the_wrong_unit_is_the_reason_for_what_does_not_fit():
    limits = {"API_TIMEOUT_SECONDS": "90000", "ITEM_TIMEOUT_SECONDS": "60"}
    told = limit_findings(advised(Facts(resolve(limits, kit=True)), RULES))
    found = by_cause([*check_relations(SPEC, Given("x", limits)), *told])
    about = [one for one in found if "API_TIMEOUT_SECONDS" in (one.name, *one.also)]
    assert [(one.rule, one.severity) for one in about] == [(Rule.UNIT, Severity.ERROR)]
    assert about[0].text == "looks like milliseconds."
    assert about[0].next.startswith("Set API_TIMEOUT_SECONDS=90, and deploy again.")


def test_two_rules_that_want_the_same_change_are_one_problem():
    facts = Facts(resolve({}, "cloud_run"))
    rules = {one.rule for one in advised(facts, RULES) if one.fires}
    assert {"T06", "T10"} <= rules
    about = [one for one in limit_findings(advised(facts, RULES)) if "GRACEFUL" in one.name]
    assert [one.severity for one in about] == [Severity.ERROR]
