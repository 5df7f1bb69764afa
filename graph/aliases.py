"""Other names of one artefact: follow them to the name that is used."""

from __future__ import annotations

from collections.abc import Iterable


def follow_aliases(
    pairs: Iterable[tuple[str, str]],
) -> tuple[dict[str, str], list[str]]:
    """Return where each alias leads in the end, and the aliases that lead nowhere.

    Parameters
    ----------
    pairs : iterable of (alias key, target key)
        For an alias that occurs twice the first pair counts.

    Returns
    -------
    dict, list
        Final target of each alias; aliases that run in a circle, which are left out.

    Examples
    --------
    >>> follow_aliases([("a", "b"), ("b", "c")])
    ({'a': 'c', 'b': 'c'}, [])
    >>> follow_aliases([("a", "b"), ("b", "a")])
    ({}, ['a', 'b'])
    """
    step: dict[str, str] = {}
    for alias, target in pairs:
        if alias != target:
            step.setdefault(alias, target)
    final: dict[str, str] = {}
    circular: list[str] = []
    for alias in step:
        trail = {alias}
        target = step[alias]
        while target in step and target not in trail:
            trail.add(target)
            target = step[target]
        if target in trail:
            circular.append(alias)
        else:
            final[alias] = target
    return final, sorted(circular)
