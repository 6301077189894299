"""The suites of trust; `python -m benchmarks.trust` runs them.

A suite is a module of this package with `run(budget_s: float, seed: int) -> SuiteResult`. It is found by that
function, so a new module takes part by being there. An optional `WEIGHT` (default 1.0) says how large its share of
the time is.
"""
