"""A table of anybody's against its set: what a person runs before publishing it."""

from functools import lru_cache
from pathlib import Path

from boundaries.elections import sets
from boundaries.elections.conformity import nonconforming
from boundaries.elections.set_rules import Case
from boundaries.elections.tabular import read_tabular
from boundaries.elections.vote_rules import rules_of
from boundaries.errors import PlanError
from boundaries.law.plans import Plan, load_plans
from boundaries.law.registry import Registry, load_registry


def check_table(path: Path, set_name: str, plan: str = "", *, partial: bool = False) -> tuple[int, list[str]]:
    """Check a CSV or XLSX file: its schema first, then what must hold across rows.

    Parameters
    ----------
    path
        The file.
    set_name
        One of `sets.set_names()`.
    plan
        The plan that it is on (``dpr-2024``); without it nothing is held against dapil.
    partial
        The file has only some dapil: those without rows are no problem.

    Returns
    -------
    tuple
        How many rows there are, and the problems: each names file, line, field and mend.

    Raises
    ------
    NotFound
        No such set.
    TableError, PlanError
        The file cannot be read as this set at all; no such plan.
    """
    described = sets.schema(set_name)
    others = [name for name in described.columns if name not in described.required]
    frame = read_tabular(path, described.required, optional=others)[list(described.columns)]
    problems = list(nonconforming(path, frame, described))
    if problems:
        return len(frame), problems
    case = Case(path, described, sets.typed(frame, described), *_law(plan))
    found = [problem for rule in rules_of(set_name) for problem in rule(case)]
    return len(frame), [each for each in found if not (partial and "--partial" in each)]


@lru_cache(maxsize=16)
def _law(plan: str) -> tuple[Plan | None, Registry]:
    registry = load_registry()
    if not plan:
        return None, registry
    chamber, _, year = plan.rpartition("-")
    if not chamber or not year.isdigit():
        raise PlanError(f"{plan!r} names no plan; write it as dpr-2024")
    return load_plans(registry=registry, only=[plan])[0], registry
