# SPDX-License-Identifier: MIT
"""The one place where figures are drawn: each becomes files or a sentence that says why it is not there."""

import dataclasses
import itertools
import warnings
from collections.abc import Callable

import matplotlib

from eigensweep_analysis.figure_numbers import numbers
from eigensweep_analysis.panels import STYLE, NoFigure, Picture, digest, render

#: (figures, panels) that a page draws by default: about 20 s on one core. The second pair, a third of that, is for
#: studies with too many settings to look at one by one.
MOST, MOST_OF_LARGE = (40, 120), (12, 48)


@dataclasses.dataclass
class Plan:
    """A figure that has not been drawn yet: what it shows, in words; how to draw it; how many panels it has."""

    what: str
    draw: Callable[[], Picture]
    panels: int = 1

    def picture(self):
        """Draws it. Raises NoFigure if the results have no numbers for it."""
        with matplotlib.rc_context(STYLE):
            return self.draw()


@dataclasses.dataclass
class Kind:
    """The figures of one kind; `why` says why there is none, or adds a remark."""

    name: str
    plans: list
    why: str = ""

    def note(self):
        """The remark as a sentence without its full stop; "" without a remark."""
        return f"{'' if self.plans else 'no '}{self.name}: {self.why}" if self.why else ""


@dataclasses.dataclass
class Hung:
    """A figure with its files: (suffix, content), among them an SVG and the numbers as CSV."""

    picture: Picture
    files: list


class FailedFigures(UserWarning):
    """How many figures could not be drawn through a fault of this package."""


class Gallery:
    """Draws figures, and keeps their files and what was left out.

    It writes no file. Whether files may be overwritten depends on all their names, which are known after the last
    figure.

    Parameters
    ----------
    most : (int, int)
        Draw at most this many figures with this many panels in all, in turn from every kind; None draws all.

    Attributes
    ----------
    files : dict
        Name of the file, without a folder -> bytes.
    left_out : list of str
        Sentences without their full stop.
    failed : int
        How many figures could not be drawn through a fault of this package; `left_out` says why.
    """

    def __init__(self, most=None):
        self.most, self.is_thinned = most, False
        self.files, self.left_out, self.failed, self._names = {}, [], 0, _Names()

    def hang(self, kinds):
        """Draws the figures of these kinds: a list of Hung for each. Failing ones are one warning, FailedFigures."""
        found, failed = [], self.failed
        for kind, plans in zip(kinds, self._chosen(kinds)):
            found.append([hung for hung in map(self._hang, plans) if hung is not None])
            if len(plans) < len(kind.plans):
                self.left_out.append(f"{kind.name}: {len(plans):,} of {len(kind.plans):,} are drawn")
                self.is_thinned = True
            elif kind.why:
                self.left_out.append(kind.note())
        if count := self.failed - failed:
            figures = "1 figure" if count == 1 else f"{count} figures"
            warnings.warn(f"{figures} could not be drawn, which is a bug of ours; the list of what is not shown says why",
                          FailedFigures, stacklevel=2)
        return found

    def _chosen(self, kinds):
        """The plans to draw of each kind: in turn one of each, while there is room."""
        if self.most is None:
            return [kind.plans for kind in kinds]
        chosen, panels, count = [[] for _ in kinds], 0, 0
        for plan_of_each in itertools.zip_longest(*(kind.plans for kind in kinds)):
            for plans, plan in zip(chosen, plan_of_each):
                if plan is None:
                    continue
                fits = count < self.most[0] and panels + plan.panels <= self.most[1]
                if fits or not plans:  # one of each kind, whatever its size
                    plans.append(plan)
                    panels, count = panels + plan.panels, count + 1
        return chosen

    def _hang(self, plan):
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Glyph .* missing")  # the font lacks letters of a name
                picture = plan.picture()
                files = [*render(picture), ("csv", numbers(picture.figure).encode())]
        except NoFigure as error:
            self.left_out.append(f"{plan.what}: {error}")
            return None
        except Exception as error:  # noqa: BLE001 - a failing figure must not prevent the page
            words = " ".join(str(error).split())
            self.failed += 1
            self.left_out.append(f"{plan.what}: it could not be drawn ({type(error).__name__}: {words}); this is a bug of ours")
            return None
        picture.name = self._names.free(picture.name, plan.what)
        self.files.update({f"{picture.name}.{suffix}": content for suffix, content in files})
        return Hung(picture, files)


class _Names:
    """Names of figures of which no two are the same, also if case is ignored."""

    def __init__(self):
        self._taken = set()

    def free(self, name, what):
        if name.lower() in self._taken:
            name = f"{name[:70]}-{digest(what)}"
        number, wanted = 1, name
        while name.lower() in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name.lower())
        return name


def pictures(kinds):
    """The pictures of all kinds, except those that the results have no numbers for."""
    names = _Names()
    for kind in kinds:
        for plan in kind.plans:
            try:
                picture = plan.picture()
            except NoFigure:
                continue
            picture.name = names.free(picture.name, plan.what)
            yield picture
