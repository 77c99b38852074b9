"""What one person's events say about one another: their belief for each model, kept up to date.

A mind reads the events it has not read yet and turns all of them into comparisons. The mode is
always looked for from the prior, never from the one before: so a taste hangs on what was said
alone and not on when the server started, and a mind that is read from the library again is the
same to the bit. At 500 events that still takes a fraction of the 200 ms between a keep and its
tiles.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import DuetError
from studio.library import Event, Library, Tile
from studio.persons import Person
from studio.taste.belief import Belief, Choice, foretold, scales, settled
from studio.taste.carried import carried
from studio.taste.choosing import MOST, TILES, marked, trust
from studio.taste.lens import Lens, Lenses
from studio.taste.likings import adjusted, covariance
from studio.taste.profiles import blended
from studio.taste.signals import Comparison, comparisons, name_of, signals_of, standing

__all__ = ["Mind"]

Floats = NDArray[np.float64]
PAIR_WORTH, RATING_WORTH = 1 / 3, 1 / 2
"""Of a keep, when it is counted how much was heard."""
RECENT = 40
"""Choices by which it is judged whether there is a system in them."""


@dataclass
class _View:
    """What is known through one lens.

    ``elsewhere`` names works of other models, ``waiting`` those models whose atlas is still drawn.
    """

    lens: Lens
    cov: Floats
    vectors: dict[str, Floats | None] = field(default_factory=dict)
    belief: Belief | None = None
    choices: list[Choice] = field(default_factory=list)
    made: dict[Comparison, Choice] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    trust: float = 1.0
    read: tuple[object, ...] = ()


class Mind:
    """See the module's docstring. Safe from any thread.

    Args:
        library: Where events are.
        person: Whose.
        lenses: Of the models.
    """

    def __init__(self, library: Library, person: Person, lenses: Lenses) -> None:
        self._library = library
        self.person = person
        self._lenses = lenses
        self._lock = threading.RLock()
        self._events: list[Event] = []
        self._names: dict[str, str] = {}
        self._views: dict[str, _View] = {}
        self._said: dict[str, object] | None = None
        self._profiles: tuple[tuple[Mapping[str, object], float], ...] | None = None

    def changed(self) -> None:
        """Something other than events changed: read it again."""
        with self._lock:
            self._said = self._profiles = None

    @property
    def said(self) -> dict[str, object]:
        """Corrections, mutes and signals as stored: ``{"signals", "attributes"}``."""
        if self._said is None:
            self._said = self._library.load_taste(self.person)
        return self._said

    @property
    def signals(self) -> dict[str, bool]:
        """Which signals are used."""
        return signals_of(self.said.get("signals"))

    def attribute(self, name: str) -> tuple[float | None, bool]:
        """What the person said of an attribute: correction, and whether it is muted."""
        table = self.said.get("attributes")
        told = table.get(name) if isinstance(table, dict) else None
        if not isinstance(told, dict):
            return None, False
        value = told.get("correction")
        number = float(value) if isinstance(value, int | float) else None
        return number, bool(told.get("muted", False))

    def others(self) -> tuple[tuple[Mapping[str, object], float], ...]:
        """Profiles that are mixed in, each with its share."""
        if self._profiles is None:
            found = self._library.profiles(self.person)
            self._profiles = tuple((one.document, one.share) for one in found if one.share > 0)
        return self._profiles

    def events(self) -> list[Event]:
        """Everything heard so far, oldest first."""
        with self._lock:
            last = self._events[-1].id if self._events else None
            self._events += self._library.events(self.person, after=last)
            return self._events

    def heard(self) -> Counter[str]:
        """Events by kind; hearts that were taken back are not counted."""
        counts = Counter(event.kind for event in standing(self.events()))
        counts["keep"] = max(0, counts["keep"] - counts["unkeep"])
        return Counter({kind: count for kind, count in counts.items() if count})

    def steering(self, lens: Lens | None) -> float:
        """Share of tiles that may follow taste, 0..9/12; see `choosing.marked`."""
        counts, used = self.heard(), self.signals
        worth = float(counts["keep"] * used["keep"])
        worth += PAIR_WORTH * counts["pair"] * used["pair"]
        worth += RATING_WORTH * counts["rating"] * used["rating"]
        given = min(1.0, sum(share for _, share in self.others()))
        with self._lock:
            if lens is not None:
                self.own(lens)
            trusted = self.view(lens).trust if lens is not None else 0.0
        return max(marked(worth, trusted), MOST * given) / TILES

    def belief(self, lens: Lens) -> Belief:
        """What is believed, with other profiles mixed in and with what the person corrected."""
        with self._lock:
            belief = blended(self.own(lens), lens, self.others())
            cov = self.view(lens).cov
            for index, name in enumerate(lens.atlas.names):
                correction, muted = self.attribute(name)
                if muted or correction is not None:
                    belief = adjusted(belief, cov, index, 0.0 if muted else correction or 0.0)
            return belief

    def own(self, lens: Lens) -> Belief:
        """What this person's own events say, before anything is corrected."""
        with self._lock:
            view, events = self.view(lens), self.events()
            used = self.signals
            if any(self._drawn(model) for model in view.waiting):
                self.forget_missing()
                view.waiting, view.read = set(), ()
            state = (events[-1].id if events else "", len(events), tuple(used.values()))
            if view.belief is None or view.read != state:
                view.choices = self._choices(view, comparisons(events, used, self._name))
                view.belief = settled(self.prior(lens), view.choices)
                view.trust = trust(foretold(view.belief, view.choices[-RECENT:]))
                view.read = state
            return view.belief

    def prior(self, lens: Lens) -> Belief:
        """Before anything was heard."""
        return Belief.prior(scales(len(lens.atlas.names), lens.atlas.num_features))

    def choices(self, lens: Lens) -> list[Choice]:
        """Everything that was learnt from, oldest first."""
        with self._lock:
            self.own(lens)
            return list(self.view(lens).choices)

    def view(self, lens: Lens) -> _View:
        """What is known through a lens."""
        with self._lock:
            found = self._views.get(lens.id)
            if found is None:
                found = self._views[lens.id] = _View(lens, covariance(lens.atlas))
            return found

    def vectors(self, lens: Lens, names: list[str]) -> dict[str, Floats]:
        """Features of remembered recipes by sha256; what can't be seen through the lens is out."""
        with self._lock:
            view = self.view(lens)
            missing = [name for name in names if name and name not in view.vectors]
            tiles = self._library.tiles(self.person, missing) if missing else {}
            for name in missing:
                tile = tiles.get(name)
                view.vectors[name] = None if tile is None else self._features(view, tile)
            found = {name: view.vectors.get(name) for name in names}
            return {name: vector for name, vector in found.items() if vector is not None}

    def forget_missing(self) -> None:
        """Look again for recipes that were not known before."""
        with self._lock:
            for view in self._views.values():
                view.vectors = {k: v for k, v in view.vectors.items() if v is not None}

    def _name(self, recipe: str) -> str:
        if not recipe.startswith("{"):
            return recipe
        if recipe not in self._names:
            self._names[recipe] = name_of(recipe)
        return self._names[recipe]

    def _choices(self, view: _View, found: list[Comparison]) -> list[Choice]:
        """Comparisons in features; those whose works are all known are made once."""
        new = [one for one in found if one not in view.made]
        wanted = {name for one in new for name in (one.better, *one.worse)}
        known = self.vectors(view.lens, sorted(wanted))
        average = np.zeros(view.lens.atlas.num_features)
        choices = []
        for one in found:
            choice = view.made.get(one)
            if choice is None:
                better = known.get(one.better) if one.better else average
                others = [known[name] for name in one.worse if name in known]
                if better is None or (one.worse and not others):
                    continue
                apart = better - np.stack(others or [average])
                carried = one.better in view.elsewhere or not view.elsewhere.isdisjoint(one.worse)
                choice = Choice(apart, one.weight, better, carried)
                if len(others) == len(one.worse):
                    view.made[one] = choice
            choices.append(choice)
        return choices

    def _drawn(self, model: str) -> Lens | None:
        """The lens of a model that is here and whose atlas is drawn."""
        try:
            return self._lenses.of(model)
        except DuetError:  # a model that is gone
            return None

    def _features(self, view: _View, tile: Tile) -> Floats | None:
        """Through this lens, or by the attributes alone for a work of another model."""
        lens, model = view.lens, str(json.loads(tile.request).get("pipeline", ""))
        if model == lens.instrument.card.id:
            return lens.features(tile)
        view.elsewhere.add(tile.sha256)
        if not tile.attributes:
            return None
        other = self._drawn(model)
        if other is None:
            view.waiting.add(model)
            return None
        told = dict(zip(other.atlas.names, other.atlas.standard(tile.attributes), strict=True))
        vector = np.zeros(lens.atlas.num_features)
        media, names = (other.atlas.medium, lens.atlas.medium), lens.atlas.names
        vector[: len(names)] = carried(told, media, names)
        return vector
