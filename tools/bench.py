"""What can be measured, and how does it come out here? Lists the scripts of bench/, or runs the named one, or `all`."""

import ast
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"


def scripts() -> dict[str, str]:
    """Every measurement (a script with a docstring and a main part) by name, with its first sentence."""
    found = {}
    for path in sorted(BENCH.glob("*.py")):
        if path.stem.startswith("make_"):  # prepares data, measures nothing
            continue
        text = path.read_text(encoding="utf-8")
        told = ast.get_docstring(ast.parse(text))
        if told and '__name__ == "__main__"' in text:
            found[path.stem] = told.partition("\n\n")[0].replace("\n", " ")
    return found


def main(names: list[str]) -> int:
    """Run the named measurements one after another; the exit code of the first that fails."""
    known = scripts()
    if not names:
        print("make bench NAME=...   (or NAME=all)\n")
        for name, told in known.items():
            print(f"  {name:<14} {told}")
        return 0
    for name in known if names == ["all"] else names:
        if name not in known:
            print(f"There is no bench/{name}.py; known: {', '.join(known)}.", file=sys.stderr)
            return 2
        code = subprocess.run([sys.executable, str(BENCH / f"{name}.py")], cwd=BENCH.parent, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
