import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.graph.kernels.order import stable_order


@pytest.mark.parametrize("top", [3, 2**31 - 1, 2**62])
@given(data=st.data())
def test_stable_order_is_a_stable_argsort(top: int, data: st.DataObject) -> None:
    some = st.sampled_from([-top, -1, 0, top])
    values = data.draw(st.lists(st.one_of(some, st.integers(-top, top))))
    dtype = np.int32 if top < 2**31 else np.int64
    wanted = sorted(range(len(values)), key=values.__getitem__)
    assert stable_order(np.array(values, dtype)).tolist() == wanted
