"""The picture of each type of answer.

:meth:`headwater.queries.results.Result.plot` calls :func:`draw`; the functions below it
say which options each type takes beside ``ax`` and ``dark``. Colours are those of
:mod:`headwater.queries.colours`, so a verdict looks alike here and on the pages.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, cast

from matplotlib.axes import Axes

from headwater.errors import InvalidArgumentError, UnsupportedOperationError
from headwater.queries.bill_of_materials import BillOfMaterials
from headwater.queries.chokepoints import Chokepoints
from headwater.queries.chokepoints_model import ModelChokepoints
from headwater.queries.concentration import Concentration
from headwater.queries.concentration_time import ConcentrationOverTime
from headwater.queries.diff import Diff
from headwater.queries.diff_sources import SourceComparison
from headwater.queries.impact_tree import ImpactTree
from headwater.queries.licence_conflicts import LicenceSurvey
from headwater.queries.licence_drift import LicenceDrift
from headwater.queries.licences import ModelLicence
from headwater.queries.lineage import Lineage
from headwater.queries.openness import ModelOpenness, OpennessShares
from headwater.queries.picture_values import Picture
from headwater.queries.plots_base import Drawn, Theme
from headwater.queries.plots_counts import (
    draw_bill_of_materials,
    draw_chokepoints,
    draw_diff,
    draw_licence_drift,
    draw_licence_survey,
    draw_openness_shares,
    draw_quality,
    draw_source_comparison,
    draw_stats,
    draw_watch_report,
    draw_what_breaks,
)
from headwater.queries.plots_graph import (
    draw_impact_tree,
    draw_lineage,
    draw_picture,
)
from headwater.queries.plots_grid import (
    draw_model_chokepoints,
    draw_model_licence,
    draw_model_openness,
    draw_why,
)
from headwater.queries.plots_shares import (
    draw_concentration,
    draw_concentration_over_time,
)
from headwater.queries.quality import Quality
from headwater.queries.results import Result
from headwater.queries.stats import Stats
from headwater.queries.watch import WatchReport
from headwater.queries.what_breaks_values import WhatBreaks
from headwater.queries.why import Why

PLOTS: Final[dict[type, Callable[..., Axes]]] = {
    WhatBreaks: draw_what_breaks,
    Lineage: draw_lineage,
    Why: draw_why,
    Concentration: draw_concentration,
    ConcentrationOverTime: draw_concentration_over_time,
    Chokepoints: draw_chokepoints,
    ModelChokepoints: draw_model_chokepoints,
    ModelLicence: draw_model_licence,
    LicenceSurvey: draw_licence_survey,
    LicenceDrift: draw_licence_drift,
    ModelOpenness: draw_model_openness,
    OpennessShares: draw_openness_shares,
    Quality: draw_quality,
    Diff: draw_diff,
    SourceComparison: draw_source_comparison,
    WatchReport: draw_watch_report,
    ImpactTree: draw_impact_tree,
    Picture: draw_picture,
    Stats: draw_stats,
    BillOfMaterials: draw_bill_of_materials,
}
"""Types that have a picture, and what draws it."""


def draw(answer: Result, *, ax: Axes | None, dark: bool, **options: Any) -> Drawn:
    """Return the picture of an answer; see :meth:`Result.plot`."""
    kind = type(answer)
    if kind not in PLOTS:
        have = ", ".join(item.__name__ for item in PLOTS)
        raise UnsupportedOperationError(
            kind.__name__,
            "picture",
            f"show its table with to_pandas(). There is one of: {have}",
        )
    function = PLOTS[kind]
    known = list(inspect.signature(function).parameters)[2:]
    wrong = [name for name in options if name not in known]
    if wrong:
        raise InvalidArgumentError(
            f"the picture of {kind.__name__} has no option {', '.join(wrong)}; there are "
            f"{', '.join(['ax', 'dark', *known])}"
        )
    # Of axes in a part of a figure it is the whole one.
    figure = function(answer, Theme(ax, dark), **options).figure.figure
    return cast("Drawn", figure)  # of axes that were given: whatever they are in
