"""How the change of a mean is shared out among columns: ours in a table, guests by the entry-point group `driftline.attributions`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.diagnosis.rowwise import CODES, spread
from driftline.errors import PluginError
from driftline.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int8]

RIDGE = 5.0
"""Each level is shrunk as if so many more rows had said that it makes no difference."""

MOST_ROWS = 2000
"""Trees are learnt from at most so many of the reference's rows, and asked about as many of the window's."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A mean that changed, and the sampled rows it is a mean of, in an order that says nothing.

    Attributes:
        names: the columns.
        before: float64[n, C], their values in the reference's rows: numbers, or places of levels; NaN for missing.
        target: float64[n], what the mean is of there: what the model says, or how wrong it is.
        now: float64[m, C], their values in the window's rows.
        codes: int8[n, C] and int8[m, C], the same as fifths of the reference and frequent levels.
    """

    names: tuple[str, ...]
    before: Floats
    target: Floats
    now: Floats
    codes: tuple[Codes, Codes]


def at_hand() -> None:
    """Nothing is needed that is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One way to share a change out.

    Attributes:
        name: by which a user chooses it.
        parts: float64[C], what each column's drift makes of the change of the mean; what they leave of it is the rest.
        ready: raises PluginError where a package that it needs is not installed.
    """

    name: str
    parts: Callable[[Asked], Floats]
    ready: Callable[[], None] = at_hand


def additive(asked: Asked) -> Floats:
    """An additive model of the reference's rows says what each code is worth; a part is the change of shares times that.

    For such a model these are its Shapley values, exactly (Kitagawa 1955, Oaxaca 1973).
    """
    then, since = asked.codes
    return np.asarray(((shares(since) - shares(then)) * _worth(then, asked.target)).sum(1))


def permutation(asked: Asked) -> Floats:
    """Trees of the reference's rows are asked about the window's, then with one column as it was in the reference's.

    That breaks how the column goes with the others; what only several columns together make is in the rest.
    """
    trees, now = _trees(asked)
    said = trees.predict(now).mean()
    found = []
    for column in range(now.shape[1]):
        # Sampled rows lie in the order of a hash: any of them will do in any place.
        switched = now.copy()
        switched[:, column] = asked.before[np.arange(len(now)) % len(asked.before), column]
        found.append(said - trees.predict(switched).mean())
    return np.array(found, dtype=np.float64)


def shapley(asked: Asked) -> Floats:
    """The mean Shapley values of trees of the reference's rows, in the window less in the reference (Lundberg and others 2020)."""
    with warnings.catch_warnings():
        # It brings figures, whose packages complain of each other.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        from shap import TreeExplainer  # noqa: PLC0415  an extra, and slow to load

    trees, now = _trees(asked)
    explain = TreeExplainer(trees).shap_values
    return np.asarray(explain(now).mean(0) - explain(asked.before[:MOST_ROWS]).mean(0), dtype=np.float64)


def shares(codes: Codes) -> Floats:
    """How frequent each code of each column is. Shape: columns × CODES."""
    return spread(codes) / max(len(codes), 1)


def _worth(codes: Codes, target: Floats) -> Floats:
    """What each code of each column adds to the target, all columns at once, by ridge regression. Shape: columns × CODES."""
    columns = codes.shape[1]
    table = np.zeros((len(codes), columns * CODES))
    table[np.arange(len(codes))[:, None], codes + CODES * np.arange(columns)] = 1.0
    centred = table - table.mean(0)
    found = np.linalg.solve(centred.T @ centred + RIDGE * np.eye(columns * CODES), centred.T @ (target - target.mean()))
    return np.asarray(found.reshape(columns, CODES))


def _trees(asked: Asked) -> tuple[Any, Floats]:
    """Trees that were learnt from the reference's rows, and the window's rows to ask them about."""
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415  an extra, and slow to load

    trees = HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=8, learning_rate=0.12, early_stopping=False, random_state=0)
    trees.fit(asked.before[:MOST_ROWS], asked.target[:MOST_ROWS])
    return trees, asked.now[:MOST_ROWS]


def _needs(*packages: str, extras: str) -> Callable[[], None]:
    def ready() -> None:
        """Raises PluginError where a package is not installed."""
        for package in packages:
            if find_spec(package) is None:
                raise PluginError(f"this attribution needs {package}, which is not installed", hint=f"pip install 'driftline[{extras}]'")

    return ready


ATTRIBUTIONS: Registry[Attribution] = Registry(
    "attribution",
    (
        Attribution(name="additive", parts=additive),
        Attribution(name="permutation", parts=permutation, ready=_needs("sklearn", extras="demo")),
        Attribution(name="shap", parts=shapley, ready=_needs("shap", "sklearn", extras="shap,demo")),
    ),
)
"""By the name of the setting `attribution`."""
