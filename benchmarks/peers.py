"""Solvers to stand beside Takt on one-unit instances: PyJobShop, and plain CP-SAT as one would write it.

Both read the same `Plant` (one task an item, one mode a capability, the bill of materials as
precedences, arrivals as release dates, changeovers as sequence-dependent setups) and give a
`Schedule` back, which `plant.evaluate` prices like ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from benchmarks.instances import Instance
from plant import Plant, Run, Schedule
from plant.arrays import plant_arrays
from plant.calendar import minutes_needed


@dataclass(frozen=True, slots=True)
class Task:
    """One unit of an item: its ways of being made as (line, minutes), its release, what comes before."""

    item: str
    modes: tuple[tuple[int, int], ...]
    release: int
    before: tuple[str, ...]
    due: int
    weight: int


def tasks_of(instance: Instance) -> tuple[Task, ...]:
    """The tasks of an instance, in the plant's order of items."""
    plant = instance.plant
    made = {c.item for c in plant.capabilities}
    lines = {line.id: index for index, line in enumerate(plant.lines)}
    modes: dict[str, list[tuple[int, int]]] = {item: [] for item in made}
    for c in plant.capabilities:
        modes[c.item].append((lines[c.line], minutes_needed(1, c.rate)))
    at = {arrival.item: arrival.at for arrival in plant.arrivals}
    before: dict[str, list[str]] = {item: [] for item in made}
    for row in plant.bom:
        before[row.item].append(row.component)
    orders = {order.item: order for order in plant.orders}
    return tuple(
        Task(
            item.id,
            tuple(modes[item.id]),
            max((at[c] for c in before[item.id] if c in at), default=0),
            tuple(c for c in before[item.id] if c in made),
            orders[item.id].due if item.id in orders else 0,
            round(orders[item.id].weight / 1440) if item.id in orders else 0,
        )
        for item in plant.items
        if item.id in made
    )


def is_makespan(instance: Instance) -> bool:
    """Whether the makespan is what counts."""
    return instance.weights.makespan > 0


def setups(plant: Plant, tasks: tuple[Task, ...]) -> Iterator[tuple[int, int, int, int]]:
    """Each (line, task before, task after, minutes) that takes any setup."""
    arrays = plant_arrays(plant)
    family = [arrays.items.family[arrays.item_index[task.item]] for task in tasks]
    able = [{line for line, _ in task.modes} for task in tasks]
    for line in range(len(plant.lines)):
        minutes = arrays.changeovers.minutes[arrays.lines.table[line]]
        here = [n for n in range(len(tasks)) if line in able[n]]
        for one, other in permutations(here, 2):
            took = int(minutes[family[one], family[other]])
            if took:
                yield line, one, other, took


def first_setup(plant: Plant, task: Task, line: int) -> int:
    """Setup minutes of a task that a line starts with."""
    arrays = plant_arrays(plant)
    old = arrays.lines.initial_family[line]
    if old < 0:
        return 0
    new = arrays.items.family[arrays.item_index[task.item]]
    return int(arrays.changeovers.minutes[arrays.lines.table[line], old, new])


def solve_pyjobshop(instance: Instance, seconds: float, workers: int) -> Schedule | None:
    """PyJobShop with its own model; an empty task at minute 0 stands for what a line is set up for."""
    from pyjobshop import Model

    model = Model()
    tasks = tasks_of(instance)
    machines = [model.add_machine() for _ in instance.plant.lines]
    made = []
    number = {task.item: n for n, task in enumerate(tasks)}
    for task in tasks:
        job = model.add_job(weight=task.weight, due_date=task.due)
        made.append(model.add_task(job=job, earliest_start=task.release))
        for line, minutes in task.modes:
            model.add_mode(made[-1], machines[line], minutes)
    for n, task in enumerate(tasks):
        for before in task.before:
            model.add_end_before_start(made[number[before]], made[n])
    for line, one, other, took in setups(instance.plant, tasks):
        model.add_setup_time(machines[line], made[one], made[other], took)
    for line, machine in enumerate(machines):
        took_first = [first_setup(instance.plant, task, line) for task in tasks]
        if any(took_first):
            origin = model.add_task(latest_end=0)
            model.add_mode(origin, machine, 0)
            for task, minutes in zip(made, took_first, strict=True):
                model.add_setup_time(machine, origin, task, minutes)
    if is_makespan(instance):
        model.set_objective(weight_makespan=1)
    else:
        model.set_objective(weight_total_tardiness=1)
    found = model.solve(time_limit=seconds, display=False, num_workers=workers)
    if not found.best.tasks:
        return None
    modes = model.data().modes
    return _schedule(
        instance.plant,
        tasks,
        [(modes[t.mode].resources[0], t.start, t.end) for t in found.best.tasks[: len(tasks)]],
    )


def solve_cpsat(instance: Instance, seconds: float, workers: int) -> Schedule | None:
    """CP-SAT with optional intervals and, where there are setups, a circuit per line."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    plant, tasks = instance.plant, tasks_of(instance)
    horizon = plant.horizon
    number = {task.item: n for n, task in enumerate(tasks)}
    start = [model.new_int_var(task.release, horizon, "") for task in tasks]
    end = [model.new_int_var(0, horizon, "") for _ in tasks]
    chosen: dict[tuple[int, int], cp_model.IntVar] = {}
    on_line: dict[int, list[cp_model.IntervalVar]] = {n: [] for n in range(len(plant.lines))}
    for n, task in enumerate(tasks):
        for line, minutes in task.modes:
            chosen[n, line] = model.new_bool_var("")
            on_line[line].append(
                model.new_optional_interval_var(start[n], minutes, end[n], chosen[n, line], "")
            )
            first = first_setup(plant, task, line)
            if first:
                model.add(start[n] >= first).only_enforce_if(chosen[n, line])
        model.add_exactly_one(chosen[n, line] for line, _ in task.modes)
        for before in task.before:
            model.add(start[n] >= end[number[before]])
    for intervals in on_line.values():
        model.add_no_overlap(intervals)
    _circuits(model, plant, tasks, start, end, chosen)
    if is_makespan(instance):
        makespan = model.new_int_var(0, horizon, "")
        model.add_max_equality(makespan, end)
        model.minimize(makespan)
    else:
        late = [model.new_int_var(0, horizon, "") for _ in tasks]
        for n, task in enumerate(tasks):
            model.add(late[n] >= end[n] - task.due)
        model.minimize(sum(task.weight * late[n] for n, task in enumerate(tasks)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    placed = []
    for n, task in enumerate(tasks):
        line = next(line for line, _ in task.modes if solver.value(chosen[n, line]))
        placed.append((line, solver.value(start[n]), solver.value(end[n])))
    return _schedule(plant, tasks, placed)


def _circuits(model, plant, tasks, start, end, chosen) -> None:  # type: ignore[no-untyped-def]
    """One circuit per line over its tasks, whose arcs carry the setups."""
    took = {(line, one, other): t for line, one, other, t in setups(plant, tasks)}
    if not took:
        return
    for line in range(len(plant.lines)):
        here = [n for n, task in enumerate(tasks) if (n, line) in chosen]
        empty = model.new_bool_var("")
        arcs = [(0, 0, empty)]
        for n in here:
            arcs.append((n + 1, n + 1, chosen[n, line].negated()))
            first, last = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, n + 1, first), (n + 1, 0, last)]
            model.add_implication(chosen[n, line], empty.negated())
        for one, other in permutations(here, 2):
            follows = model.new_bool_var("")
            arcs.append((one + 1, other + 1, follows))
            gap = took.get((line, one, other), 0)
            model.add(start[other] >= end[one] + gap).only_enforce_if(follows)
        model.add_circuit(arcs)


def _schedule(
    plant: Plant, tasks: tuple[Task, ...], placed: list[tuple[int, int, int]]
) -> Schedule:
    return Schedule(
        tuple(
            Run(task.item, plant.lines[line].id, task.item, int(start), int(end), 1.0)
            for task, (line, start, end) in zip(tasks, placed, strict=True)
        )
    )
