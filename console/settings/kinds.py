"""What a variable has to be, in a few words. Pure."""

from console.settings.model import Kind, Variable
from console.words import listed

TINY = 1e-3  # a least value below this one says that 0 is not allowed


def kind_of(variable: Variable) -> str:
    """The type and its bounds, short enough for a column: `secret, 32+ characters`, `int 1-10`."""
    choice = variable.kind is Kind.CHOICE and variable.choices
    name = ", ".join(variable.choices) if choice else str(variable.kind)
    if variable.secret:
        name = "secret" if variable.kind is Kind.STRING else f"secret {name}"
    if variable.schemes:
        name += f" ({', '.join(variable.schemes)})"
    name += _bounds(variable.least, variable.most, " s" if variable.kind is Kind.DURATION else "")
    length = _bounds(variable.least_length, variable.most_length, " characters").strip()
    parts = [name, length, "of a pattern" if variable.pattern else ""]
    if variable.required_when:
        parts.append(f"needed with {listed([one for one, _ in variable.required_when])}")
    return ", ".join(part for part in parts if part)


def _bounds(least: float | None, most: float | None, unit: str) -> str:
    if least is not None and most is not None:
        return f" {least:g}-{most:g}{unit}"
    if least is not None:
        return f" above 0{unit}" if 0 < least < TINY else f" {least:g}+{unit}"
    return "" if most is None else f" up to {most:g}{unit}"
