"""What the lines will make, which orders will be late, and where stock runs out.

Steps as plain functions: `fit_rates`, `fit_late_risk`, `score_late_risk`, `foresee_stockouts`.
"""
