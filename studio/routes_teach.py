"""Teaching: sliders, jobs, versions and their proof."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from pipelines.plates import picture_of
from pipelines.request import Request
from pipelines.training.job_files import Wish
from studio import bodies_teach as bodies
from studio import encoding
from studio.calls import Call, answer, picture
from studio.errors import StudioError
from studio.house import House
from studio.library import Job
from studio.tuning import card, choosing, proof, sliders, telling, versions
from studio.views.words import LANGUAGES

__all__ = [
    "compare",
    "delete_slider",
    "delete_version",
    "job",
    "jobs",
    "judge",
    "list_sliders",
    "name_version",
    "proof_png",
    "proof_side",
    "sample",
    "show_proof",
    "start",
    "state",
    "teach_slider",
    "tell",
    "tree",
    "use",
    "version_sample",
]


def _model(call: Call) -> str:
    """The model that an address asks about.

    Raises:
        StudioError: ``bad_query`` without one.
    """
    model = call.http.query_params.get("model", "")
    if not model:
        raise StudioError("bad_query", name="model", rule="missing", remedy="say which model")
    return model


def _picture(house: House, request: Request) -> bytes:
    return encoding.webp(picture_of(house.render(request, "fast")))


async def state(call: Call) -> Response:
    """Whether there is enough to teach with."""
    return answer(await call.work(choosing.state, call.house, call.person, _model(call)))


async def teach_slider(call: Call) -> Response:
    """A direction from two trays, its strip, and what else it moves."""
    body = await call.body(bodies.Slider)
    return answer(await call.made(_slider, call, body))


def _slider(call: Call, body: bodies.Slider) -> dict[str, Any]:
    house, person = call.house, call.person
    trays = [[Request.from_dict(one) for one in tray] for tray in (body.more, body.less)]
    instrument, found = sliders.teach(
        house, body.model, (trays[0], trays[1]), person=person, remove=body.remove
    )
    name = body.name.strip()
    slider = sliders.keep(house, person, body.model, name, found)
    shown = []
    for offset, request in sliders.strip(instrument, found, name or "taught"):
        image = encoding.data_uri(_picture(house, request))
        shown.append({"offset": offset, "request": request.to_dict(), "image": image})
    also = [{"attribute": name, "effect": effect} for name, effect in found.also()]
    return {"direction": sliders.told(slider), "strip": shown, "also": also}


async def list_sliders(call: Call) -> Response:
    """The sliders that this person taught."""
    found = await call.work(sliders.listed, call.house, call.person, _model(call))
    return answer({"sliders": found})


async def delete_slider(call: Call) -> Response:
    """Take a slider away."""
    await call.work(sliders.remove, call.house, call.person, call.path["id"])
    return answer({})


async def start(call: Call) -> Response:
    """Put a teaching in line."""
    body = await call.body(bodies.Job)
    choice = choosing.Choice(
        model=body.model,
        works=body.works,
        method=body.method,
        strength=body.strength,
        keep_old=body.keep_old,
        settings=body.settings,
    )
    made = await call.work(call.house.tuning.start, call.person, choice)
    return answer(_told(call, made))


def _told(call: Call, job: Job) -> dict[str, Any]:
    return telling.told(job, call.house.tuning.folder(job.id))


async def jobs(call: Call) -> Response:
    """This person's teachings, newest first."""
    found = await call.work(call.house.library.jobs, call.person)
    taught = [one for one in found if not one.own]
    return answer({"jobs": await call.work(lambda: [_told(call, one) for one in taught])})


async def job(call: Call) -> Response:
    """One job."""
    found = await call.work(call.house.tuning.job, call.person, call.path["id"])
    return answer(await call.work(_told, call, found))


async def tell(call: Call) -> Response:
    """Pause, resume, or stop and keep what it learnt."""
    verbs: dict[str, Wish] = {"pause": "pause", "resume": "go", "stop": "stop"}
    wish = verbs.get(call.path["verb"])
    if wish is None:
        raise StudioError(
            "no_such_address",
            name="address",
            value=call.http.url.path,
            rule="not an address of the studio",
            remedy="use pause, resume or stop",
        )
    taught = await call.work(call.house.tuning.job, call.person, call.path["id"])
    found = await call.work(call.house.tuning.tell, taught, wish)
    return answer(await call.work(_told, call, found))


async def sample(call: Call) -> Response:
    """One of the eight pictures of a job."""
    found = await call.work(call.house.tuning.job, call.person, call.path["id"])
    step, index = call.number("step", 10**9), call.number("index", 7)
    path = call.house.tuning.folder(found.id).sample(step, index)
    try:
        content = await call.work(path.read_bytes)  # whole: the next step's samples remove it
    except FileNotFoundError:
        raise StudioError(
            "no_such_address",
            name="picture",
            value=step,
            rule="not there any more",
            remedy="ask for the job again",
        ) from None
    return picture(content, "image/webp")


async def tree(call: Call) -> Response:
    """Every version of a model."""
    return answer(
        {"versions": await call.work(versions.tree, call.house, call.person, _model(call))}
    )


async def name_version(call: Call) -> Response:
    """Call a version something else."""
    body = await call.body(bodies.Name)
    words = body.name.strip()
    await call.work(versions.name, call.house, call.person, call.path["id"], words)
    return answer({"name": words})


async def use(call: Call) -> Response:
    """Play a version from now on."""
    model = await call.work(versions.play, call.house, call.person, call.path["id"])
    return answer({"model": model})


async def delete_version(call: Call) -> Response:
    """Delete a version that nothing needs."""
    await call.work(versions.remove, call.house, call.person, call.path["id"])
    return answer({})


async def version_sample(call: Call) -> Response:
    """What a seed gives with a version."""
    seed = call.number("seed", 2**32 - 1)
    request = await call.work(versions.sample, call.house, call.person, call.path["id"], seed)
    return picture(await call.made(_picture, call.house, request), "image/webp", _STEADY)


_STEADY = {"cache-control": "private, max-age=86400"}
"""A version never changes, and neither do its pictures."""


async def compare(call: Call) -> Response:
    """Two versions on the same seeds."""
    body = await call.body(bodies.Compare)
    pair = (call.path["id"], body.other)
    found = await call.work(versions.compare, call.house, call.person, pair, body.seeds)
    return answer({"pairs": found})


async def show_proof(call: Call) -> Response:
    """The blind test of a version, as far as it is."""
    return answer(
        proof.told(*await call.work(proof.begin, call.house, call.person, call.path["id"]))
    )


async def judge(call: Call) -> Response:
    """Answer a pair, or ask for more."""
    body = await call.body(bodies.Answer)
    who = (call.house, call.person, call.path["id"])
    if body.more is not None:
        return answer(proof.told(*await call.work(proof.more, *who, body.more)))
    if body.pair is None or body.answer is None:
        raise StudioError(
            "bad_body", name="answer", rule="missing", remedy="give pair and answer, or more"
        )
    return answer(proof.told(*await call.work(proof.answer, *who, body.pair, body.answer)))


async def proof_side(call: Call) -> Response:
    """One side of a pair."""
    index = call.number("index", 10**6)
    request = await call.work(
        proof.request_of, call.house, call.person, call.path["id"], index, call.path["side"]
    )
    return picture(await call.made(_picture, call.house, request), "image/webp")


async def proof_png(call: Call) -> Response:
    """The card as a picture; ``?language=`` chooses that of its words."""
    return picture(await call.made(_card, call), "image/png")


def _card(call: Call) -> bytes:
    """See `card.paint`.

    Raises:
        StudioError: ``no_card`` before every pair is answered.
    """
    from PIL import Image

    house, person, version = call.house, call.person, call.path["id"]
    _, found = proof.begin(house, person, version)
    if found.card is None:
        raise StudioError(
            "no_card", name="proof", rule="not finished", remedy="answer every pair first"
        )
    side = partial(proof.request_of, house, person, version)
    pairs = []
    for index, pair in enumerate(found.pairs[:6]):
        ways = ("right", "left") if pair["after"] == "left" else ("left", "right")
        before, after = (picture_of(house.render(side(index, way), "fast")) for way in ways)
        pairs.append((before, after))
    near = []
    for one in found.card["nearest"]:
        path, _ = house.library.content(person, one["work"], "thumbnail")
        with Image.open(path) as image:
            near.append(image.convert("RGB"))
    wanted = call.http.query_params.get("language", "en")
    return card.paint(found.card, pairs, near, wanted if wanted in LANGUAGES else "en")
