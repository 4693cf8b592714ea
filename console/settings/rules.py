"""The rules for one variable. Pure; no text quotes a value."""

from collections.abc import Iterator

from console.settings.model import Finding, Given, Group, Kind, Rule, Severity, Spec, Variable
from console.settings.secrecy import entropy, length_class, placeholder
from console.settings.values import (
    PatternError,
    matches,
    number,
    pattern_problem,
    problem,
    same,
    truth,
)

PRODUCTION = "production"
MUCH_FOR_SECONDS = 1000.0  # a seconds variable from here on looks like milliseconds
FEW_FOR_MILLISECONDS = 50.0  # a milliseconds variable below looks like seconds
SECONDS = ("_SECONDS", "_SECS", "_SEC", "_S")
MILLISECONDS = ("_MS", "_MILLIS", "_MILLISECONDS")
LONGEST_PATTERN = 80  # characters that a sentence repeats
MOST_CHOICES = 8  # that a sentence lists

SET_IT = "Set it where the service's variables are kept, and deploy again."
MEND_IT = "Correct it where it is set, and deploy again."
TRIM_IT = "Remove the white space."
CORRECT_SPEC = "Correct it in the specification."
REAL_VALUE = "Put the real value in its place, and deploy again."
RANDOM_ONE = "Make a random one: openssl rand -hex 32"
TESTING_ON = "is a setting for tests, and it is on in production."
SWITCH_OFF = "Remove it, or switch it off, and deploy."


def check_variable(
    variable: Variable, given: Given, environment: str = PRODUCTION
) -> list[Finding]:
    """Everything that is wrong with one variable in one source."""
    text = given.values.get(variable.name)
    found: list[tuple[Rule, Severity, str, str]] = []
    if text is None:
        if variable.group is Group.REQUIRED:
            found.append((Rule.MISSING, Severity.ERROR, "is missing.", SET_IT))
    elif not text.strip():
        required = variable.group is Group.REQUIRED
        told = "is set, but blank." if required else "is blank, which counts as not set."
        severity = Severity.ERROR if required else Severity.NOTE
        found.append((Rule.BLANK, severity, told, SET_IT if required else "Remove the line."))
    else:
        found += _value(variable, text, environment)
    place = given.places.get(variable.name)
    return [
        Finding(rule, severity, variable.name, told, variable.next or what_next, place)
        for rule, severity, told, what_next in found
    ]


def off(variable: Variable, text: str) -> bool:
    """Whether a testing variable stands on the side on which nothing special happens."""
    if not text.strip() or truth(text) is False:
        return True
    return variable.default is not None and same(variable, text, variable.default)


def check_spec(spec: Spec) -> list[Finding]:
    """What contradicts itself in a specification that could be read."""
    found: list[Finding] = []
    for variable in spec.variables.values():
        for key, told in _contradictions(variable):
            place = spec.places.get(f"{variable.name}.{key}") or spec.places.get(variable.name)
            severity = Severity.ERROR
            found.append(
                Finding(Rule.SPECIFICATION, severity, variable.name, told, CORRECT_SPEC, place)
            )
    return found


def _value(
    variable: Variable, text: str, environment: str
) -> Iterator[tuple[Rule, Severity, str, str]]:
    stripped = text.strip()
    if text != stripped:
        told = "begins or ends with white space."
        yield Rule.WHITE_SPACE, Severity.WARN, told, TRIM_IT
    if "\0" in text:
        yield Rule.TYPE, Severity.ERROR, "holds a NUL, which no environment takes.", MEND_IT
    if why := placeholder(variable, text):
        yield Rule.PLACEHOLDER, Severity.ERROR, f"{why}.", REAL_VALUE
        return
    if why := problem(variable, stripped):
        yield Rule.TYPE, Severity.ERROR, f"{why}.", MEND_IT
        return
    if variable.choices and stripped not in variable.choices:
        listed = ", ".join(variable.choices[:MOST_CHOICES])
        yield Rule.CHOICE, Severity.ERROR, f"is none of {listed}.", MEND_IT
    yield from _pattern(variable, stripped)
    yield from _range(variable, stripped)
    yield from _length(variable, stripped)
    if variable.group is Group.TESTING and environment == PRODUCTION and not off(variable, text):
        yield Rule.TESTING_ON, Severity.ERROR, TESTING_ON, SWITCH_OFF
    if variable.secret and variable.kind is Kind.STRING and entropy(stripped) < variable.entropy:
        told = f"is easy to guess: less than {variable.entropy:g} bits a character."
        yield Rule.ENTROPY, Severity.WARN, told, RANDOM_ONE
    yield from _unit(variable, stripped)


def _pattern(variable: Variable, text: str) -> Iterator[tuple[Rule, Severity, str, str]]:
    if not variable.pattern:
        return
    try:
        fits = matches(variable.pattern, text)
    except PatternError:
        return  # told of the specification
    if not fits:
        form = variable.pattern if len(variable.pattern) <= LONGEST_PATTERN else ""
        told = f"has not the form that it needs{f': {form}' if form else '.'}"
        yield Rule.PATTERN, Severity.ERROR, told, MEND_IT


def _range(variable: Variable, text: str) -> Iterator[tuple[Rule, Severity, str, str]]:
    value = number(variable, text)
    if value is None:
        return
    unit = " s" if variable.kind is Kind.DURATION else ""
    if variable.least is not None and value < variable.least:
        yield Rule.RANGE, Severity.ERROR, f"is less than {variable.least:g}{unit}.", MEND_IT
    if variable.most is not None and value > variable.most:
        yield Rule.RANGE, Severity.ERROR, f"is more than {variable.most:g}{unit}.", MEND_IT


def _length(variable: Variable, text: str) -> Iterator[tuple[Rule, Severity, str, str]]:
    least, most = variable.least_length, variable.most_length
    has = f"has {length_class(text)} characters"
    if least is not None and len(text) < least:
        yield Rule.LENGTH, Severity.ERROR, f"{has}; it needs at least {least}.", MEND_IT
    if most is not None and len(text) > most:
        yield Rule.LENGTH, Severity.ERROR, f"{has}; it may have {most} at most.", MEND_IT


def _unit(variable: Variable, text: str) -> Iterator[tuple[Rule, Severity, str, str]]:
    value = number(variable, text)
    if value is None or variable.kind is Kind.DURATION:
        return
    usual = number(variable, variable.default or "")
    inside = (variable.least, variable.most) != (None, None) and not list(_range(variable, text))
    if inside:  # the specification says that such a value is meant
        return
    if variable.name.endswith(SECONDS):
        if value >= MUCH_FOR_SECONDS and (usual is None or usual < MUCH_FOR_SECONDS):
            told = "looks like milliseconds, and it is read as seconds."
            yield Rule.UNIT, Severity.WARN, told, "Divide it by 1,000, if that is what was meant."
    elif (
        variable.name.endswith(MILLISECONDS)
        and 0 < value < FEW_FOR_MILLISECONDS
        and (usual is None or usual >= FEW_FOR_MILLISECONDS)
    ):
        told = "looks like seconds, and it is read as milliseconds."
        yield Rule.UNIT, Severity.WARN, told, "Multiply it by 1,000, if that was meant."


def _contradictions(variable: Variable) -> Iterator[tuple[str, str]]:
    """The field, and what contradicts what."""
    least, most = variable.least, variable.most
    if least is not None and most is not None and least > most:
        yield "max", f"no value can be at least {least:g} and at most {most:g}."
    shortest, longest = variable.least_length, variable.most_length
    if shortest is not None and longest is not None and shortest > longest:
        yield (
            "max_length",
            f"no value can have at least {shortest} and at most {longest} characters.",
        )
    if variable.pattern and (why := pattern_problem(variable.pattern)):
        yield "pattern", f"its pattern {why}."
    if variable.kind is Kind.CHOICE and not variable.choices:
        yield "type", "is a choice of nothing; list them in choices."
    if variable.default is not None:
        if variable.group is Group.REQUIRED:
            yield "default", "is required and has a default; one of the two."
        if variable.secret:
            yield "default", "is secret and has a default, which everybody can read."
        given = Given("", {variable.name: variable.default}, whole=False)
        wrong = {Rule.TYPE, Rule.CHOICE, Rule.PATTERN, Rule.RANGE, Rule.LENGTH}
        if variable.default.strip():
            for finding in check_variable(variable, given, ""):
                if finding.rule in wrong:
                    yield "default", f"its own default {finding.text}"
