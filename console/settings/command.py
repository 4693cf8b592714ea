"""The command for CI and deploy hooks: `python -m console.settings`.

check --spec invoicing --env-file .env        exit code 0, or 1 where there are errors
check --spec settings.spec.toml               the environment of this process
check --spec … --env-file - --time-outs render   standard input, with the rules of the time limits
write example --spec invoicing                .env.example; or table, schema, class, spec
begin --env-file .env                         a specification to begin with
begin --class service.settings:Settings       … from a settings class (pydantic or the kit's)
"""

import argparse
import importlib
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from console.settings.begin import from_dotenv, from_schema
from console.settings.causes import by_cause
from console.settings.check import Checked, check_file, check_given, decode
from console.settings.dotenv import LIMIT, parse
from console.settings.generate import env_example, json_schema, markdown_table, to_toml
from console.settings.generate_class import settings_class
from console.settings.limits import limit_defaults, limit_findings, placed
from console.settings.model import Finding, Given, Rule, Severity, Spec, in_order
from console.settings.profiles import find, names
from console.settings.rules import PRODUCTION
from console.timeouts.catalogue import BY_NAME, HINTS
from console.timeouts.lint import Facts
from console.timeouts.model import resolve
from console.timeouts.platform_limits import BY_KEY
from console.timeouts.possible import advised
from console.timeouts.rules import RULES
from console.words import counted

WIDTH = 120  # columns at most
WRITERS = {
    "example": env_example,
    "table": markdown_table,
    "schema": json_schema,
    "class": settings_class,
    "spec": to_toml,
}
STANDARD_INPUT = "-"
NOT_READ: dict[type[OSError], str] = {
    FileNotFoundError: "There is no such file.",
    IsADirectoryError: "That is a directory, not a file.",
    PermissionError: "The file may not be read by this user.",
}
WORDS = {Severity.ERROR: "ERROR", Severity.WARN: "WARN", Severity.NOTE: "note"}


def main(arguments: Sequence[str], out: TextIO, err: TextIO) -> int:
    """Run the command. The exit code: 0, or 1 where something is wrong."""
    given = _parser().parse_args(arguments)
    if given.command == "begin":
        return _begin(given, out, err)
    spec, problems = find(given.spec)
    if given.command == "write":
        _tell(problems, err)
        out.write(WRITERS[given.what](spec))
        return 1 if problems else 0
    checked = _check(spec, given)
    limits = _limits(spec, checked.given, given.time_outs) if given.time_outs else []
    findings = in_order(by_cause([*problems, *limits, *checked.findings]))
    errors = [one for one in findings if one.severity is Severity.ERROR]
    warnings = [one for one in findings if one.severity is Severity.WARN]
    failed = bool(errors or (given.strict and warnings))
    source = checked.given.source
    if given.json:
        out.write(as_json(source, findings, not failed, checked.left_out) + "\n")
    else:
        _tell(findings if given.notes else [*errors, *warnings], out)
        hidden = 0 if given.notes else len(findings) - len(errors) - len(warnings)
        more = f", {counted(hidden, 'note')} (--notes)" if hidden else ""
        more += f", {checked.left_out:,} more that are not listed" if checked.left_out else ""
        told = f"{counted(len(errors), 'error')}, {counted(len(warnings), 'warning')}{more}"
        out.write(f"{source}: {told}. {'Not ready.' if failed else 'Ready.'}\n")
    return 1 if failed else 0


def as_json(source: str, findings: Sequence[Finding], ready: bool, left_out: int) -> str:
    """The findings for programs."""
    return json.dumps(
        {
            "source": source,
            "ready": ready,
            "errors": sum(one.severity is Severity.ERROR for one in findings),
            "warnings": sum(one.severity is Severity.WARN for one in findings),
            "left_out": left_out,
            "findings": [as_dict(one) for one in findings],
        },
        ensure_ascii=False,
    )


def as_dict(one: Finding) -> dict[str, object]:
    """A finding as plain data."""
    return {
        "severity": str(one.severity),
        "rule": str(one.rule),
        "name": one.name,
        "text": one.text,
        "next": one.next,
        "line": one.place.line if one.place else None,
        "column": one.place.column if one.place else None,
    }


def as_lines(findings: Sequence[Finding], width: int) -> list[str]:
    """A table for a terminal: severity, place, name; what is wrong; what to do."""
    names_wide = min(max((len(one.name) for one in findings), default=0), 40)
    places = [_place(one) for one in findings]
    places_wide = max((len(place) for place in places), default=0)
    lines: list[str] = []
    for one, place in zip(findings, places, strict=True):
        head = f"{WORDS[one.severity]:<5}  {place:<{places_wide}}  {one.name:<{names_wide}}  "
        what = f"{one.text} {one.next}".strip()
        wrapped = textwrap.wrap(what, max(width - len(head), 30)) or [""]
        lines.append(head + wrapped[0])
        lines += [" " * len(head) + rest for rest in wrapped[1:]]
    return lines


def _place(one: Finding) -> str:
    """Line and column, of the specification where that is what is wrong."""
    if one.place is None:
        return ""
    return f"spec {one.place}" if one.rule is Rule.SPECIFICATION else str(one.place)


def _tell(findings: Sequence[Finding], to: TextIO) -> None:
    width = min(shutil.get_terminal_size().columns, WIDTH)
    to.writelines(f"{line}\n" for line in as_lines(findings, width))


def _check(spec: Spec, given: argparse.Namespace) -> Checked:
    if given.env_file is None:
        own = Given("The environment", dict(os.environ), whole=False)
        return check_given(spec, own, given.environment)
    try:
        data = _read(given.env_file)
    except OSError as error:
        told = NOT_READ.get(type(error), f"The file cannot be read ({type(error).__name__}).")
        finding = Finding(Rule.FILE, Severity.ERROR, "", told)
        return Checked(Given(str(given.env_file), {}), (finding,))
    return check_file(spec, data, str(given.env_file), os.environ, given.environment)


def _begin(given: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    try:
        spec = _from_class(given.named) if given.named else _from_file(given.env_file)
    except (OSError, ImportError, AttributeError, ValueError) as error:
        err.write(f"Nothing to begin with: {type(error).__name__}.\n")
        return 1
    out.write(to_toml(spec))
    return 0


def _from_file(path: Path) -> Spec:
    text, _ = decode(_read(path))
    return from_dotenv(text, parse(text))


def _from_class(named: str) -> Spec:
    """The class `module:Class`; its module is imported, so name only what you trust."""
    module, _, name = named.partition(":")
    sys.path.insert(0, os.getcwd())
    kind: Any = getattr(importlib.import_module(module), name)
    return from_schema(kind.model_json_schema(), name)


def _limits(spec: Spec, given: Given, platform: str) -> list[Finding]:
    """What the rules T01 to T20 say of the time limits; defaults hold for those that are not set.
    What needs figures of running instances is not known here."""
    texts = {name: text for name, text in given.values.items() if name in BY_NAME or name in HINTS}
    plan = resolve({**limit_defaults(spec), **texts}, platform)
    return placed(limit_findings(advised(Facts(plan), RULES)), given)


def _read(path: Path) -> bytes:
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer.read(LIMIT + 1)
    with path.open("rb") as file:
        return file.read(LIMIT + 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m console.settings", description="Check the settings of a service."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    profiles = ", ".join(names())
    spec_help = f"path of a settings.spec.toml, or a profile: {profiles}"

    check = commands.add_parser("check", help="check a .env, or the environment of this process")
    check.add_argument("--spec", required=True, help=spec_help)
    check.add_argument(
        "--env-file", type=Path, help="a .env, - for standard input; without it the environment"
    )
    check.add_argument(
        "--time-outs", metavar="PLATFORM", nargs="?", const="none", choices=sorted(BY_KEY),
        help=f"judge the time limits as well, on one of {', '.join(sorted(BY_KEY))}",
    )  # fmt: skip
    check.add_argument("--environment", default=PRODUCTION, help="default: production")
    check.add_argument("--json", action="store_true", help="the findings as JSON")
    check.add_argument("--notes", action="store_true", help="tell of untidiness as well")
    check.add_argument("--strict", action="store_true", help="warnings fail as well")

    write = commands.add_parser("write", help="write a file from a specification")
    write.add_argument("what", choices=sorted(WRITERS))
    write.add_argument("--spec", required=True, help=spec_help)

    begin = commands.add_parser("begin", help="begin a specification")
    source = begin.add_mutually_exclusive_group(required=True)
    source.add_argument("--env-file", type=Path, help="from a .env; none of its secrets is taken")
    source.add_argument("--class", dest="named", help="from a settings class, module:Class")
    return parser
