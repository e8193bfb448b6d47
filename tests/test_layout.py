"""The checkout's shape: whose packages are imported, which files agree, what must not be there."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml
from pydantic import BaseModel

from pipelines.params import Params

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("plant", "envs", "models", "pipelines", "service", "dags")
STEPS = ("ingest", "forecast", "train", "plan", "publish", "foresee", "drift")
AIRFLOW_TAKES = {"sdk", "providers", "utils", "api", "ui", "config_templates"}
LIGHT = (
    "__future__",
    "airflow",
    "datetime",
    "pathlib",
    "typing",
    "collections",
    "pipelines.settings",
)

# Modules that say where a step's results go, not what they are.
PLUMBING = (
    "pipelines/context.py",
    "pipelines/json_file.py",
    "pipelines/params.py",
    "pipelines/platform/model_files.py",
    "pipelines/platform/tracked_run.py",
    "pipelines/platform/tracking.py",
    "pipelines/progress.py",
    "pipelines/settings.py",
    "pipelines/show_",
    "pipelines/stamp.py",
    "pipelines/steps.py",
    "pipelines/storage/",
)


def _stages() -> dict[str, Any]:
    stages: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    return stages


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_comes_from_this_checkout_not_from_the_index(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"


def test_packages_come_from_this_checkout_outside_of_it_too(tmp_path: Path) -> None:
    program = (
        f"import {', '.join(PACKAGES)}; print(*({', '.join(f'{p}.__file__' for p in PACKAGES)},))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == [str(ROOT / name / "__init__.py") for name in PACKAGES]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_in_one_sentence_what_it_owns(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / name / "__init__.py").read_text("utf-8")))
    assert docstring is not None
    assert docstring.splitlines()[0].endswith(".")


def test_every_folder_of_modules_is_a_package() -> None:
    bare = {
        str(file.parent.relative_to(ROOT))
        for name in PACKAGES
        for file in (ROOT / name).rglob("*.py")
        if not (file.parent / "__init__.py").is_file()
    }
    assert bare == set()


def test_dvc_runs_the_steps_of_the_dag() -> None:
    commands = {name: stage["cmd"] for name, stage in _stages().items()}
    assert commands == {step: f".venv/bin/takt {step}" for step in STEPS}


def test_dvc_names_every_branch_of_the_parameters_and_no_other() -> None:
    named = {key for stage in _stages().values() for key in stage["params"]}
    assert named == set(Params.model_fields)


def test_a_dvc_stage_depends_only_on_what_is_in_the_checkout_or_made_by_a_stage() -> None:
    stages = _stages().values()
    made = {path for stage in stages for path in _made(stage)}
    asked = {path for stage in stages for path in stage["deps"]}
    absent = {
        path
        for path in asked
        if not (ROOT / path).exists() and not made & {path, str(Path(path).parent)}
    }
    assert absent == set()


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        *(name for name in PACKAGES if name not in ("service", "dags")), cache_dir=None
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_dvc_stage_depends_on_the_code_that_its_step_imports(
    graph: grimp.ImportGraph, step: str
) -> None:
    imported = graph.find_upstream_modules(f"pipelines.{step}") | {f"pipelines.{step}"}
    files = {f"{name.replace('.', '/')}.py" for name in imported} | {
        f"{name.replace('.', '/')}/__init__.py" for name in imported
    }
    real = {file for file in files if (ROOT / file).is_file() and not file.startswith(PLUMBING)}
    asked = tuple(_stages()[step]["deps"])
    missed = {
        file
        for file in real
        if not any(file == path or file.startswith(f"{path}/") for path in asked)
        and not file.endswith("__init__.py")
    }
    assert missed == set()


@pytest.mark.parametrize("step", STEPS)
def test_a_dvc_stage_names_the_parameters_that_its_code_reads(step: str) -> None:
    stage = _stages()[step]
    modules = [path for path in stage["deps"] if path.startswith("pipelines/")]
    files = [
        file
        for path in modules
        for file in ([ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py"))
    ]
    text = "".join(file.read_text("utf-8") for file in files)
    branches = "|".join(Params.model_fields)
    read = set(re.findall(rf"\bparams\.({branches})\b(?!\.yaml)", text))
    assert read - set(stage["params"]) == set()


def _made(stage: dict[str, Any]) -> Iterator[str]:
    for out in [out for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]:
        yield out if isinstance(out, str) else next(iter(out))


def test_the_lock_names_no_host_and_hashes_every_package() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = re.findall(r"^[A-Za-z0-9][^\n]*==[^\n]*\\$", lock, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[A-Za-z0-9]", lock, re.MULTILINE))
    assert len(pinned) > 300
    assert all(
        "--hash=sha256:" in block for block in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.M)[1:]
    )
    assert re.findall(r"https?://|--index|--find-links|@ file", lock) == []
    assert not (ROOT / "uv.lock").exists()


def test_every_requirement_is_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    asked = re.findall(r"^[A-Za-z0-9._-]+", (ROOT / "requirements.in").read_text("utf-8"), re.M)
    absent = [
        name
        for name in asked
        if f"\n{_normal(name)}==" not in lock and f"\n{_normal(name)}[" not in lock
    ]
    assert absent == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_airflow_folder_shadows_nothing_of_the_library() -> None:
    folder = ROOT / "airflow"
    assert not (folder / "__init__.py").exists()
    assert {path.name for path in folder.iterdir()} & AIRFLOW_TAKES == set()


def test_dags_import_nothing_heavy_when_they_are_parsed() -> None:
    heavy = {
        f"{file.name}: {name}"
        for file in (ROOT / "dags").rglob("*.py")
        for name in _imported_at_parse_time(ast.parse(file.read_text("utf-8")))
        if not any(name == light or name.startswith(f"{light}.") for light in LIGHT)
    }
    assert heavy == set()


def _imported_at_parse_time(tree: ast.AST) -> Iterator[str]:
    """Yield the modules that running the module imports: those outside of functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imported_at_parse_time(node)


@pytest.mark.integration
def test_imports_point_one_way() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


@pytest.mark.integration
def test_dvc_reads_its_own_stages(tmp_path: Path) -> None:
    listed = subprocess.run(
        [Path(sys.executable).with_name("dvc"), "stage", "list", "--name-only"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert listed.stdout.split() == list(STEPS)


@pytest.mark.integration
def test_one_wheel_ships_every_package_with_what_lies_beside_its_modules(tmp_path: Path) -> None:
    for name in (*PACKAGES, "pyproject.toml", "requirements.in", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    program = "from setuptools.build_meta import build_wheel; build_wheel('.')"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("takt-*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        str(file.relative_to(ROOT))
        for name in PACKAGES
        for file in (ROOT / name).rglob("*")
        if file.suffix in {".py", ".json", ".ini", ".mako", ".html", ".css", ".js", ".yaml"}
    }
    assert ours - shipped == set()
    assert {name.split("/")[0] for name in shipped if ".dist-info/" not in name} == set(PACKAGES)


def test_every_parameter_of_a_step_is_read_somewhere() -> None:
    """A whole branch is read where it is dumped into a record that has the same names."""
    text = "".join(
        file.read_text("utf-8") for file in (ROOT / "pipelines").rglob("*.py") if file.name != "params.py"
    )  # fmt: skip
    unread = {
        f"{branch}.{name}"
        for branch, field in Params.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        if not re.search(rf"Recipe\(\*\*context\.params\.{branch}\b|\.{branch}\.for_plant\(", text)
        for name in field.annotation.model_fields
        if not re.search(rf"\b(params|{branch})\.{name}\b", text)
    }
    assert unread == set()
