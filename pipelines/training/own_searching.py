"""Good settings for an artist's own pictures: short runs before the training, told apart.

Optuna's tree-structured Parzen estimator (Bergstra et al. 2011) proposes settings; the first run
has the recipe's own. Each run is a whole schedule in a part of the time, on a part of the pictures
that are trained on, and is scored on the rest of those: ``swd_ratio``, less is better. Pictures of
which the card tells are looked at by none. A run that is worse than half of those before it at the
same point of its schedule ends there.

What was tried lies beside the training's checkpoints, so that a search that was cut short goes on.
Short runs favour settings that learn fast at first, such as a high learning rate.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from pipelines.errors import TrainingError
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.loop import Clock, Listener, Schedule, Trainable, train
from pipelines.training.own_files import SEARCH
from pipelines.training.own_hearing import figures, finite
from pipelines.training.own_making import SIZES
from pipelines.training.own_settings import usual, written

if TYPE_CHECKING:
    from optuna import Study, Trial

    from pipelines.training.own_making import Watcher
    from pipelines.training.own_model import Wish

__all__ = ["Build", "Search", "search"]

RUNS, LOOKS = 10, 3
"""Runs that the time is cut into, and how often each is scored."""
MOST_RUNS = 4 * RUNS
"""Where runs end early there are more of them, but no more than these."""
SCORE, SPENT = "swd_ratio", "seconds"
FOUND, TRIED = "found.json", "tried.log"
Build = Callable[[Path, Path, "Wish"], Trainable]
"""Makes a training of a folder of pictures; beside it, a folder for the decoded ones."""


@dataclass(frozen=True)
class Search:
    """How far a search is, or what came of it.

    Attributes:
        runs: Runs so far.
        seconds: Spent so far, all runs and their scores together.
        settings: ``NAME=VALUE`` of the best run; empty before there is one.
        score: Its ``swd_ratio``, and that of the first run, which has the recipe's own settings;
            None before there is one, or if it went astray.
        usual: See there.
    """

    runs: int = 0
    seconds: float = 0.0
    settings: tuple[str, ...] = ()
    score: float | None = None
    usual: float | None = None


def search(
    build: Build, wish: Wish, folder: Path, pictures: Pictures, work: Path, watcher: Watcher
) -> Search | None:
    """Look for settings until the time is over, and one run has ended well.

    Args:
        build: Makes the training of a run.
        wish: What is to be made; it names the time, and settings that stay.
        folder: The pictures, by the names that ``pictures`` gives them.
        pictures: The same, decoded.
        work: Where what was tried is remembered.
        watcher: Is told how it goes, and may leave.

    Returns:
        What was found; None if the watcher asked to leave.

    Raises:
        TrainingError: ``own_astray`` if no run ended well.
    """
    place = work / SEARCH
    done = place / FOUND
    if done.exists():
        told = json.loads(done.read_text(encoding="utf-8"))
        return Search(**told | {"settings": tuple(told["settings"])})
    pictured, decoded, running = (place / name for name in ("pictures", "decoded", "run"))
    apart = _apart(folder, pictures, pictured)
    seen = load_pictures(apart, wish.kind.size, decoded)
    study, budget = _study(place / TRIED, wish), wish.find * 60
    while (found := _found(study)).runs < MOST_RUNS:
        over = budget - found.seconds < budget / RUNS / 2
        if over and (found.score is not None or found.runs >= RUNS):
            break
        watcher.searching(found)
        trial = study.ask(_space(wish))
        torch.manual_seed(wish.seed)
        tried = replace(wish, settings=(*wish.settings, *written(trial.params)))
        run = _Run(trial, watcher, running, seen)
        if run.leaves(study, build(apart, decoded, tried), budget / RUNS):
            return None
    watcher.searching(found)
    if found.score is None:
        raise TrainingError(
            "own_astray",
            name=SCORE,
            value=found.runs,
            rule="not finite in any run",
            remedy="leave out the search, or give a smaller learning_rate",
        )
    done.write_text(json.dumps(asdict(found)) + "\n", encoding="utf-8")
    for gone in (pictured, decoded, running):
        shutil.rmtree(gone)
    return found


class _Run(Listener):
    """One short training, scored on its way.

    Args:
        trial: Whose settings it has.
        watcher: May leave.
        work: Where it trains; what lay there before goes.
        pictures: As it sees them.
    """

    def __init__(self, trial: Trial, watcher: Watcher, work: Path, pictures: Pictures) -> None:
        self._trial, self._watcher, self._work = trial, watcher, work
        self._pictures, self._looks = pictures, 0
        self._behind = self._left = False
        self._score = math.inf

    def leaves(self, study: Study, model: Trainable, seconds: float) -> bool:
        """Train to the end, or until it is behind, and tell the study; whether it was left."""
        from optuna.trial import TrialState

        shutil.rmtree(self._work, ignore_errors=True)
        minutes, begun = seconds / 60, time.monotonic()
        try:
            train(model, self._work, Schedule(minutes, 0, minutes / LOOKS), listener=self)
        except TrainingError:  # its numbers went astray
            self._behind = True
        self._trial.set_user_attr(SPENT, time.monotonic() - begun)
        if self._left:
            study.tell(self._trial, state=TrialState.FAIL)
        elif self._behind:
            study.tell(self._trial, state=TrialState.PRUNED)
        else:
            study.tell(self._trial, self._score)
        return self._left

    def heard(self, figures: Mapping[str, float], clock: Clock) -> None:
        """See `Listener`."""
        finite(figures)

    def saved(self, clock: Clock) -> None:
        """Score what was exported; see `Listener`."""
        self._score = figures(self._work, self._pictures).get(SCORE, math.inf)
        self._trial.report(self._score, self._looks)
        self._looks += 1
        self._behind = self._trial.should_prune()

    def ending(self) -> bool:
        """See `Listener`."""
        self._left = self._watcher.ending() == "leave"
        return self._left or self._behind


def _apart(folder: Path, pictures: Pictures, place: Path) -> Path:
    """The pictures that are trained on in a folder of their own, with other names.

    The split follows from the name, so some of them are kept out there.
    """
    for name in pictures.split("train").names:
        file = place / Path(name).with_name(f"again-{Path(name).name}")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            shutil.copyfile(folder / name, part)
            part.replace(file)
    return place


def _study(log: Path, wish: Wish) -> Study:
    """What was tried so far; a run that was cut short is tried no more."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(log))),
        study_name=wish.makes,
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2),
    )
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=3, seed=wish.seed + len(study.trials)
    )
    if not study.trials:
        study.enqueue_trial({name: usual(wish.makes)[name] for name in _space(wish)})
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    return study


def _space(wish: Wish) -> dict[str, Any]:
    """What a run may be given: settings that are not named already, and fit the beginning."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    named = {one.partition("=")[0] for one in wish.settings}
    space: dict[str, Any] = {}
    for name, value in usual(wish.makes).items():
        if name in named or (wish.start and name in SIZES):
            continue
        if isinstance(value, int):
            space[name] = CategoricalDistribution((value // 2, value, 2 * value))
        else:
            space[name] = FloatDistribution(value / 4, value * 4, log=True)
    return space


def _found(study: Study) -> Search:
    """How far it is."""
    from optuna.trial import TrialState

    tried = [one for one in study.get_trials(deepcopy=False) if SPENT in one.user_attrs]
    seconds = sum(one.user_attrs[SPENT] for one in tried)
    scored = [one for one in tried if one.state == TrialState.COMPLETE]
    scored = [one for one in scored if one.value is not None and math.isfinite(one.value)]
    first = next((one.value for one in scored if one.number == 0), None)
    if not scored:
        return Search(len(tried), seconds)
    best = min(scored, key=lambda one: one.value or 0.0)
    return Search(len(tried), seconds, written(best.params), best.value, first)
