"""The picture of every type of answer: drawn, not empty, as long as the figures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from headwater.errors import InvalidArgumentError, UnsupportedOperationError
from headwater.queries.plots import PLOTS
from headwater.queries.plots_base import plain
from headwater.queries.results import Result
from headwater.queries.session import Session
from tests.queries.answers import name_of, one, poisoned


def pixels(answer: Result, **options: Any) -> np.ndarray[Any, Any]:
    picture = answer.plot(**options)
    assert not any(axes.get_title() for axes in picture.axes)  # it is at the left
    image = Image.open(io.BytesIO(picture._repr_png_()))
    return np.asarray(image.convert("RGB"))


def test_every_picture_is_drawn_and_not_empty(answers: list[Result]) -> None:
    drawn = set()
    for answer in answers:
        if type(answer) not in PLOTS:
            with pytest.raises(UnsupportedOperationError, match="no picture"):
                answer.plot()
            continue
        light, dark = pixels(poisoned(answer)), pixels(answer, dark=True)
        for image in (light, dark):
            packed = image.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
            colours, counts = np.unique(packed, return_counts=True)
            other = 1 - counts.max() / packed.size
            assert 0.01 < other < 0.95, (name_of(answer), other)
            assert len(colours) > 20
        assert light.mean() > dark.mean()
        drawn.add(type(answer))
    assert drawn == set(PLOTS)


@pytest.mark.parametrize("name", ["The Pile", "Vicuna", "LLaMA 7B", "Zephyr 7B Beta"])
@pytest.mark.parametrize("limit", [2, 12])
def test_a_lineage_draws_or_counts_everything(
    hw: Session, name: str, limit: int
) -> None:
    for answer in (hw.lineage(name), hw.lineage(name, limit=7)):
        axes = answer.plot(limit=limit, depth=2).axes[0]
        words = [text.get_text() for text in axes.texts]
        counted = [word.split()[1] for word in words if word.startswith("+ ")]
        more = sum(int(number.replace(",", "")) for number in counted)
        boxes = sum(type(patch).__name__ == "FancyBboxPatch" for patch in axes.patches)
        assert boxes - 1 + more == answer.n_ancestors + answer.n_descendants


def test_bars_are_as_long_as_the_figures(answers: list[Result]) -> None:
    shares = one(answers, "Concentration")
    axes = shares.plot(limit=5).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [
        item.share for item in shares.pretrainers[:5]
    ]
    broken = one(answers, "WhatBreaks")
    left, right = broken.plot().axes
    widths = sum(bar.get_width() for bar in left.patches)
    assert widths == sum(len(item.victims) for item in broken.outcomes)
    assert sum(bar.get_width() for bar in right.patches) == broken.outside * 4


@pytest.mark.parametrize("kind", ["shares", "lorenz", "closure"])
def test_other_pictures_of_concentration(hw: Session, kind: str) -> None:
    assert pixels(hw.concentration(), kind=kind).std() > 5


@pytest.mark.parametrize("figure", ["cr4", "hhi", "gini", "exp_entropy"])
def test_other_figures_over_time(hw: Session, figure: str) -> None:
    assert pixels(hw.concentration_over_time("month"), figure=figure).std() > 5


def test_transitions_of_licences(hw: Session) -> None:
    assert pixels(hw.licence_drift(), kind="transitions", limit=5).std() > 5


def test_options_that_are_none_are_errors(hw: Session) -> None:
    with pytest.raises(InvalidArgumentError, match=r"no option colour; .*kind, limit"):
        hw.concentration().plot(colour="red")
    with pytest.raises(
        InvalidArgumentError, match="no picture 'pie'; there are shares"
    ):
        hw.concentration().plot(kind="pie")
    with pytest.raises(InvalidArgumentError, match="no ranking by 'cloud'"):
        hw.chokepoints().plot(by="cloud")
    with pytest.raises(UnsupportedOperationError, match="this Diff has no picture"):
        hw.diff(hw).plot()


def test_pictures_go_into_given_axes(hw: Session) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    ax = figure.subplots()
    assert hw.licences().plot(ax=ax) is figure
    assert len(ax.patches) == len(hw.licences().verdicts)
    with pytest.raises(InvalidArgumentError, match="2 panels"):
        hw.what_breaks("llama").plot(ax=ax)


@given(st.text(max_size=60))
def test_any_text_can_be_written_into_a_picture(text: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.text(0, 0.5, plain(text))
    FigureCanvasAgg(figure).draw()
