"""What the server does for a model of verse: tiles with words, keeping, finding, files, taste."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from pipelines.exports import open_bytes
from pipelines.request import Request
from pipelines.verse import imagery
from tests.studio.serving import Served, eventually, serving
from tests.studio.speaking import keep, lines, picture, refused
from tests.studio.test_routes_dataset import export, sheet


@pytest.fixture(scope="module")
def poet(tang_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("verse") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, tang_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(poet: Served) -> Iterator[httpx.Client]:
    with poet.browser() as browser:
        yield browser


def opening(someone: httpx.Client) -> dict:
    return someone.get("/studio/models/tiny-tang").json()["opening"]


def words(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json()["text"]


def test_a_poem_comes_as_its_plate_with_its_words_beside_it(someone):
    recipe = opening(someone)
    body = {"request": recipe, "quality": "reference"}
    plate = someone.post("/studio/render", json=body)
    assert plate.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(plate.content)).size == (512, 512)
    answer = someone.post("/studio/render", json=body | {"told": True})
    text = words(answer)
    assert len(text.splitlines()) == 4
    assert picture(answer.json()["image"]).size == (512, 512)
    body = {"request": recipe, "num": 3, "distance": 1.5}
    near = lines(someone.post("/studio/nearby", json=body))
    assert len({one["text"] for one in near} | {text}) == 4
    assert all(one["image"].startswith("data:image/jpeg") for one in near)


def test_a_kept_poem_is_called_by_its_first_line_and_found_by_any_word(someone):
    recipe = opening(someone)
    text = words(someone.post("/studio/render", json={"request": recipe, "told": True}))
    kept = keep(someone, recipe)
    first, last = text.splitlines()[0].rstrip("，"), text.splitlines()[-1].rstrip("。")
    assert (kept["medium"], kept["label"]) == ("verse", first)
    found = someone.get("/studio/works", params={"query": last}).json()["works"]
    assert [one["id"] for one in found] == [kept["id"]]
    assert someone.get("/studio/works", params={"query": "龘"}).json()["works"] == []
    for kind, mime in (("txt", "text/plain"), ("md", "text/markdown"), ("png", "image/png")):
        file = someone.get(f"/studio/works/{kept['id']}/export", params={"format": kind})
        assert file.headers["content-type"].startswith(mime), kind
        if kind == "png":
            assert open_bytes(file.content).recipe == Request.from_dict(kept["request"])
        else:
            assert [line.strip() for line in file.text.splitlines()][:4] == text.splitlines()
    again = someone.post("/studio/open", content=file.content).json()
    assert again["verdict"]["kind"] == "identical"


def test_what_is_saved_without_keeping_is_the_same_text(someone):
    recipe = opening(someone)
    file = someone.post("/studio/export", json={"request": recipe, "format": "txt"})
    assert file.headers["content-disposition"].endswith('.txt"')
    answer = someone.post("/studio/render", json={"request": recipe, "told": True})
    assert file.text == words(answer) + "\n"


def test_taste_hears_what_a_poem_says(someone):
    recipe = opening(someone)
    for seed in range(20, 26):
        keep(someone, recipe | {"seed": seed})

    def told() -> list[dict]:
        return someone.get("/studio/taste", params={"model": "tiny-tang"}).json()["attributes"]

    eventually(told, seconds=120)
    assert {one["name"] for one in told()} == set(imagery.ATTRIBUTES)
    name = {"muted": True}
    assert someone.put("/studio/taste/attributes/mood", json=name).status_code == 200
    assert refused(someone.put("/studio/taste/attributes/metre", json=name), 404)


def test_pairs_of_poems_are_pairs_of_texts_in_a_dataset(someone):
    recipe = opening(someone)
    beside, chosen = (recipe | {"seed": seed} for seed in (77, 76))
    keep(someone, chosen, shown=[Request.from_dict(beside).to_json()])
    job, told = export(someone)
    assert told[-1]["state"] == "done", told[-1]
    file = someone.get(f"/studio/dataset/{job}/file").content
    (pair,) = sheet(file, "pairs")
    body = {"told": True}
    poems = [
        words(someone.post("/studio/render", json=body | {"request": one})).replace("\n", "")
        for one in (chosen, beside)
    ]
    assert pair == {"prompt": "<7x4>", "chosen": poems[0], "rejected": poems[1]}


def test_other_words_at_a_place_come_with_their_probabilities(someone):
    body = {"request": opening(someone), "line": 0, "place": 1}
    found = someone.post("/studio/words", json=body).json()["words"]
    shares = [one["probability"] for one in found]
    assert len({one["word"] for one in found}) == 6
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    refused(someone.post("/studio/words", json=body | {"line": 7}), 400)
