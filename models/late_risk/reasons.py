"""Reasons: what pushed an order's risk up or down, as codes, and the codes' words in English and Korean.

The shares are SHAP values of the ensemble's log odds: each member's, weighted as its vote is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.late_risk.model import LateRiskModel, Scored
from models.late_risk.schema import Floats, Schema

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ko": ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"),
}
# By code: English, Korean. {label}: the column's name; {value}: what it is of this order.
TEXTS: Mapping[str, tuple[str, str]] = {
    "rate": ("{label} {name}: {value} late of late", "{label} {name}: 최근 {value}가 납기지연"),
    "count": ("{label} {name}: {value} orders known", "{label} {name}: 이력 {value}건"),
    "since": (
        "{label} {name}: late {value} days ago",
        "{label} {name}: {value}일 전에 납기지연",
    ),
    "never": ("{label} {name}: never late yet", "{label} {name}: 납기지연 이력 없음"),
    "name": ("{label} is {name}", "{label}: {name}"),
    "number": ("{label} is {value}", "{label}: {value}"),
    "missing": ("{label} is not known", "{label}: 값 없음"),
    "lead": ("{value} days from {label}", "{label} 간격 {value}일"),
    "size": ("{value} rows with the same {label}", "같은 {label}: {value}건"),
    "issued": (
        "{label} was given out {value} days before orders of its time are due",
        "{label} 발행 시점이 같은 시기 납기보다 {value}일 앞섬",
    ),
    "ahead": (
        "{label} was given out {value} days further ahead than usual for its like",
        "{label} 발행이 비슷한 건의 평소보다 {value}일 더 앞섬",
    ),
    "near": (
        "{label} was given out {value} days further ahead than its like at the time",
        "{label} 발행이 같은 시기의 비슷한 건보다 {value}일 더 앞섬",
    ),
    "weekday": ("promised for a {value}", "납기 요일: {value}"),
    "month": ("promised for month {value}", "납기 월: {value}월"),
    "day": ("promised for day {value} of the month", "납기 일: {value}일"),
    "level": ("{value} of all orders were late of late", "최근 전체 주문의 {value}가 납기지연"),
    "age": ("the last known outcome is {value} days older", "마지막 실적이 {value}일 전"),
}
FAR_DAYS = 3600.0
DOCUMENTS = ("issued", "ahead", "near")  # codes of when a document was given out


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its code, what it is about, and its share of the log odds (above 0: riskier).

    column: the feature's column or columns; name: the entity's; value: the feature's, or None.
    """

    code: str
    column: str
    name: str
    value: float | None
    share: float

    def text(self, language: str, labels: Schema) -> str:
        """Return the reason in plain words, `en` or `ko`."""
        place = 0 if language == "en" else 1
        label = _label(self.column, labels, place)
        value = _told(self.code, self.value, language)
        return TEXTS[self.code][place].format(label=label, name=self.name, value=value)


def reasons(model: LateRiskModel, scored: Scored, most: int = 3) -> list[tuple[Reason, ...]]:
    """Return of each order its reasons, those with the largest shares either way first.

    A reason is a topic; its share is that of all features about it, and the weightiest one is told.
    """
    parts = shares(model, scored.matrix)[:, :-1]
    names = list(scored.matrix.columns)
    topics = list(_topics(names).values())
    sums = np.column_stack([parts[:, places].sum(axis=1) for places in topics])
    found = []
    for row, own in enumerate(sums):
        told = []
        for at in np.argsort(-np.abs(own), kind="stable")[:most]:
            places = topics[at]
            voice = places[int(np.argmax(np.abs(parts[row, places])))]
            told.append(_reason(names[voice], scored.matrix, row, float(own[at])))
        found.append(tuple(one for one in told if one.share != 0))
    return found


def shares(model: LateRiskModel, matrix: pd.DataFrame) -> Floats:
    """Return what each feature adds to each order's log odds, shape (orders, features + 1).

    A row's sum is the order's log odds before calibration.
    """
    found: Floats = np.sum(
        [
            weight * member.parts(matrix)
            for weight, member in zip(model.weights, model.members, strict=True)
        ],
        axis=0,
    )
    return found


def _topics(names: Sequence[str]) -> dict[str, list[int]]:
    """The features' places by what they are about: rate, count and name of a vendor are one topic."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        code, _, column = name.partition(":")
        topic = column.rpartition(":")[0] if code in DOCUMENTS else column
        found.setdefault(topic, []).append(at)
    return found


def _reason(feature: str, matrix: pd.DataFrame, row: int, share: float) -> Reason:
    code, _, column = feature.partition(":")
    value = matrix[feature].iloc[row]
    name = _name(column, matrix, row)
    if code == "name":
        return Reason("name", column, name, None, share)
    number = float(value)
    if math.isnan(number):
        return Reason("missing", column.partition(":")[0], name, None, share)
    if code == "since" and number > FAR_DAYS:
        return Reason("never", column, name, None, share)
    if code == "calendar":
        return Reason(column, column, name, number, share)
    if code in DOCUMENTS:
        return Reason(code, column.rpartition(":")[0], name, number, share)
    return Reason(code, column, name, number, share)


def _name(column: str, matrix: pd.DataFrame, row: int) -> str:
    """The entity's name, or both of a pair; names too rare to be kept are `other`."""
    known = [
        matrix[f"name:{part}"].iloc[row]
        for part in column.split(" | ")
        if f"name:{part}" in matrix.columns
    ]
    return " / ".join("other" if pd.isna(one) else str(one) for one in known)


def _label(column: str, labels: Schema, place: int) -> str:
    for mark, joiner in ((" | ", " / "), (">", " → ")):
        if mark in column:
            return joiner.join(labels.label(part)[place] for part in column.split(mark))
    return labels.label(column)[place]


def _told(code: str, value: float | None, language: str) -> str:
    if value is None:
        return ""
    if code in ("rate", "level"):
        return f"{value:.0%}"
    if code == "weekday":
        return WEEKDAYS[language][int(value)]
    if code == "number":
        return f"{value:,.4g}"
    return f"{value:,.0f}"
