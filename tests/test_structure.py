"""The house rules that no type checker knows: who may import whom, and what no page may draw."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "console").rglob("*.py"), *(ROOT / "pages").glob("*.py")])
# What reaches outside or draws; a model knows none of it.
OUTSIDE = ("streamlit", "redis", "httpx", "plotly", "pandas", "asyncio", "socket", "starlette")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, also inside of functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def drawers(name: str) -> list[Path]:
    """The files of a drawer: `console/health/view/…` or `console/health/view.py`."""
    return [f for f in FILES if name in f.relative_to(ROOT).with_suffix("").parts]


def breaches(files: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{name_of(file)} imports {module}"
        for file in files
        for module in sorted(imports_of(file))
        if any(f".{word}." in f".{module}." for word in forbidden)
    ]


def test_a_model_decides_and_reaches_nothing_outside():
    models = [
        file
        for file in FILES
        if file.name == "model.py" and "kit" not in file.relative_to(ROOT).parts
    ]
    assert len(models) >= 5
    assert breaches(models, (*OUTSIDE, "gather", "view", "ui")) == []


def test_a_gather_draws_nothing():
    assert len(drawers("gather")) > 5
    assert breaches(drawers("gather"), ("view", "ui", "streamlit", "plotly", "pandas")) == []


def test_a_view_asks_the_store_and_never_the_network():
    assert len(drawers("view")) > 5
    assert breaches(drawers("view"), ("gather", "httpx", "redis", "socket")) == []


def test_the_store_knows_neither_pages_nor_probes():
    store = [file for file in FILES if file.is_relative_to(ROOT / "console" / "store")]
    assert breaches(store, ("view", "gather", "ui", "collector", "streamlit")) == []


def test_the_kit_depends_on_nothing_else_here():
    kit = [file for file in FILES if file.is_relative_to(ROOT / "console" / "kit")]
    assert breaches(kit, ("console", "streamlit", "pandas")) == []


def test_a_page_asks_the_guard_before_anything_else():
    for page in (ROOT / "pages").glob("*.py"):
        body = ast.parse(page.read_text(encoding="utf-8")).body
        first = next(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom))
        assert ast.unparse(first) == "visitor = guard()", page.name


@pytest.mark.parametrize("program", ["console.collector.__main__"])
def test_the_collector_runs_without_streamlit_and_pandas(program: str):
    heavy = ("streamlit", "pandas", "plotly", "pyarrow")
    code = f"import sys, {program}; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


def test_no_page_draws_raw_markup():
    """Text from outside must never become markup, so nobody may ask for it."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword):
                assert node.arg != "unsafe_allow_html", name_of(file)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                html = (node.value.id, node.attr) == ("st", "html")
                assert not html or name_of(file) == "console.ui.style", name_of(file)


def test_every_module_says_what_it_is_for():
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        if text.strip() and "pages" not in file.parts:
            assert ast.get_docstring(ast.parse(text)), name_of(file)
