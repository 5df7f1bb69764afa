"""Tallies of several events against counting each on its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headwater.queries.tallies import Tallies


@given(st.data())
def test_each_event_has_what_it_has_alone(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 30))
    codes = st.lists(st.integers(0, 15), min_size=n, max_size=n)
    events = [np.array(data.draw(codes), np.int8) for _ in range(3)]
    events.append(events[data.draw(st.integers(0, 2))])  # two of the same rules
    figures = st.lists(st.integers(0, 2**58), min_size=n, max_size=n)
    amounts = [np.array(data.draw(figures), np.int64) for _ in range(2)]
    places = st.lists(st.integers(0, max(n - 1, 0)), max_size=n, unique=True)
    captive, untold = (np.array(data.draw(places), np.int64)[:n] for _ in range(2))
    tallies = Tallies(events, amounts, captive, untold)
    for event in events:
        found = tallies.of(event)
        for code in range(16):
            mine = [at for at in range(n) if event[at] == code]
            assert found.artefacts[code] == len(mine)
            assert found.captive[code] == len({*mine} & {*captive.tolist()})
            assert found.untold[code] == len({*mine} & {*untold.tolist()})
            for values, sums in zip(amounts, found.sums, strict=True):
                assert sums[code] == sum(int(values[at]) for at in mine)
