"""How often a contest promotes wrongly and rightly: `python -m benchmarks.model_contest [--quick] [--json]`.

Losses are drawn: of a challenger that is as good as the champion, and of one that is 5 % better. Weeks that
are easier for one of the two, and series that suit one of the two, are in them. Beside ours: the paired t
test over all cells (which takes them for independent), and the paired bootstrap that draws series and
origins with replacement. Aim: at most 10 % promoted wrongly at alpha 0.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_rel

from benchmarks.report import arguments, progress, show
from models.contest import Losses, compare

Floats = NDArray[np.float64]
ALPHA, GAIN, REPLICATES = 0.1, 0.05, 200
# origins, series, spread of weeks, spread of series, origins that a horizon reaches over
CASES = (
    (8, 26, 0.0, 0.0, 1),
    (8, 26, 0.1, 0.1, 1),
    (8, 26, 0.1, 0.1, 2),
    (8, 200, 0.05, 0.1, 2),
    (3, 200, 0.05, 0.1, 1),
    (8, 1, 0.1, 0.0, 1),
)
COLUMNS = ("origins", "series", "weeks", "series'", "overlap", "test", "wrongly %", "rightly %")


def main() -> None:
    """Prints the table and the figures."""
    options = arguments(__doc__).parse_args()
    runs = 300 if options.quick else 2000
    rows: list[tuple[object, ...]] = []
    figures: dict[str, object] = {"alpha": ALPHA, "gain": GAIN, "runs": runs}
    for case in CASES:
        progress(f"{case[0]} origins of {case[1]} series")
        tests: dict[str, Callable[[Floats, Floats], float]] = {
            "ours": lambda one, two, overlap=case[-1]: _ours(one, two, overlap),
            "t test": _t_test,
            "bootstrap": _bootstrap,
        }
        for name, chance in tests.items():
            wrongly, rightly = (_promoted(case, gain, chance, runs) for gain in (0.0, GAIN))
            rows.append((*case, name, 100 * wrongly, 100 * rightly))
            figures[f"{name} {case}"] = [wrongly, rightly]
    show("Contests", COLUMNS, rows, figures, options.json)


def _promoted(
    case: tuple[int, int, float, float, int],
    gain: float,
    chance: Callable[[Floats, Floats], float],
    runs: int,
) -> float:
    origins, series, weeks, taste, overlap = case
    rng = np.random.default_rng(5)
    wins = 0
    for _ in range(runs):
        champion = rng.gamma(4.0, 0.25, (origins, series))
        challenger = (champion + rng.gamma(4.0, 0.25, (origins, series))) / 2
        week = rng.normal(0.0, weeks, (origins + overlap - 1, 1))
        shared = np.stack([week[n : n + overlap].mean(axis=0) for n in range(origins)])
        tilted = challenger + 1 + shared + rng.normal(0.0, taste, (1, series))
        wins += chance(champion + 1, tilted * (1 - gain)) <= ALPHA
    return wins / runs


def _ours(champion: Floats, challenger: Floats, overlap: int) -> float:
    return compare(Losses.of(champion), Losses.of(challenger), overlap).chance(0.0)


def _t_test(champion: Floats, challenger: Floats) -> float:
    return float(ttest_rel(champion.ravel(), challenger.ravel(), alternative="greater").pvalue)


def _bootstrap(champion: Floats, challenger: Floats) -> float:
    rng = np.random.default_rng(1)
    difference = champion - challenger
    origins, series = difference.shape
    rows = rng.multinomial(origins, np.full(origins, 1 / origins), REPLICATES) / origins
    columns = rng.multinomial(series, np.full(series, 1 / series), REPLICATES) / series
    means = ((rows @ difference) * columns).sum(axis=1)
    centred = means - difference.mean()
    return float((1 + (centred >= difference.mean()).sum()) / (REPLICATES + 1))


if __name__ == "__main__":
    main()
