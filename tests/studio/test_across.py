"""What the server does across media: reads a work, follows a table, and remembers where it led."""

from collections.abc import Iterator

import httpx
import pytest

from tests.atlases import with_atlas
from tests.studio.serving import Served, serving
from tests.studio.speaking import keep, lines, refused
from tests.tiny import tiny_folder
from tests.tiny_music import tiny_chorale_folder, tiny_melody_folder
from tests.tiny_verse import tiny_tang_folder

TALE = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:4 r:4 C5:8"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root, library = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("across")
    for write in (tiny_folder, tiny_melody_folder, tiny_tang_folder, tiny_chorale_folder):
        with_atlas(write)(root)
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library / "library", root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(house: Served) -> Iterator[httpx.Client]:
    with house.browser() as browser:
        yield browser


def opening(someone: httpx.Client, model: str, **changes: object) -> dict:
    return someone.get(f"/studio/models/{model}").json()["opening"] | changes


def across(someone: httpx.Client, recipe: dict, model: str, **more: object) -> dict:
    answer = someone.post("/studio/across", json={"request": recipe, "model": model, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_picture_is_heard_and_the_tune_knows_where_it_comes_from(someone):
    recipe = opening(someone, "tiny", seed=41)
    pear = keep(someone, recipe)
    told = across(someone, recipe, "tiny-melody")
    assert told == across(someone, recipe, "tiny-melody"), "the same work says the same"
    tune = told["request"]
    assert (tune["pipeline"], tune["seed"]) == ("tiny-melody", 41)
    by_source = {one["source"]: one for one in told["lines"]}
    assert by_source["warmth"]["control"] == "mode"
    assert tune["controls"]["mode"] == by_source["warmth"]["value"]
    assert by_source["detail"]["told"] == pytest.approx(by_source["detail"]["value"], abs=0.01)
    came = [{"id": pear["id"], "role": "across", "info": {"links": [["warmth", "mode", 1]]}}]
    kept = keep(someone, tune, parents=came)
    family = someone.get(f"/studio/works/{kept['id']}/family").json()
    (parent,) = family["parents"]
    assert (parent["role"], parent["work"]["id"]) == ("across", pear["id"])
    again = someone.get(f"/studio/works/{kept['id']}/export", params={"format": "mid"})
    opened = someone.post("/studio/open", content=again.content).json()
    assert opened["verdict"]["kind"] == "identical"


def test_the_table_can_be_changed_line_by_line(someone):
    recipe = opening(someone, "tiny", seed=5)
    usual = across(someone, recipe, "tiny-melody")
    links = [{key: one[key] for key in ("source", "target", "weight")} for one in usual["lines"]]
    turned = [one | {"weight": -one["weight"]} for one in links]
    both = (usual, across(someone, recipe, "tiny-melody", links=turned))
    there, back = ({o["target"]: o["value"] for o in one["lines"]} for one in both)
    assert there["density"] == pytest.approx(-back["density"]) != 0
    silent = across(someone, recipe, "tiny-melody", links=[])
    assert silent["request"]["directions"] == []
    assert silent["lines"] == []
    onto = opening(someone, "tiny-melody", controls={"instrument": "violin", "num_bars": "2"})
    assert (
        across(someone, recipe, "tiny-melody", onto=onto)["request"]["controls"]["instrument"]
        == "violin"
    )


def test_a_poem_is_painted_and_set_to_music_and_a_tune_is_painted(someone):
    poem = opening(someone, "tiny-tang", seed=3)
    painted = across(someone, poem, "tiny")
    assert painted["request"]["pipeline"] == "tiny"
    assert {one["source"] for one in painted["lines"]} >= {"words", "mood"}
    assert next(o["told"] for o in painted["lines"] if o["source"] == "words").endswith("。")
    song = across(someone, poem, "tiny-melody")["request"]
    sheet = across(someone, song, "tiny")
    assert {one["source"]: one["control"] for one in sheet["lines"]}["pitch"] == "lightness"


def test_what_leads_nowhere_says_so(someone):
    recipe = opening(someone, "tiny")
    call = {"request": recipe, "model": "tiny"}
    told = refused(someone.post("/studio/across", json=call), 400)
    assert (told["code"], told["value"]) == ("no_way_across", "picture > picture")
    absent = refused(someone.post("/studio/across", json=call | {"model": "lute"}))
    assert absent["code"] == "no_model"
    strong = [{"source": "warmth", "target": "mode", "weight": 3}]
    wrong = refused(someone.post("/studio/across", json=call | {"links": strong}))
    assert wrong["code"] == "bad_body"


def hung(someone: httpx.Client, works: list[str]) -> dict:
    answer = someone.post("/studio/triptychs", json={"works": works})
    assert answer.status_code == 200, answer.text
    told = lines(someone.get(f"/studio/films/{answer.json()['job']}", timeout=240))
    assert told[-1]["state"] == "done", told[-1]
    return told[-1]["work"]


def test_a_picture_a_poem_and_a_tune_hang_together(someone):
    recipes = [opening(someone, "tiny-melody", controls={"tempo": 240, "num_bars": "2"})]
    recipes += [opening(someone, model, seed=6) for model in ("tiny", "tiny-tang")]
    tune, pear, poem = (keep(someone, recipe) for recipe in recipes)
    work = hung(someone, [tune["id"], pear["id"], poem["id"]])
    assert (work["kind"], work["mime"]) == ("film", "video/mp4")
    in_order = [one["request"] for one in (pear, poem, tune)]
    assert work["timeline"]["works"] == in_order
    assert work["width"] / work["height"] == pytest.approx(1440 / 512, abs=0.02)
    family = someone.get(f"/studio/works/{work['id']}/family").json()
    assert {one["work"]["id"] for one in family["parents"]} == {tune["id"], pear["id"], poem["id"]}
    for kind in ("mp4", "png", "json"):
        file = someone.get(f"/studio/works/{work['id']}/export", params={"format": kind})
        assert file.status_code == 200, (kind, file.text)
        opened = someone.post("/studio/open", content=file.content).json()
        assert opened["kind"] == "film"
        assert opened["timeline"]["works"] == in_order, kind
        if kind != "json":
            assert opened["verdict"]["kind"] == "identical", kind
    assert hung(someone, [pear["id"], poem["id"], tune["id"]])["id"] == work["id"], "the same one"
    again = someone.get("/studio/works").json()
    assert next(one["id"] for one in again["works"]) == work["id"]


def test_what_cannot_hang_together_says_so(someone):
    ids = [keep(someone, opening(someone, "tiny", seed=s))["id"] for s in (1, 2, 3)]
    told = refused(someone.post("/studio/triptychs", json={"works": ids}), 400)
    assert (told["code"], told["value"]) == ("not_three_media", "picture, picture, picture")
    absent = refused(someone.post("/studio/triptychs", json={"works": [*ids[:2], "nothing"]}))
    assert absent["code"] == "no_such_work"


def test_a_tune_is_given_three_voices(someone):
    tune = opening(someone, "tiny-melody", seed=12)
    tune["controls"] |= {"kept_notes": TALE, "time_signature": "4/4"}
    answer = someone.post("/studio/voices", json={"request": tune})
    assert answer.status_code == 200, answer.text
    chorale = answer.json()["request"]
    assert (chorale["pipeline"], chorale["seed"]) == ("tiny-chorale", 12)
    told = [
        someone.post("/studio/render", json={"request": one, "told": True}).json()["score"]
        for one in (tune, chorale)
    ]
    given, sung = ({(n[0], n[2] % 12) for n in one["tracks"][0]["notes"]} for one in told)
    assert given <= sung
    assert len(told[1]["tracks"]) == 4
    poem = {"request": opening(someone, "tiny-tang")}
    assert refused(someone.post("/studio/voices", json=poem), 400)["code"] == "no_voices"
