"""Break the sample world for a demonstration, repair it, choose its traffic.

python -m console.sample break accounting --for 2m
python -m console.sample break settings         drift, placeholder and timeout at once
python -m console.sample repair
python -m console.sample traffic month-end --for 10m
"""

import argparse
import os
import sys
import time
from pathlib import Path

from console.config import as_table, load_here
from console.errors import ConfigError
from console.health.check import seconds
from console.sample import faults, traffic
from console.sample.world import FAULTS_FILE, TRAFFIC_FILE


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    parser = argparse.ArgumentParser(
        "console.sample", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    breaking = commands.add_parser("break", help="break a part of the sample world")
    names = [*faults.PARTS, *faults.GROUPS]
    breaking.add_argument("part", choices=names)
    breaking.add_argument("--for", dest="duration", type=seconds, help="such as 2m; else for good")
    repairing = commands.add_parser("repair", help="repair a part, or everything")
    repairing.add_argument("part", choices=names, nargs="?")
    flowing = commands.add_parser("traffic", help="choose the traffic, or let shapes take turns")
    flowing.add_argument("shape", choices=[*traffic.SHAPES, "turns"])
    flowing.add_argument("--for", dest="duration", type=seconds, help="such as 10m; else for good")
    given = parser.parse_args(arguments)
    try:
        data_dir = load_here().settings.data_dir.absolute()
    except ConfigError as error:
        print(as_table(error.problems), file=sys.stderr)
        return 1
    file = data_dir / FAULTS_FILE
    if not file.exists():
        print(_nothing_here(file), file=sys.stderr)
        return 1
    if given.command == "break":
        print(_break(file, given.part, given.duration))
    elif given.command == "repair":
        print(_repair(file, given.part))
    else:
        print(_traffic(data_dir / TRAFFIC_FILE, given.shape, given.duration))
    return 0


def _nothing_here(file: Path) -> str:
    """Where it was looked for, and how it is told where to look."""
    told = "" if os.environ.get("CONSOLE_DATA_DIR") else ", which is not set in this shell"
    return (
        f"No sample service runs here: there is no {file}. It is looked for in the directory that "
        f"CONSOLE_DATA_DIR names{told}. Set it to the data directory of the console that runs, or "
        "run this command where that console was started."
    )


def _break(file: Path, part: str, duration: float | None) -> str:
    end = faults.FOREVER if duration is None else time.time() + duration
    faults.write(file, {**faults.read(file), **dict.fromkeys(_parts(part), end)})
    until = "it is repaired" if duration is None else time.strftime("%H:%M:%S", time.localtime(end))
    return f"{part} is broken until {until}. Repair it: python -m console.sample repair {part}"


def _traffic(file: Path, shape: str, duration: float | None) -> str:
    if shape == "turns":
        traffic.choose(file, "", 0.0)
        return f"The shapes take turns again: {', '.join(traffic.SHAPES)}."
    end = 0.0 if duration is None else time.time() + duration
    traffic.choose(file, shape, end)
    until = time.strftime("%H:%M:%S", time.localtime(end)) if end else "another one is chosen"
    return f"The traffic is {shape} until {until}."


def _repair(file: Path, part: str | None) -> str:
    gone = _parts(part) if part else faults.PARTS
    faults.write(file, {name: end for name, end in faults.read(file).items() if name not in gone})
    return f"{part or 'Everything'} is repaired."


def _parts(name: str) -> tuple[str, ...]:
    return faults.GROUPS.get(name, (name,))


if __name__ == "__main__":
    sys.exit(main())
