"""Does teaching the model help an artist whose taste it never sees?

    python -m benchmarks.loop.teaching [--quick] [--runs N] [--method prior] [--data DIR] [--json]
    python -m benchmarks.loop.teaching [...] --docs FILE

A simulated artist has a hidden utility over pixels, keeps the 20 best of 200 fresh works, and the
model is taught with them exactly as a job does it. Then the artist judges pairs from seeds that
nobody drew before, before and after: the share won, with an interval over teachings (a teaching is
the unit: its pairs are not independent). Utilities are of quantities that neither
`pipelines.attributes` nor the features of teaching have: measures of the sheet's left half, of the
direction of grain, of the darkest spot; small random convolutional networks; and interactions of
two, on which a linear taste must fail. With `flips` a share of the kept works is replaced by any
others. `shuffled` keeps 20 works at random: it must not win.

Variety is the diversity after over before, and precision (with ``--data``) the share of works
inside the neighbourhood of a kept-out real picture (Kynkaanniemi et al. 2019,
https://arxiv.org/abs/1904.06991, k = 3), both in a random network that teaching never uses.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.loop.hidden import CLASSES, Artist, seen_by_stranger
from benchmarks.running import median
from pipelines.training.plans import Method

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["run"]

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Figures = dict[str, dict[str, Any]]
POOL, KEPT, PAIRS = 200, 20, 48
MODELS: Mapping[Method, str] = {
    **{"prior": "pomona", "few-shot": "pomona", "weighted-elbo": "commedia"},
    **{"gan-prior": "espalier"},
    **{"code-dpo": "tessera", "diffusion-dpo": "vertumnus"},
}
"""Which model each way is tried on."""
LONGEST: Mapping[Method, float] = {"code-dpo": 300, "diffusion-dpo": 300}
"""Seconds that a teaching may take, where not 60."""
RUNS, QUICK_RUNS = 4, 1


@dataclass(frozen=True)
class Setting:
    """What one series of teachings shares."""

    model: str
    method: Method
    root: Path
    real: Floats | None


def _paint(instrument: Instrument, seeds: range) -> Pixels:
    from pipelines.training.draws import pixels_of

    return pixels_of(instrument, [instrument.request(seed=seed) for seed in seeds])


def teach(
    setting: Setting, instrument: Instrument, seeds: list[int], folder: Path
) -> tuple[Instrument, float, float]:
    """Teach with the works of ``seeds`` as a job does; returns the version and seconds."""
    from pipelines.catalog import BUNDLED, Catalog
    from pipelines.request import Point
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Favourite, Plan, figures
    from pipelines.training.teaching import advance

    favourites = []
    for seed in seeds:
        request = instrument.request(seed=seed)
        point = Point.of(instrument.pipeline.place(request))
        controls = {**request.controls, **instrument.pipeline.resolve(request)}
        favourites.append(Favourite(str(seed), point.latent, point.shape, controls=controls))
    plan = Plan(
        model=setting.model,
        base=instrument.pipeline.weights.base,
        roots=(str(BUNDLED),),
        versions=str(setting.root / "versions"),
        cache=str(setting.root / "draws"),
        method=setting.method,
        seed=seeds[0] % 1000,
        favourites=tuple(one for i, one in enumerate(favourites) if i % 5 != 4),
        held_out=tuple(favourites[4::5]),
        **figures(setting.method, 0.5, 0.5, {}),  # type: ignore[arg-type]
    )
    job = JobFolder(folder)
    job.save_plan(plan)
    wall, own = time.perf_counter(), time.process_time()
    advance(job)
    spent = time.process_time() - own, time.perf_counter() - wall
    return Catalog((BUNDLED,)).load(job.result), *spent


def judge(before: Pixels, after: Pixels, likes: Callable[[Pixels], Floats]) -> float:
    """Share of pairs that the version wins; a tie is half a win."""
    old, new = likes(before), likes(after)
    return float(((new > old) + 0.5 * (new == old)).mean())


def precision(works: Floats, real: Floats) -> float:
    """Share of works inside the 3-nearest-neighbour balls of real pictures."""
    among = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.sort(among, axis=1)[:, 3]
    return float((np.linalg.norm(works[:, None] - real[None], axis=2) <= radius).any(1).mean())


def one(
    setting: Setting, instrument: Instrument, name: str, *, number: int, flips: float
) -> dict[str, float]:
    """One artist teaches once; what came of it."""
    from pipelines.training.measures import diversity

    pool_seeds = range(50_000_000 + 1000 * number, 50_000_000 + 1000 * number + POOL)
    pool = _cached(setting, instrument, pool_seeds)
    artist = Artist.of("net_0" if name == "shuffled" else name, pool)
    chance = np.random.Generator(np.random.Philox(number))
    order = np.argsort(-artist.likes(pool))
    kept = [int(i) for i in order[:KEPT]]
    flipped = 1.0 if name == "shuffled" else flips
    kept = [i if chance.random() >= flipped else int(chance.integers(POOL)) for i in kept]
    folder = setting.root / f"{setting.method}-{name}-{number}-{flips}"
    version, own, wall = teach(setting, instrument, [pool_seeds[i] for i in kept], folder)
    pairs = range(60_000_000 + 1000 * number, 60_000_000 + 1000 * number + PAIRS)
    before, after = _cached(setting, instrument, pairs), _paint(version, pairs)
    old, new = seen_by_stranger(before), seen_by_stranger(after)
    told = {
        "win": judge(before, after, artist.likes),
        "variety": diversity(new) / diversity(old),
        "cpu": own,
        "wall": wall,
    }
    if setting.real is not None:
        told["precision"] = precision(new, setting.real) / max(precision(old, setting.real), 1e-9)
    return told


def _cached(setting: Setting, instrument: Instrument, seeds: range) -> Pixels:
    """Works of the untaught model are painted once for all artists."""
    place = setting.root / f"{instrument.pipeline.weights.base[:12]}-{seeds[0]}-{len(seeds)}.npy"
    if place.exists():
        found: Pixels = np.load(place, allow_pickle=False)
        return found
    made = _paint(instrument, seeds)
    np.save(place, made)
    return made


def interval(values: list[float]) -> tuple[float, float]:
    """Mean plus and minus two standard errors over teachings.

    >>> [round(x, 2) for x in interval([0.8, 0.9, 1.0])]
    [0.78, 1.02]
    """
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.5
    return mean - 2 * error, mean + 2 * error


def _figure(values: list[float], unit: str, least: float | None = None) -> dict[str, Any]:
    low, high = interval(values)
    if not unit:  # a share
        low, high = max(low, 0.0), min(high, 1.0)
    told: dict[str, Any] = {"value": round(float(np.mean(values)), 3), "unit": unit}
    if least is not None:
        told |= {"aim": f">= {least:g}", "met": bool(told["value"] >= least and low > 0.5)}
    return {**told, "low": round(low, 3), "high": round(high, 3), "teachings": len(values)}


def series(setting: Setting, runs: int, *, quick: bool) -> Figures:
    """Every artist, several times."""
    from pipelines import catalog

    instrument = catalog.load(setting.model)
    found: dict[str, list[dict[str, float]]] = {}
    for number in range(runs):
        for group, names in {**CLASSES, "shuffled": ("shuffled",)}.items():
            for name in names[:1] if quick else names:
                got = one(setting, instrument, name, number=number, flips=0.0)
                found.setdefault(group, []).append(got)
                print(f"{setting.method} {name} {number}: {got}", file=sys.stderr, flush=True)
        if not quick:
            for flips in (0.1, 0.25):
                got = one(setting, instrument, "net_1", number=number, flips=flips)
                found.setdefault(f"networks, {flips:.0%} flips", []).append(got)
    taught = [x for group in CLASSES for x in found[group]]
    head = setting.method
    figures = {f"{head}: win, all": _figure([x["win"] for x in taught], "", 0.75)}
    for group, values in found.items():
        least = None if group == "shuffled" else 0.75
        figures[f"{head}: win, {group}"] = _figure([x["win"] for x in values], "", least)
    figures[f"{head}: variety"] = _figure([x["variety"] for x in taught], "of before", 0.8)
    if setting.real is not None:
        share = [x["precision"] for x in taught]
        figures[f"{head}: precision"] = _figure(share, "of before", 0.9)
    for clock in ("cpu", "wall"):
        spent = median([x[clock] for x in taught])
        most = LONGEST.get(setting.method, 60)
        aim = {"aim": f"<= {most:g}", "met": spent <= most} if clock == "cpu" else {}
        figures[f"{head}: seconds, {clock}"] = {"value": round(spent, 1), "unit": "s", **aim}
    return figures


def run(
    quick: bool = False,
    *,
    runs: int | None = None,
    methods: tuple[Method, ...] = tuple(MODELS),
    data: Path | None = None,
) -> Figures:
    """Measure every way of teaching."""
    import torch

    torch.set_num_threads(1)
    real = None
    if data is not None:
        from pipelines.training.data import load_pictures

        real = seen_by_stranger(load_pictures(data, 128, None).split("test").pixels[:600])
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for method in methods:
            setting = Setting(MODELS[method], method, Path(folder), real)
            figures |= series(setting, runs or (QUICK_RUNS if quick else RUNS), quick=quick)
    return figures


def main() -> None:
    """Entry point; see the module."""
    from benchmarks.__main__ import table
    from benchmarks.loop.page import write_teachings

    parser = argparse.ArgumentParser(description="Does teaching help?")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--method", choices=tuple(MODELS), action="append")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--docs", type=Path, help="write table and plot into this page")
    given = parser.parse_args()
    methods: tuple[Method, ...] = tuple(given.method or MODELS)
    figures = run(given.quick, runs=given.runs, methods=methods, data=given.data)
    if given.docs is not None:
        write_teachings(given.docs, figures)
    print(json.dumps(figures, ensure_ascii=False) if given.json else table(figures))


if __name__ == "__main__":
    main()
