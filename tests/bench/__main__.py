"""Every benchmark, one after the other: `python -m tests.bench`, or with names: `… store pages`.

They take about twenty minutes together and want the machine for themselves.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all. Returns how many did not keep their goals."""
    files = sorted(HERE.glob("bench_*.py"))
    if unknown := set(names) - {file.stem.removeprefix("bench_") for file in files}:
        print(f"There is no benchmark {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    missed = 0
    for file in files:
        name = file.stem.removeprefix("bench_")
        if names and name not in names:
            continue
        print(f"\n=== {name}", flush=True)
        missed += subprocess.run([sys.executable, str(file)], check=False).returncode != 0
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
