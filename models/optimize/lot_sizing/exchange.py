"""HiGHS that tells of each better plan while it searches, and takes plans found elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.optimize.lot_sizing.record import Floats
from models.optimize.milp.highs import Solver


class Exchange(Solver):
    """A solver of one model, whose variables' values go out and come in while it runs.

    heard is called with the values of the given variables at each better solution; bounded with each
    bound; news, asked often, gives values of all of them for a solution found elsewhere, or None.
    """

    def __init__(
        self,
        model: Any,
        variables: Sequence[Any],
        heard: Callable[[Floats], None],
        bounded: Callable[[float], None] = lambda _: None,
        news: Callable[[], Floats | None] = lambda: None,
        seed: int = 0,
        presolve: bool = True,
    ) -> None:
        super().__init__(1, seed)
        self.options["presolve"] = "choose" if presolve else "off"
        self.heard, self.bounded, self.news = heard, bounded, news
        self.highs.set_instance(model)
        # Pyomo has no way to HiGHS's callbacks, nor to the columns of its variables.
        inside = self.highs._solver_model  # noqa: SLF001
        columns = self.highs._pyomo_var_to_solver_var_map  # noqa: SLF001
        self.columns = np.array([columns[id(one)] for one in variables], dtype=np.int32)
        inside.cbMipImprovingSolution.subscribe(self._improved)
        inside.cbMipLogging.subscribe(self._logged)
        inside.cbMipUserSolution.subscribe(self._asked)

    def _improved(self, event: Any) -> None:
        self.heard(np.array(event.data_out.mip_solution)[self.columns])
        self._logged(event)

    def _logged(self, event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        if np.isfinite(bound):
            self.bounded(bound)

    def _asked(self, event: Any) -> None:
        values = self.news()
        if values is not None:
            event.data_in.setSolution(self.columns, values)
