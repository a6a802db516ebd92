"""House rules that no linter sees. Each test gathers offenders and wants none."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.db import models

from market.money import ExactDecimalField

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["accounts", "market", "indices", "portfolios", "analytics"]  # bottom to top
MODULES = {
    "__init__", "apps", "migrations", "templatetags", "urls", "views", "api", "admin", "management", "http", "forms",
    "services", "selectors", "models", "calc",
}  # fmt: skip
ONLY_IN = {
    "tasks": {"analytics"},
    "sources": {"market", "portfolios"},
    "importers": {"portfolios"},
    "money": {"market"},
}
OURS = [*LAYERS, "config", "tests", "benchmarks"]


def python_files(*folders: str) -> list[Path]:
    """Return our Python files, migrations aside."""
    found = [path for folder in folders or OURS for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def web_files(*suffixes: str) -> list[Path]:
    """Return our templates, styles and scripts, the vendored ones aside."""
    found = [path for folder in ("templates", "static") for path in (ROOT / folder).rglob("*")]
    return sorted(path for path in found if path.suffix in suffixes and "vendor" not in path.parts)


def short(path: Path) -> str:
    """Return the path inside the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file."""
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call with the dotted name of what it calls."""
    return ((node, ast.unparse(node.func)) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def module_of(path: Path) -> str:
    """Return the module of an app that a file belongs to: services for services/invest.py too."""
    return Path(path.relative_to(ROOT).parts[1]).stem


def first_string(call: ast.Call) -> str:
    """Return the first argument if it is a string."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def test_no_file_has_more_than_400_lines():
    files = [*python_files(), ROOT / "run.py", ROOT / "manage.py", *web_files(".html", ".css", ".js")]

    lengths = {short(path): len(path.read_text().splitlines()) for path in files}

    assert {name: length for name, length in lengths.items() if length > 400} == {}


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from `def` to the end, the docstring aside."""
    docstring = function.body[0] if ast.get_docstring(function, clean=False) else None
    words = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - words


def test_no_function_has_more_than_40_lines():
    found = [
        f"{short(path)}:{function.lineno} {function.name}"
        for path in [*python_files(), ROOT / "run.py"]
        for function in functions(path)
        if length_of(function) > 40
    ]

    assert found == []


def test_an_app_has_only_the_modules_that_have_a_place():
    strangers = []
    for app in LAYERS:
        for path in (ROOT / app).iterdir():
            name = path.stem if path.suffix == ".py" else path.name
            is_module = path.suffix == ".py" or (path / "__init__.py").exists()
            if is_module and name not in MODULES and app not in ONLY_IN.get(name, ()):
                strangers.append(short(path))

    assert strangers == []


def cross_app_keys() -> Iterator[tuple[str, str, str, bool]]:
    """Yield (field, app, other app, hidden) of every key into another app of ours, link and history tables too."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey | models.ManyToManyField):
                app, other = model._meta.app_label, field.related_model._meta.app_label
                if app in LAYERS and other in LAYERS and app != other:
                    yield str(field), app, other, field.remote_field.hidden


def test_keys_between_apps_point_down_and_leave_no_way_back():
    keys = list(cross_app_keys())

    found = [key for key, app, other, hidden in keys if LAYERS.index(other) > LAYERS.index(app) or not hidden]

    assert keys
    assert found == []


def exact_names() -> set[str]:
    """Return the names of all exact columns."""
    return {
        field.name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ExactDecimalField)
    }


def test_every_decimal_column_of_ours_is_exact():
    found = [
        str(field)
        for app in LAYERS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.DecimalField) and not isinstance(field, ExactDecimalField)
    ]

    assert found == []


def names_money(call: ast.Call) -> bool:
    """Tell whether a database expression reads an exact column."""
    return first_string(call).rsplit("__", 1)[-1] in exact_names()


def test_the_database_does_no_arithmetic_on_exact_columns():
    inexact = re.compile(r"(^|\.)(Avg|Sum|StdDev|Variance|Coalesce|Abs|Round|Cast)$")

    found = []
    for path in python_files(*LAYERS, "config"):
        if short(path) == "market/money.py":
            continue
        sums = [call for call, name in calls(path) if inexact.search(name) and names_money(call)]
        sides = [
            side
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.BinOp)
            for side in (node.left, node.right)
            if isinstance(side, ast.Call) and ast.unparse(side.func) in {"F", "models.F"} and names_money(side)
        ]
        found += [f"{short(path)}:{call.lineno} {ast.unparse(call)}" for call in [*sums, *sides]]

    assert found == []


def floats_allowed() -> set[str]:
    """Return the places (`path function`) that may make floats of money; each line of the file ends in a reason."""
    lines = (ROOT / "tests" / "allowed_floats.txt").read_text().splitlines()
    rows = [line.split("  ", 1) for line in lines if line and not line.startswith("#")]
    assert all(len(row) == 2 and row[1].strip() for row in rows), "a line is: path function, two spaces, the reason"
    return {row[0] for row in rows}


def floats_on_money_paths() -> set[str]:
    """Return where `float(...)` stands on the way of an investor's money."""
    return {
        f"{short(path)} {function.name}"
        for path in python_files("portfolios")
        if module_of(path) in {"models", "services", "selectors", "forms", "api", "views", "http"}
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "float"
    }


def test_no_float_on_the_way_of_money():
    assert floats_on_money_paths() == floats_allowed()


def test_services_selectors_models_and_calc_never_read_the_clock():
    clock = re.compile(r"(^|\.)(now|today|utcnow|localdate|localtime|time_ns)$|^time\.time$")

    found = [
        f"{short(path)}:{call.lineno} {name}"
        for path in python_files(*LAYERS)
        if path.parent != ROOT and module_of(path) in {"services", "selectors", "models", "calc", "money"}
        for call, name in calls(path)
        if clock.search(name)
    ]

    assert found == []


def test_calc_takes_its_randomness_as_an_argument():
    found = [
        f"{short(path)}:{call.lineno} {name}"
        for path in python_files(*LAYERS)
        if module_of(path) == "calc"
        for call, name in calls(path)
        if re.match(r"(np|numpy)\.random\.|random\.", name)
    ]

    assert found == []


def test_forms_and_serializers_name_their_fields():
    found = [
        f"{short(path)}:{node.lineno}"
        for path in python_files(*LAYERS, "config")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and node.value == "__all__"
    ]

    assert found == []


def test_every_command_says_what_it_does():
    ours = [(name, app) for name, app in get_commands().items() if app in LAYERS]

    silent = [name for name, app in ours if not load_command_class(app, name).help.strip()]

    assert silent == []


def without_comments(template: str) -> str:
    """Drop what never reaches a browser."""
    return re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", template, flags=re.DOTALL)


def test_templates_keep_to_the_content_security_policy():
    forbidden = re.compile(
        r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:|<style[\s>]
        |<script(?![^>]*\ssrc=)(?![^>]*type="application/json")[^>]*>
        |<(?:script|img|iframe|source)\b[^>]*\ssrc="https?: |<link\b[^>]*\shref="https?:""",
        re.IGNORECASE | re.VERBOSE,
    )

    found = [
        f"{short(path)}: {match.group()}"
        for path in web_files(".html")
        for match in forbidden.finditer(without_comments(path.read_text()))
    ]

    assert found == []


# Help texts are the developers' words, never a user's, and Django's own for passwords are HTML.
RAW_ON_PURPOSE = {"templates/django/forms/field.html"}


def test_nothing_is_marked_safe():
    raw = re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off|\bmark_safe\(|\bSafeString\(")

    pages = [*web_files(".html"), *python_files(*LAYERS, "config")]
    found = {short(path) for path in pages if raw.search(path.read_text())}

    assert found == RAW_ON_PURPOSE


ADVICE = re.compile(r"\b(recommend\w*|optimal\w*|should|guaranteed?)\b", re.IGNORECASE)


def screen_strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a file that can reach a screen, with their lines: all but the docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree_of(path))
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_words_of_advice_reach_a_screen():
    in_pages = [
        f"{short(path)}: {match.group()}"
        for path in web_files(".html", ".js", ".txt")
        for match in ADVICE.finditer(without_comments(path.read_text()))
    ]
    in_code = [
        f"{short(path)}:{line} {text[:60]!r}"
        for path in python_files(*LAYERS, "config")
        for line, text in screen_strings(path)
        if ADVICE.search(text)
    ]

    assert in_pages + in_code == []


def test_no_work_is_left_as_a_note():
    note = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

    found = [
        short(path)
        for path in [*python_files(), *web_files(".html", ".css", ".js"), ROOT / "run.py"]
        if note.search(path.read_text())
    ]

    assert found == []
