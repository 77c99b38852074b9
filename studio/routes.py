"""Every address of the studio, in one place; the handlers stand beside, by what they serve."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from studio import describe
from studio import routes_across as across
from studio import routes_bring as bring
from studio import routes_dataset as dataset
from studio import routes_files as files
from studio import routes_films as films
from studio import routes_lessons as lessons
from studio import routes_mix as mix
from studio import routes_music as music
from studio import routes_own as own
from studio import routes_profiles as profiles
from studio import routes_shape as shape
from studio import routes_sheets as sheets
from studio import routes_taste as taste
from studio import routes_teach as teach
from studio import routes_verse as verse
from studio import routes_works as works
from studio.attachments import hold
from studio.bodies import State
from studio.calls import Call, answer, route
from studio.errors import StudioError
from studio.house import House
from studio.own import owners

__all__ = ["routes"]

LOCALES = Path(__file__).resolve().parent / "locales"
STATE_BYTES = 256 << 10
"""Largest session."""
_ALL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(house: House) -> list[BaseRoute]:
    """Our routes, in the order they are tried."""
    return [
        route(house, "/healthz", get=health),
        route(house, "/studio/models", get=models),
        route(house, "/studio/models/{id}", get=model),
        route(house, "/studio/models/{id}/assets/{name}", get=model_asset),
        route(house, "/studio/locales/{name}", get=locale),
        route(house, "/studio/session", get=session, put=save_session),
        route(house, "/studio/render", post=shape.render),
        route(house, "/studio/nearby", post=shape.nearby),
        route(house, "/studio/breed", post=shape.breed),
        route(house, "/studio/morph", post=shape.morph),
        route(house, "/studio/pad", post=shape.pad),
        route(house, "/studio/another", post=shape.another),
        route(house, "/studio/ends", post=shape.ends),
        route(house, "/studio/works", get=works.listed, post=works.keep),
        route(house, "/studio/works/{id}", get=works.one, patch=works.change, delete=works.delete),
        route(house, "/studio/works/{id}/restore", post=works.restore),
        route(house, "/studio/works/{id}/family", get=works.family),
        route(house, "/studio/works/{id}/thumbnail", get=files.thumbnail),
        route(house, "/studio/works/{id}/original", get=files.original),
        route(house, "/studio/works/{id}/export", get=files.export_kept),
        route(house, "/studio/export", post=files.export),
        route(house, "/studio/sheet", post=sheets.sheet),
        route(house, "/studio/open", post=files.opened),
        route(house, "/studio/events", post=works.event),
        route(house, "/studio/inputs", post=files.attach),
        route(house, "/studio/inputs/work", post=files.attach_work),
        route(house, "/studio/inputs/{sha256}", get=files.attached),
        *_bringing(house),
        *_teaching(house),
        *_owning(house),
        route(house, "/studio/films", post=films.start),
        route(house, "/studio/films/{job}", get=films.progress, delete=films.cancel),
        route(house, "/studio/lessons", post=lessons.start),
        route(house, "/studio/lessons/{job}", get=lessons.progress, delete=lessons.cancel),
        route(house, "/studio/lessons/{job}/between", post=lessons.between),
        *_taste(house),
        route(house, "/studio/dataset/export", post=dataset.export),
        route(house, "/studio/dataset/import", post=dataset.bring),
        route(house, "/studio/dataset/{job}", get=dataset.progress, delete=dataset.cancel),
        route(house, "/studio/dataset/{job}/file", get=dataset.save),
        Route("/studio/{rest:path}", nowhere, methods=_ALL),
        Route("/studio", nowhere, methods=_ALL),
    ]


def _bringing(house: House) -> list[BaseRoute]:
    """Works from elsewhere, and from other works."""
    return [
        route(house, "/studio/bring", post=bring.bring),
        route(house, "/studio/bring/{id}/look", post=bring.look),
        route(house, "/studio/bring/{id}/count", post=bring.count),
        route(house, "/studio/bring/{id}/find", post=bring.find),
        route(house, "/studio/bring/{id}/attach", post=bring.attach),
        route(house, "/studio/finds/{job}", get=bring.progress, delete=bring.cancel),
        route(house, "/studio/arithmetic", post=bring.arithmetic),
        route(house, "/studio/across", post=across.cross),
        route(house, "/studio/triptychs", post=across.triptych),
        route(house, "/studio/voices", post=across.voices),
        route(house, "/studio/words", post=verse.words),
        route(house, "/studio/sound", post=music.sound),
        route(house, "/studio/mix", post=mix.tell),
        route(house, "/studio/mix/stem", post=mix.stem),
        route(house, "/studio/mix/export", post=mix.export),
        route(house, "/studio/mixes", post=mix.keep),
    ]


def _taste(house: House) -> list[BaseRoute]:
    one = "/studio/taste/profiles/{id}"
    return [
        route(house, "/studio/taste", get=taste.told),
        route(house, "/studio/taste/suggest", post=taste.suggest),
        route(house, "/studio/taste/why", post=taste.why),
        route(house, "/studio/taste/pair", post=taste.pair),
        route(house, "/studio/taste/attributes/{name}", put=taste.attribute),
        route(house, "/studio/taste/signals", put=taste.signals),
        route(house, "/studio/taste/profiles", get=profiles.listed, post=profiles.save),
        route(house, "/studio/taste/profiles/import", post=profiles.bring),
        route(house, one, patch=profiles.change, delete=profiles.delete),
        route(house, f"{one}/export", get=profiles.export),
        route(house, "/studio/taste/forget", get=profiles.forgettable, post=profiles.forget),
    ]


def _owning(house: House) -> list[BaseRoute]:
    """Models of someone's own pictures."""
    album, job = "/studio/own/albums/{id}", "/studio/own/jobs/{id}"
    return [
        route(house, "/studio/own/albums", post=own.open_album),
        route(house, album, put=own.take, delete=own.forget),
        route(house, f"{album}/check", post=own.check),
        route(house, f"{album}/sheet", get=own.album_sheet),
        route(house, "/studio/own/jobs", get=own.listed, post=own.start),
        route(house, job, get=own.job),
        route(house, f"{job}/{{verb}}", post=own.tell),
        route(house, f"{job}/sheets/{{step}}", get=own.sheet),
    ]


def _teaching(house: House) -> list[BaseRoute]:
    """Sliders, jobs, versions and their proof."""
    one = "/studio/versions/{id}"
    return [
        route(house, "/studio/teach", get=teach.state),
        route(house, "/studio/sliders", get=teach.list_sliders, post=teach.teach_slider),
        route(house, "/studio/sliders/{id}", delete=teach.delete_slider),
        route(house, "/studio/jobs", get=teach.jobs, post=teach.start),
        route(house, "/studio/jobs/{id}", get=teach.job),
        route(house, "/studio/jobs/{id}/{verb}", post=teach.tell),
        route(house, "/studio/jobs/{id}/samples/{step}/{index}", get=teach.sample),
        route(house, "/studio/versions", get=teach.tree),
        route(house, one, patch=teach.name_version, delete=teach.delete_version),
        route(house, f"{one}/use", post=teach.use),
        route(house, f"{one}/compare", post=teach.compare),
        route(house, f"{one}/samples/{{seed}}", get=teach.version_sample),
        route(house, f"{one}/proof", get=teach.show_proof, post=teach.judge),
        route(house, f"{one}/proof.png", get=teach.proof_png),
        route(house, f"{one}/proof/{{index}}/{{side}}", get=teach.proof_side),
        route(house, f"{one}/proof/{{index}}/{{side}}/sound", get=music.side),
    ]


async def nowhere(http: HttpRequest) -> Response:
    """Any other address, or another method of one of these."""
    raise StudioError(
        "no_such_address",
        name="address",
        value=f"{http.method} {http.url.path}",
        rule="not an address of the studio",
        remedy="read docs/live.md",
    )


async def health(call: Call) -> Response:
    """Whether the server answers, and what it can play."""
    cards = await call.work(call.house.shelf.cards)
    ids = [card.id for card in await call.work(owners.visible, call.house, None, cards)]
    return answer({"status": "ok", "version": call.house.version, "models": ids})


async def models(call: Call) -> Response:
    """Every model that this person sees."""
    every = await call.work(call.house.shelf.cards)
    cards = await call.work(owners.visible, call.house, call.person, every)
    return answer([describe.card(card) for card in cards])


async def model(call: Call) -> Response:
    """One model, with its controls."""
    await call.work(owners.check, call.house, call.person, call.path["id"])
    instrument = await call.work(call.house.playing, call.person, call.path["id"])
    known = await call.work(call.house.versions, call.person, instrument.card.id)
    return answer(await call.work(describe.model, instrument, known))


async def model_asset(call: Call) -> Response:
    """A picture that belongs to a model's card."""
    await call.work(owners.check, call.house, call.person, call.path["id"])
    folder = await call.work(call.house.shelf.folder, call.path["id"])
    path = await call.work(asset_of, folder, call.path["name"])
    return FileResponse(path, headers={"cache-control": "no-cache"})


def asset_of(folder: Path | None, name: str) -> Path:
    """The picture called ``name`` directly in a model's folder.

    Raises:
        StudioError: ``no_such_address`` for anything else, links and other files included.
    """
    known = {} if folder is None else {p.name: p for p in folder.iterdir() if not p.is_symlink()}
    path = known.get(name)
    if path is None or not path.is_file() or path.suffix not in (".png", ".webp", ".jpg"):
        raise StudioError(
            "no_such_address",
            name="picture",
            value=name,
            rule="not a picture of this model",
            remedy="choose one of its card",
        )
    return path


async def locale(call: Call) -> Response:
    """The sentences of one language."""
    known = {path.name: path for path in LOCALES.glob("*.json")}
    path = known.get(call.path["name"])
    if path is None:
        return await nowhere(call.http)
    return FileResponse(path, headers={"cache-control": "no-cache"})


async def session(call: Call) -> Response:
    """Where this person left off."""
    return answer(await call.work(session_of, call))


def session_of(call: Call) -> dict[str, object]:
    """The saved state, who this is, and how many works they have."""
    state = call.house.library.load_session(call.person)
    hints = state.get("hints", {}) if state else {}
    works_kept = call.house.library.count(call.person)
    return {"state": state, "person": call.person.id, "hints": hints, "works": works_kept}


async def save_session(call: Call) -> Response:
    """Remember where this person is."""
    body = await call.body(State, STATE_BYTES)
    await call.work(hold, call.house, call.person, body.state)
    await call.work(call.house.library.save_session, call.person, body.state)
    return answer({})
