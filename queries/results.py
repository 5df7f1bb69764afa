"""What every answer can do beyond its fields: tables, a page in a notebook, a picture.

An answer is a frozen dataclass that has :class:`Result` among its bases, or a list of
such values, :class:`Results`. Its tables are called *parts* and bear the names of the
fields that lead to them: ``outcomes.victims`` are the victims of all outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from headwater.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from matplotlib.axes import Axes

    from headwater.queries.plots_base import Drawn

Row = TypeVar("Row")
EXTRA = "notebooks"
"""What to install for tables and pictures: ``pip install 'headwater[notebooks]'``."""


class Result:
    """Mixin of all answers.

    It has no fields and no slots, so equality, order, hashes and JSON of an answer are
    those of its own fields.
    """

    __slots__ = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the tables of this answer, the main one first.

        ``answer`` is one row with what is neither a list nor a table.
        """
        from headwater.queries.result_parts import part_names

        return part_names(self)

    def to_pandas(self, part: str | None = None) -> pd.DataFrame:
        """Return one part of the answer as a pandas DataFrame.

        Parameters
        ----------
        part : str, optional
            One of :attr:`parts`; None means the first, main one.

        Returns
        -------
        pandas.DataFrame
            Columns and types depend on the type of the answer alone, never on its
            values. They are the nullable ones of pandas: what is None in the answer is
            ``<NA>``, never 0 and never a text. A nested value gives columns of its own
            (``dominates_models``), an interval three (``hhi``, ``hhi_low``,
            ``hhi_high``), a path of edges one text, a list of words stays a list.

        Raises
        ------
        InvalidArgumentError
            When there is no such part; the error lists those that there are.
        MissingDependencyError
            When pandas is not installed.
        """
        from headwater.queries.result_parts import arrow_table

        table = arrow_table(self, part)
        try:
            import pandas as pd
        except ImportError:
            raise MissingDependencyError("pandas", EXTRA) from None
        from headwater.queries.result_rows import pandas_types

        frame: pd.DataFrame = table.to_pandas(types_mapper=pandas_types(pd).get)
        return frame

    def to_polars(self, part: str | None = None) -> pl.DataFrame:
        """Return one part of the answer as a polars DataFrame.

        Parameters, columns and errors are those of :meth:`to_pandas`; what is None in
        the answer is null.
        """
        from headwater.queries.result_parts import arrow_table

        table = arrow_table(self, part)
        try:
            import polars as pl
        except ImportError:
            raise MissingDependencyError("polars", EXTRA) from None
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)  # a table never becomes a Series
        return frame

    def plot(
        self, *, ax: Axes | None = None, dark: bool = False, **options: Any
    ) -> Drawn:
        """Return the picture of this answer.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Draw here; by default a figure of its own is made. Pictures of several
            panels cannot be drawn into one pair of axes.
        dark : bool
            Colours for a dark page.
        **options
            Those of the type's own picture, see :mod:`headwater.queries.plots`.

        Returns
        -------
        matplotlib.figure.Figure
            With ``.axes``, ``.savefig("file.png")`` and so on; a notebook shows it.

        Raises
        ------
        UnsupportedOperationError
            When this type of answer has no picture, or nothing in it can be drawn.
        InvalidArgumentError
            When there is no such option, or it has no such value.
        MissingDependencyError
            When matplotlib is not installed.
        """
        try:
            import matplotlib  # noqa: F401  (the pictures import it at their top)
        except ImportError:
            raise MissingDependencyError("matplotlib", EXTRA) from None
        from headwater.queries.plots import draw

        return draw(self, ax=ax, dark=dark, **options)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        """Return the page, and one sentence as text: all fields may be megabytes."""
        from headwater.queries.result_words import sentence

        return {"text/plain": sentence(self), "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a sentence, and the main table."""
        from headwater.queries.result_html import page

        return page(self)


class Results(Result, tuple[Row, ...]):
    """A list of answers of one kind; equal to a tuple of the same values.

    Parameters
    ----------
    rows : iterable
        The values.
    kind : type
        Their class, of which an empty list has the columns too.
    snapshot : str or None
        Which snapshot was asked.
    """

    kind: type[Row]
    snapshot: str | None

    def __new__(
        cls, rows: Iterable[Row], kind: type[Row], snapshot: str | None = None
    ) -> Results[Row]:
        """Make the list."""
        made = super().__new__(cls, rows)
        made.kind, made.snapshot = kind, snapshot
        return made

    def __getnewargs__(self) -> tuple[tuple[Row, ...], type[Row], str | None]:
        """Return what makes it again, for pickle and copy."""
        return tuple(self), self.kind, self.snapshot
