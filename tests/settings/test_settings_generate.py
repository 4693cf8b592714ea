import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from opskit import KitSettings
from pydantic import ValidationError

from console.sample.relay_settings import RelaySettings
from console.settings import profiles
from console.settings.begin import from_dotenv, from_schema
from console.settings.check import check_file, check_given
from console.settings.dotenv import parse
from console.settings.generate import env_example, json_schema, markdown_table, to_toml
from console.settings.generate_class import settings_class
from console.settings.model import Given, Group, Kind, Rule, Severity, Spec, Variable
from console.settings.rules import check_spec
from console.settings.spec import read_spec

GOOD = "8f3c1e0a5b7d9264f1a8c3e7b5d90246"
FULL = {
    "RUN_TOKEN": GOOD,
    "FREEE_CLIENT_ID": "123456789012",
    "FREEE_CLIENT_SECRET": GOOD[::-1],
    "FREEE_REFRESH_TOKEN": GOOD[5:] + GOOD[:5],
}
HOSTILE = '"""\'\\\n|`# = ${X} \x7f é {title}'


@pytest.fixture(params=profiles.names())
def profile(request: pytest.FixtureRequest) -> Spec:
    spec, problems = profiles.load(request.param)
    assert problems == []
    return spec


def test_the_profile_of_the_invoicing_service_has_its_variables():
    spec, _ = profiles.load("invoicing")
    required = [one.name for one in spec.variables.values() if one.group is Group.REQUIRED]
    assert required == list(FULL)
    assert spec.variables["RUN_TOKEN"].least_length == 32
    assert spec.variables["RATE_LIMIT_PER_MINUTE"].default == "60"
    assert check_given(spec, Given("process", FULL)).findings == ()


def test_a_profile_contradicts_itself_nowhere_and_every_variable_has_a_meaning(profile: Spec):
    assert check_spec(profile) == []
    assert all(one.meaning for one in profile.variables.values())


def test_a_specification_survives_being_written(profile: Spec):
    assert read_spec(to_toml(profile)) == (profile, [])


def test_hostile_texts_survive_being_written():
    spec = Spec(
        HOSTILE, {"A": Variable("A", meaning=HOSTILE, default=HOSTILE, pattern="'\"\\d{1,2}")}
    )
    assert read_spec(to_toml(spec)) == (spec, [])
    assert compile(settings_class(spec), "settings.py", "exec")
    (binding,) = [one for one in parse(env_example(spec).replace("# A=", "A=")) if one.key]
    assert binding.value == HOSTILE
    assert len(markdown_table(spec).splitlines()) == 3


def test_the_example_is_a_tidy_file_in_which_only_what_is_required_is_missing(profile: Spec):
    checked = check_file(profile, env_example(profile).encode())
    told = {one.rule for one in checked.findings} - {Rule.UNORDERED_KEY}
    assert told == {Rule.BLANK}
    blank = [one.name for one in checked.findings if one.rule is Rule.BLANK]
    required = [one.name for one in profile.variables.values() if one.group is Group.REQUIRED]
    assert blank == required


def test_every_default_of_the_example_is_well_formed(profile: Spec):
    text = "\n".join(
        line.removeprefix("# ") if "=" in line else line
        for line in env_example(profile).splitlines()
    )
    found = check_file(profile, text.encode()).findings
    wrong = [one for one in found if one.severity is Severity.ERROR and one.rule is not Rule.BLANK]
    assert wrong == []


def test_the_table_has_a_row_for_each_variable(profile: Spec):
    rows = markdown_table(profile).splitlines()
    assert len(rows) == 2 + len(profile.variables)
    assert all(row.count("|") == 6 for row in rows)


def test_the_schema_is_one_and_takes_what_the_check_takes():
    spec, _ = profiles.load("invoicing")
    schema = json.loads(json_schema(spec))
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)
    assert list(validator.iter_errors(FULL)) == []
    assert not validator.is_valid(FULL | {"RUN_TOKEN": "short"})
    assert not validator.is_valid(FULL | {"RATE_LIMIT_PER_MINUTE": 0})
    assert not validator.is_valid(FULL | {"LOG_LEVEL": "loud"})
    assert not validator.is_valid(FULL | {"TEST_ITEM_ID": "1"})
    assert not validator.is_valid(FULL | {"UPSTASH_REDIS_REST_URL": "https://a.upstash.io"})
    assert schema["properties"]["RUN_TOKEN"]["writeOnly"]


def made(spec: Spec) -> Any:
    names: dict[str, Any] = {}
    exec(compile(settings_class(spec), "settings.py", "exec"), names)
    return names["Settings"]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"RUN_TOKEN": "short"},
        {"RUN_TOKEN": ""},
        {"RATE_LIMIT_PER_MINUTE": "many"},
        {"RATE_LIMIT_PER_MINUTE": "0"},
        {"RATE_LIMIT_PER_MINUTE": ""},
        {"LOG_LEVEL": "loud"},
        {"DRY_RUN": "perhaps"},
        {"TEST_ITEM_ID": "1"},
        {"UPSTASH_REDIS_REST_URL": "https://a.upstash.io"},
        {"UPSTASH_REDIS_REST_URL": "gopher://a", "UPSTASH_REDIS_REST_TOKEN": GOOD},
        {"API_TIMEOUT_SECONDS": "120", "ITEM_TIMEOUT_SECONDS": "120"},
        {"DRY_RUN": "1", "MOCK_EXTERNAL_API": "1"},
        {"DRY_RUN": "1", "MOCK_EXTERNAL_API": "0"},
    ],
)
def test_the_class_takes_what_the_check_takes(
    more: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    spec, _ = profiles.load("invoicing")
    given = FULL | more
    for name in spec.variables:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    errors = check_given(spec, Given("process", given), "staging").errors
    if errors:
        with pytest.raises(ValidationError) as caught:
            made(spec)()
        assert not any(value in str(caught.value) for value in FULL.values())
    else:
        settings = made(spec)()
        assert settings.rate_limit_per_minute == 60
        assert GOOD not in repr(settings)


def test_names_that_python_has_itself_become_usable_fields():
    spec = Spec("", {name: Variable(name) for name in ("CLASS", "copy", "_A", "A", "a", "MODEL_X")})
    fields = made(spec).model_fields
    assert set(fields) == {"class_", "copy_", "a", "a_", "a__", "model_x"}


def test_the_class_of_the_kit_gives_a_specification():
    spec = from_schema(KitSettings.model_json_schema())
    by_hand, _ = profiles.load("kit")
    assert set(spec.variables) == set(by_hand.variables)
    for name, one in spec.variables.items():
        other = by_hand.variables[name]
        assert (one.group, one.default) == (other.group, other.default), name
        assert one.secret == other.secret, name
    assert spec.variables["RUN_TOKEN"].least_length == 32
    assert spec.variables["LOG_LEVEL"].pattern == "(?i)(debug|info|warning|error)"
    assert check_given(spec, Given("x", {"OPS_SERVICE": "a", "LOG_LEVEL": "Info"})).findings == ()


def test_the_profile_of_the_sample_is_that_of_its_settings_class():
    spec = from_schema(RelaySettings.model_json_schema())
    by_hand, _ = profiles.load("sample")
    assert list(by_hand.variables) == list(spec.variables)
    for name, one in spec.variables.items():
        other = by_hand.variables[name]
        assert (one.group, one.default, one.secret) == (other.group, other.default, other.secret)
        assert (one.least, one.least_length) == (other.least, other.least_length), name


def test_a_file_gives_a_specification_without_its_secrets():
    text = (
        f"# Secret of the caller\nRUN_TOKEN={GOOD}\nAPI_URL=https://api.acme.co\n"
        f"DATABASE_URL=postgres://u:{GOOD}@db/x\nPAGE_SIZE=100\nDRY_RUN=false\nPASSWORD=123456\n"
        "API_TIMEOUT=30s\nNAME='hello world'\nEMPTY=\nDEBUG=1\n1BAD=2\n"
    )
    spec = from_dotenv(text, parse(text), "mine")
    toml = to_toml(spec)
    assert read_spec(toml) == (spec, [])
    for value in (GOOD, "123456", "hello world", "acme"):
        assert value not in toml
    of = spec.variables
    assert (of["RUN_TOKEN"].secret, of["RUN_TOKEN"].least_length) == (True, 32)
    assert of["RUN_TOKEN"].meaning == "Secret of the caller"
    assert (of["API_URL"].kind, of["API_URL"].group) == (Kind.URL, Group.REQUIRED)
    assert (of["DATABASE_URL"].secret, of["DATABASE_URL"].schemes) == (True, ("postgres",))
    assert (of["PAGE_SIZE"].kind, of["PAGE_SIZE"].default) == (Kind.INT, "100")
    assert (of["DRY_RUN"].group, of["DRY_RUN"].default) == (Group.TESTING, "false")
    assert (of["API_TIMEOUT"].group, of["API_TIMEOUT"].kind) == (Group.TIMEOUT, Kind.DURATION)
    assert of["PASSWORD"].secret
    assert of["EMPTY"].group is Group.OPTIONAL
    assert "1BAD" not in of
    again = check_file(spec, text.encode(), environment="staging")
    assert not again.errors


def test_a_profile_that_is_not_there_is_told():
    spec, problems = profiles.load("invoicin")
    assert spec.variables == {}
    assert "did you mean invoicing?" in problems[0].text


def test_a_specification_is_found_by_its_path(tmp_path: Path):
    file = tmp_path / "settings.spec.toml"
    file.write_text("[variables.A]\n", encoding="utf-8")
    spec, problems = profiles.find(str(file))
    assert (list(spec.variables), problems) == (["A"], [])
    spec, problems = profiles.find(str(tmp_path / "none.toml"))
    assert problems[0].text == "There is no such file: none.toml."
