"""A disk that is full while someone works: they are told, and nothing that was kept is lost."""

import resource

import pytest
from playwright.sync_api import expect

from tests.page.conftest import rested, values
from tests.page.test_strip import cells, hint, keep

WORDS = {"en-US": "the disk is full", "zh-CN": "磁盘已满"}


@pytest.fixture
def full(server):
    """Lets every write of the server fail past some bytes, until the test ends or says so."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process")

    def limit(size: int) -> None:
        pid = server.process.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    yield limit
    limit(resource.RLIM_INFINITY)


@pytest.mark.parametrize("locale", WORDS)
def test_a_keep_on_a_full_disk_is_refused_in_words(open_page, watched, full, locale):
    watched.allowed = ["status of 507"]
    page = open_page(locale=locale)
    keep(page)
    page.keyboard.press("r")
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "false")
    rested(page)
    shown = values(page)
    full(100)
    page.keyboard.press("f")
    expect(hint(page)).to_have_class("bad")
    expect(hint(page)).to_contain_text(WORDS[locale])
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "false")
    expect(cells(page)).to_have_count(1)
    assert "Traceback" not in page.content()
    assert values(page) == shown
    full(resource.RLIM_INFINITY)
    page.keyboard.press("f")
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    expect(cells(page)).to_have_count(2)
