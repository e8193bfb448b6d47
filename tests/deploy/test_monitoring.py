"""Prometheus' rules and Grafana's panels ask for metrics that the code has, with the labels it has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import pipelines.metrics as metrics

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
CONFIG = DEPLOY / "prometheus" / "prometheus.yml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
METRIC = re.compile(r"\btakt_[a-z0-9_]+")
OURS = {value._name: value for value in vars(metrics).values() if hasattr(value, "_labelnames")}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.name}: {panel['title']}", target["expr"]


def samples() -> set[str]:
    """What Prometheus will see: with the endings that it gives counters and histograms."""
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
    return {
        family.name + ending
        for family in REGISTRY.collect()
        if family.name.startswith("takt_")
        for ending in endings[family.type]
    }


def test_there_are_rules_and_panels_to_compare() -> None:
    assert len(rules()) >= 10
    assert len(list(expressions())) >= 30


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_that_is_asked_for_exists(where: str, expression: str) -> None:
    asked = set(METRIC.findall(expression))
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert asked <= samples(), where
    assert set(re.findall(r"\btakt:[a-z0-9_:]+", expression)) <= recorded, where
    labels = {
        label
        for name in asked
        for label in OURS[re.sub(r"_(total|bucket|sum|count)$", "", name)]._labelnames
    }
    by = {
        one.strip()
        for found in re.findall(r"by \(([^)]*)\)", expression)
        for one in found.split(",")
    }
    assert by - {"le"} <= labels, where


def test_every_metric_of_the_code_is_shown_or_watched() -> None:
    asked = {name for _, expression in expressions() for name in METRIC.findall(expression)}
    shown = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked}
    assert shown >= set(OURS)


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in ("warning", "critical")
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["description"]
            assert rule["for"]


def test_dashboards_have_panels_that_do_not_lie_over_each_other() -> None:
    for file in DASHBOARDS:
        panels = json.loads(file.read_text())["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        taken: set[tuple[int, int]] = set()
        for panel in panels:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken, panel["title"]
            assert at["x"] + at["w"] <= 24
            taken |= cells


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (apt: prometheus)")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_promtool_takes_the_configuration_and_the_rules() -> None:
    done = promtool("check", "config", str(CONFIG))
    assert done.returncode == 0, done.stderr


def test_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    file = tmp_path / "alerts_test.yml"
    told = (Path(__file__).parent / "alerts_test.yml").read_text()
    file.write_text(told.replace("RULES", str(RULES)))
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
