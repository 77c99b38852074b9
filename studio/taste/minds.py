"""Every person's taste on one server: what was seen, who was heard, what to show and to ask."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import DuetError
from pipelines.nearest import Neighbours
from pipelines.request import Request
from studio.library import Event, Tile
from studio.taste import choosing
from studio.taste.gaussian import FEWEST, Process, fit, wins
from studio.taste.lens import Lens, Lenses
from studio.taste.mind import Mind
from studio.taste.seen import Seen
from studio.taste.signals import mentioned, name_of
from studio.taste.suggesting import (
    CANDIDATES,
    Judge,
    Suggestion,
    Wish,
    around,
    bare,
    by_belief,
    fresh,
    suggest,
)

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["Minds", "Question"]

Floats = NDArray[np.float64]
Pool = tuple[list[Request], Floats]
log = logging.getLogger(__name__)
PERSONS = 64
"""Minds kept in memory; another is read from the library again."""
REFIT_EVERY, REFIT_SECONDS = 5, 30.0
"""Choices and seconds between two fits of the process."""
PATIENCE = 20.0
"""Seconds that the server waits for a fit under way when it ends; most take one or two."""


@dataclass(frozen=True)
class Question:
    """Two works to choose from.

    Attributes:
        left: One recipe.
        right: The other.
        questions_left: About how many more are worth asking.
    """

    left: Request
    right: Request
    questions_left: int


class Minds:
    """See the module's docstring. Safe from any thread.

    Args:
        house: Its models, library and threads.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self.seen = Seen(house.settings.library / "cache" / "seen.jsonl")
        self.lenses = Lenses(house)
        self._minds: OrderedDict[str, Mind] = OrderedDict()
        self._pools: dict[str, Pool] = {}
        self._processes: dict[tuple[str, str], tuple[int, float, Process | None]] = {}
        self._neighbours: dict[str, Neighbours | None] = {}
        self._busy: dict[tuple[str, ...], threading.Thread] = {}
        self._lock = threading.Lock()
        self._draw = np.random.default_rng()

    def close(self) -> None:
        """Stop what runs in the background, and wait for what can't be stopped.

        A thread that is inside torch when Python ends would end it with an error.
        """
        self.lenses.close()
        self.seen.close()
        with self._lock:
            running = list(self._busy.values())
        for thread in running:
            thread.join(timeout=PATIENCE)

    def mind(self, person: Person) -> Mind:
        """What is known of a person."""
        with self._lock:
            found = self._minds.pop(person.id, None)
            if found is None:
                found = Mind(self._house.library, person, self.lenses)
            self._minds[person.id] = found
            while len(self._minds) > PERSONS:
                self._minds.popitem(last=False)
            return found

    def drop(self, person: Person) -> None:
        """Forget what is in memory of a person."""
        with self._lock:
            self._minds.pop(person.id, None)
            self._processes = {k: v for k, v in self._processes.items() if k[0] != person.id}

    def note(self, person: Person, event: Event) -> None:
        """Write down what an event speaks of and what was beside it, before it is recorded."""
        found: dict[str, Tile] = {}
        for recipe in mentioned(event):
            try:
                text = Request.from_json(recipe).to_json()
            except DuetError:
                continue
            tile = self.seen.get(name_of(text)) or Tile(text)
            found[tile.sha256] = tile
        for name in event.shown:
            shown = self.seen.get(name)
            if shown is not None:
                found.setdefault(name, shown)
        self._house.library.remember_tiles(person, map(self._with_features, found.values()))
        self.mind(person).forget_missing()

    def _with_features(self, tile: Tile) -> Tile:
        try:
            lens = self.lenses.of(Request.from_json(tile.request).pipeline)
        except DuetError:  # of a model that is gone: the recipe alone is remembered
            return tile
        return tile if lens is None else lens.seen(tile)

    def suggest(self, person: Person, model: str, wish: Wish) -> list[Suggestion]:
        """The tiles of a board; the bare model's while nothing is known.

        Raises:
            DuetError: For a model or a work that is not here.
        """
        lens = self.lenses.of(model)
        if lens is None:
            plain = bare(self._house.shelf.instrument(model), wish)
            return [Suggestion(request, "prior") for request in plain]
        mind = self.mind(person)
        belief = mind.belief(lens)
        process = self._process(mind, lens)
        judge: Judge = process.judge if process else by_belief(belief)
        pool: Callable[[], Pool] = lambda: self._pool(lens)  # noqa: E731 - or the one below
        if wish.request is not None:
            pool = lambda: _near(lens, wish)  # noqa: E731
        return suggest(lens, wish, mind.steering(lens), (belief, judge), pool)

    def question(self, person: Person, model: str, strategy: choosing.Strategy) -> Question:
        """The pair of works whose answer would tell most.

        Raises:
            DuetError: For a model that is not here.
        """
        lens = self.lenses.of(model)
        seed = int(self._draw.integers(0, 2**32))
        if lens is None:
            pair = fresh(self._house.shelf.instrument(model), 2, seed, "pair")
            return Question(pair[0], pair[1], choosing.MAX_LEFT)
        recipes, features = self._pool(lens)
        mind = self.mind(person)
        chance = np.random.default_rng(seed)
        one, other, gained = choosing.ask(mind.belief(lens), features, chance, strategy)
        return Question(recipes[one], recipes[other], choosing.left(gained))

    def questions_left(self, person: Person, lens: Lens) -> int:
        """About how many questions are worth asking; the same estimate without using a pool up."""
        mind = self.mind(person)
        features = np.concatenate(
            [lens.atlas.guess(lens.atlas.anchors), lens.atlas.anchors], axis=1
        )
        chance = np.random.default_rng(0)
        *_, gained = choosing.ask(mind.belief(lens), features, chance, "random")
        return choosing.left(gained)

    def neighbours(self, model: str) -> Neighbours | None:
        """The training works of a model, where they are shipped with it."""
        if model not in self._neighbours:
            folder = self._house.shelf.folder(model)
            self._neighbours[model] = Neighbours.load(folder) if folder else None
        return self._neighbours[model]

    def _pool(self, lens: Lens) -> Pool:
        """Fresh candidates, mostly drawn beforehand; the next ones are drawn meanwhile."""
        with self._lock:
            ready = self._pools.pop(lens.id, None)
        found = ready or self._fresh(lens)

        def refill() -> None:
            made = self._fresh(lens)
            with self._lock:
                self._pools[lens.id] = made

        self._background(("pool", lens.id), refill)
        return found

    def _fresh(self, lens: Lens) -> Pool:
        with self._lock:
            seed = int(self._draw.integers(0, 2**32))
        recipes = fresh(lens.instrument, CANDIDATES, seed, "taste candidates")
        return recipes, lens.of(recipes)

    def _process(self, mind: Mind, lens: Lens) -> Process | None:
        """The process, if it won when it was fitted last; fitted again after a few choices."""
        choices = mind.choices(lens)
        key = (mind.person.id, lens.id)
        count, fitted, process = self._processes.get(key, (0, -math.inf, None))
        if len(choices) < FEWEST or mind.others() or mind.said.get("attributes"):
            return None
        rested = time.monotonic() - fitted >= REFIT_SECONDS
        if rested and (len(choices) - count >= REFIT_EVERY or len(choices) < count):

            def refit() -> None:
                prior = mind.prior(lens)
                won = fit(choices) if wins(prior, choices) else None
                self._processes[key] = (len(choices), time.monotonic(), won)

            self._background(("process", *key), refit)
        return process

    def _background(self, key: tuple[str, ...], work: Callable[[], None]) -> None:
        """Run ``work`` on a thread of its own unless the same is under way."""

        def run() -> None:
            try:
                work()
            except Exception:  # the belief goes on serving
                log.exception("%s could not be finished in the background", key[0])
            finally:
                with self._lock:
                    del self._busy[key]

        with self._lock:
            if key not in self._busy:
                self._busy[key] = threading.Thread(target=run, name=f"taste-{key[0]}", daemon=True)
                self._busy[key].start()


def _near(lens: Lens, wish: Wish) -> Pool:
    recipes = around(lens.instrument, wish)
    return recipes, lens.of(recipes)
