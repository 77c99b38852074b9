"""Teaching in turns that an open page asks for, as on a GPU that is lent by the minute."""

from pathlib import Path

from playwright.sync_api import expect

from tests.page.conftest import rested
from tests.page.test_teach_model import begin, keep_enough, learnt
from tests.page.test_teach_slider import teach
from tests.studio.serving import serving

SCRIPT = Path(__file__).parents[1] / "studio" / "short_turns.py"


def taught(page) -> str:
    """Keep, teach four steps, and what the version is called by."""
    keep_enough(page)
    begin(page, steps=4)
    learnt(page)
    return page.evaluate(
        "fetch('studio/jobs').then((one) => one.json()).then(({ jobs }) => jobs[0].version)"
    )


def test_a_page_asks_for_turns_until_its_model_is_taught(open_page, tiny_root, tmp_path):
    with serving(tmp_path / "turns", tiny_root, script=SCRIPT) as server:
        page = open_page(address=server.address)
        asked = []
        page.on("request", lambda one: asked.append(one) if "queue/join" in one.url else None)
        in_turns = taught(page)
        assert len(asked) >= 4  # of one step each
        assert not list((tmp_path / "turns" / "jobs").glob("*/worker.log"))
        quiet = len(asked)
        page.wait_for_timeout(4000)
        assert len(asked) == quiet  # over: nothing is asked any more
        page.close()
    assert in_turns == taught(open_page())  # what the worker teaches


def test_a_teaching_goes_on_when_its_page_is_open_again(open_page, watched, tiny_root, tmp_path):
    watched.allowed.append("queue/join.*ERR_FAILED|ERR_FAILED.*queue/join")
    """And where Gradio starts the server, as on a Space that lends GPUs."""
    launch = ("--start", "launch")
    with serving(tmp_path / "turns", tiny_root, *launch, script=SCRIPT) as server:
        page = open_page(address=server.address)
        keep_enough(page)
        page.route("**/gradio_api/queue/join*", lambda one: one.abort())
        begin(page, steps=4)
        expect(page.locator(".learning-words")).to_contain_text("while this page is open")
        page.wait_for_timeout(3000)
        state = "fetch('studio/jobs').then((one) => one.json()).then(({ jobs }) => jobs[0].state)"
        assert page.evaluate(state) == "waiting"
        page.close()
        again = open_page(address=server.address)
        rested(again)
        teach(again, "model")
        learnt(again)
        again.close()
