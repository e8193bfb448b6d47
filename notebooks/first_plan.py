# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A first plan
#
# From a small plant to a schedule, its price and the reasons for it. Nothing here needs a server.

# %%
from envs.rules import tuned_atcs
from models.optimize import solve
from plant import evaluate
from plant.diff import diff
from plant.examples import three_lines

plant = three_lines.plant()
print(len(plant.lines), "lines,", len(plant.items), "items,", len(plant.orders), "orders")

# %% [markdown]
# The schedule of the best-tuned dispatching rule, as the referee sees it: cost by component, in money.

# %%
rule = tuned_atcs(plant)
before = evaluate(plant, rule)
print(before.feasible, before.cost)

# %% [markdown]
# The same plant, optimised from there for three seconds; the bound says how much better any plan could be.

# %%
solution = solve(plant, start=rule, seconds=3, workers=1)
after = evaluate(plant, solution.schedule)
assert after.feasible
assert after.cost.total <= before.cost.total
print(f"{before.cost.total:,.0f} -> {after.cost.total:,.0f}, bound {solution.bound or 0:,.0f}")

# %% [markdown]
# What changed, and where the units of an order come from.

# %%
changes = diff(plant, rule, solution.schedule)
print(changes)

# %%
order = plant.orders[0].id
for peg in after.pegging.by_order.get(order, ()):
    print(order, "takes", peg.quantity, "of", peg.item, "from", peg.supplier, peg.supplier_id)
