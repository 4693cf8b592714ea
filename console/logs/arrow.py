"""Apache Arrow, which comes with Streamlit and tells no types."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
pj: Any = import_module("pyarrow.json")

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def flags(array: Any) -> Flags:
    """An Arrow array of booleans; null is False."""
    return np.asarray(array.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)


def every(count: int) -> Flags:
    """True, so many times."""
    return np.ones(count, np.bool_)
