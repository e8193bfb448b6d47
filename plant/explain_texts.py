"""What exceptions, causes and fixes say: a code with its parameters, and the sentence in two languages.

The words are those of docs/glossary.md. A parameter's name says what it is: `at`, `due`, `until` and
`since` are minutes of the plant, shown as instants of its own time zone; `minutes`, `late`, `earlier`
and `free` are lengths; `money` is in the plant's currency; `quantity`, `short` and `lowest` are units.
Korean sentences keep particles off ids, whose sounds nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from plant.model import MINUTES_PER_DAY, MINUTES_PER_HOUR, Plant

Value = str | float
INSTANTS = ("at", "due", "until", "since", "start")
LENGTHS = ("minutes", "late", "earlier", "free")
UNITS = ("quantity", "short", "lowest", "safety", "count")
DAYS_KO = "월화수목금토일"
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

SENTENCES: dict[str, tuple[str, str]] = {
    # exceptions
    "late": (
        "Order {order}: {quantity} of {item} late by up to {late}, {money}.",
        "주문 {order}: {item} {quantity} 납기지연 최대 {late}, {money}.",
    ),
    "short": (
        "Order {order}: {short} of {item} not delivered in the plan's horizon, {money}.",
        "주문 {order}: 계획 기간 내 {item} {short} 미납, {money}.",
    ),
    "late_and_short": (
        "Order {order}: {quantity} of {item} late, {short} of them not in the plan's horizon, {money}.",
        "주문 {order}: {item} {quantity} 납기지연, 그중 {short} 계획 기간 내 미납, {money}.",
    ),
    "stock": (
        "{item}: stock under safety stock {safety} from {since} for {minutes}, lowest {lowest}, {money}.",
        "품목 {item}: {since}부터 {minutes} 동안 안전재고 {safety} 미달, 최저 재고 {lowest}, {money}.",
    ),
    "overtime": (
        "{line}: {minutes} of overtime on {day}, {money} on top.",
        "라인 {line}: {day} 잔업 {minutes}, 추가 비용 {money}.",
    ),
    "breach": ("{kind}: {message}", "위반 ({kind}): {message}"),
    # causes
    "delivery": (
        "run {run} on {line} delivers {item} only at {at}",
        "라인 {line} 작업 {run}: {item} 납품 가능 시점 {at}",
    ),
    "capacity": (
        "{line} is busy from {since} until {until} (runs before it: {count})",
        "라인 {line}: {since}부터 {until}까지 선행 작업 {count}건으로 가동 중",
    ),
    "available": (
        "{line} is not available before {at}",
        "라인 {line}: {at} 이전 사용 불가",
    ),
    "plan_start": (
        "run {run} on {line} starts as early as the plan and its shifts allow, at {at}",
        "라인 {line} 작업 {run}: 계획과 근무조가 허용하는 가장 이른 시점 {at}에 시작",
    ),
    "changeover": (
        "the changeover from {from_family} to {to_family} before run {run} takes {minutes} of {line}",
        "라인 {line} 작업 {run} 전 품목교체({from_family} → {to_family}) {minutes} 소요",
    ),
    "material": (
        "run {run} waits for {quantity} of {item} that arrive at {at}",
        "작업 {run}: 원자재 {item} {quantity} 입고 예정 {at} 대기",
    ),
    "arrival": (
        "{quantity} of {item} arrive only at {at}",
        "{item} {quantity} 입고 예정 {at}",
    ),
    "upstream": (
        "run {run} waits for {quantity} of {item} that run {upstream} on {line} delivers at {at}",
        "작업 {run}: 선행 공정 라인 {line} 작업 {upstream}의 {item} {quantity} 완료 {at} 대기",
    ),
    "missing": (
        "run {run} takes {quantity} of {item} that nobody supplies",
        "작업 {run}: 공급이 없는 {item} {quantity} 투입",
    ),
    "lock": (
        "run {run} on {line} is locked to start at {start}",
        "라인 {line} 작업 {run}: 시작 {start} 고정",
    ),
    "frozen": (
        "run {run} on {line} starts at {start}, in the frozen zone",
        "라인 {line} 작업 {run}: 시작 {start}, 동결 구간",
    ),
    "gap": (
        "run {run} on {line} could start {earlier} earlier, at {at}, and does not",
        "라인 {line} 작업 {run}: {earlier} 빠른 {at} 시작 가능하나 미반영",
    ),
    "horizon": (
        "run {run} on {line} delivers at {at}, after the plan's horizon",
        "라인 {line} 작업 {run}: 완료 {at}, 계획 기간 이후",
    ),
    "overdue": (
        "it was due at {due}, before the plan starts",
        "납기 {due}: 계획 시작 이전",
    ),
    "unplanned": (
        "no run is planned for {short} of {item}",
        "{item} {short}에 대한 작업 미계획",
    ),
    "full": (
        "lines that can make {item} ({count}) have {free} left at most, it takes {minutes}",
        "{item} 생산 가능 라인 {count}개의 여유 최대 {free}, 필요 {minutes}",
    ),
    "no_material": (
        "{short} of {item} are missing for it in the whole horizon",
        "계획 기간 전체에서 {item} {short} 부족",
    ),
    "not_made": (
        "no line can make {item}, and stock and arrivals do not cover it",
        "{item} 생산 가능 라인 없음, 재고와 입고 예정으로 부족",
    ),
    "resupply": (
        "its next supply is run {run} on {line}, at {at}",
        "다음 공급: 라인 {line} 작업 {run}, {at}",
    ),
    "resupply_arrival": (
        "its next supply are {quantity} of {item} that arrive at {at}",
        "다음 공급: {item} {quantity} 입고 예정 {at}",
    ),
    "no_resupply": (
        "nothing supplies {item} after that within the horizon",
        "이후 계획 기간 내 {item} 공급 없음",
    ),
    "serves": (
        "{line} works it for {orders}",
        "주문 {orders} 대응(라인 {line})",
    ),
    # fixes
    "start_earlier": (
        "start {run} on {line} {earlier} earlier, at {at}",
        "라인 {line} 작업 {run} 시작을 {earlier} 앞당김({at})",
    ),
    "start_earlier_all": (
        "start {run} on {line} {earlier} earlier, at {at}, and what follows it (runs: {count})",
        "라인 {line} 작업 {run} 시작을 {earlier} 앞당김({at}), 후속 작업 {count}건 함께 이동",
    ),
    "other_line": (
        "make {run} on {line} instead of {from_line}, from {at} on",
        "작업 {run}: 라인 {from_line} 대신 라인 {line}에서 {at}부터 생산",
    ),
    "before": (
        "make {run} before {other} on {line}, from {at} on",
        "라인 {line}: 작업 {run} 순서를 작업 {other} 앞으로({at}부터)",
    ),
    "split": (
        "split {run} after {quantity} of {item}, delivered {earlier} earlier",
        "작업 {run} 분할: {item} {quantity} 먼저 완료({earlier} 빠름)",
    ),
    "unlock": (
        "take the lock off {run} and start it on {line} {earlier} earlier, at {at}",
        "작업 {run} 고정 해제 후 라인 {line} 시작을 {earlier} 앞당김({at})",
    ),
    "overtime_shift": (
        "one more overtime shift on {line} on {day}, {minutes} from {at} on",
        "라인 {line} {day} 잔업 근무조 1회 추가({at}부터 {minutes})",
    ),
    "arrival_earlier": (
        "{quantity} of {item} {earlier} earlier, at {at}",
        "{item} {quantity} 입고를 {earlier} 앞당김({at})",
    ),
    "add_run": (
        "make {quantity} of {item} more, on {line} from {at} on",
        "라인 {line} {at}부터 {item} {quantity} 추가 생산",
    ),
}  # fmt: skip

KINDS_KO = {
    "capability": "생산 능력",
    "shift": "근무조",
    "available": "라인 사용 가능 시점",
    "duration": "작업 시간",
    "lot": "로트",
    "overlap": "작업 중복",
    "changeover": "품목교체",
    "stock": "재고",
    "lock": "고정",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is said: its code, the parameters as values, and the sentence in both languages."""

    code: str
    parameters: Mapping[str, Value]
    english: str
    korean: str


def say(plant: Plant, code: str, **parameters: Value) -> Said:
    """What the code says of these parameters about this plant."""
    english, korean = SENTENCES[code]
    return Said(
        code,
        parameters,
        english.format_map({key: _english(plant, key, it) for key, it in parameters.items()}),
        korean.format_map({key: _korean(plant, key, it) for key, it in parameters.items()}),
    )


def _english(plant: Plant, key: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    if key in INSTANTS:
        at = plant.starts_at + timedelta(minutes=value)
        return f"{DAYS_EN[at.weekday()]} {at:%Y-%m-%d %H:%M}"
    if key == "day":
        at = plant.starts_at + timedelta(minutes=value)
        return f"{WEEKDAYS_EN[at.weekday()]} {at:%Y-%m-%d}"
    if key in LENGTHS:
        return _length(value, ("d", "h", "min"), " ")
    return _number(plant, key, value)


def _korean(plant: Plant, key: str, value: Value) -> str:
    if isinstance(value, str):
        return KINDS_KO.get(value, value) if key == "kind" else value
    at = plant.starts_at + timedelta(minutes=value) if key in (*INSTANTS, "day") else None
    if at is not None:
        day = f"{at.year}년 {at.month}월 {at.day}일({DAYS_KO[at.weekday()]})"
        return day if key == "day" else f"{day} {at:%H:%M}"
    if key in LENGTHS:
        return _length(value, ("일", "시간", "분"), "")
    return _number(plant, key, value)


def _number(plant: Plant, key: str, value: float) -> str:
    if key == "money":
        return f"{value:,.0f} {plant.currency}"
    rounded = round(value, 2)
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.2f}"


def _length(minutes: float, units: tuple[str, str, str], space: str) -> str:
    """`2 d 3 h`, `1 h 30 min`: the two largest units that it has."""
    left = round(minutes)
    parts = []
    for size, unit in zip((MINUTES_PER_DAY, MINUTES_PER_HOUR, 1), units, strict=True):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{space}{unit}")
    return " ".join(parts[:2]) or f"0{space}{units[2]}"
