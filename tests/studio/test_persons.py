from __future__ import annotations

import stat
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner

from studio.persons import COOKIE, LOCAL, Person, load_secret, mode_for, person_from

SECRET = b"s" * 32
OTHER = b"o" * 32
DAY = 86_400


def visit(cookies: str | None, *, on_space: bool = False) -> tuple[Person, str | None]:
    return person_from(cookies, "cookies", secret=SECRET, on_space=on_space)


def cookie_of(set_cookie: str | None) -> str:
    """What a browser sends back."""
    assert set_cookie is not None
    return set_cookie.split(";")[0]


def aged(person_id: str, days: float, secret: bytes = SECRET) -> str:
    """A cookie that was signed ``days`` ago."""

    class Clock(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(datetime.now(UTC).timestamp() - days * DAY)

    return f"{COOKIE}={Clock(secret, salt='duet.person.1').sign(person_id).decode()}"


def test_loopback_has_one_person_whatever_the_cookies() -> None:
    for cookies in (None, "", f"{COOKIE}=x", cookie_of(visit(None)[1])):
        assert person_from(cookies, "local", secret=SECRET) == (LOCAL, None)


def test_a_browser_stays_the_same_person() -> None:
    person, set_cookie = visit(None)
    assert visit(cookie_of(set_cookie)) == (person, None)
    assert visit(f"theme=dark; {cookie_of(set_cookie)}; other=1") == (person, None)
    assert visit(None)[0] != person


def test_the_cookie_can_be_kept_by_the_page_and_read_by_no_script() -> None:
    _, plain = visit(None)
    _, space = visit(None, on_space=True)
    parts = {part.strip() for part in str(plain).split(";")[1:]}
    assert parts == {"Path=/", "Max-Age=34560000", "HttpOnly", "SameSite=Lax"}
    parts = {part.strip() for part in str(space).split(";")[1:]}
    assert parts >= {"HttpOnly", "Secure", "SameSite=None", "Partitioned"}
    assert SimpleCookie(str(plain))[COOKIE].value == cookie_of(plain).partition("=")[2]


def test_an_old_cookie_is_renewed_and_stays_the_same_person() -> None:
    person, _ = visit(None)
    assert visit(aged(person.id, 29)) == (person, None)
    again, set_cookie = visit(aged(person.id, 31))
    assert again == person
    assert visit(cookie_of(set_cookie)) == (person, None)


def test_a_forged_or_damaged_cookie_is_someone_new() -> None:
    person, set_cookie = visit(None)
    good = cookie_of(set_cookie)
    forged = [
        f"{COOKIE}={person.id}",
        aged(person.id, 0, secret=OTHER),
        aged("local", 0),  # nobody signs himself in as the local person, even with our secret
        aged("../../etc", 0),
        good[:-1],
        good + "x",
        good.replace(person.id[:4], "0000") if not person.id.startswith("0000") else "",
        f"{COOKIE}=\ud800",
        f"{COOKIE}=é.é.é",
        f"{COOKIE}=" + "." * 10_000,
        f"{COOKIE}=;;; =;{COOKIE}",
    ]
    for cookies in forged:
        someone, fresh = visit(cookies)
        assert someone not in (person, LOCAL)
        assert visit(cookie_of(fresh)) == (someone, None)


@settings(deadline=None, max_examples=60)
@given(
    position=st.integers(0, 10_000), letter=st.characters(exclude_characters='";', codec="utf-8")
)
def test_no_single_changed_letter_is_accepted(position: int, letter: str) -> None:
    person, set_cookie = visit(None)
    name, _, value = cookie_of(set_cookie).partition("=")
    place = position % (len(value) - 1)  # the last letter of base64 has spare bits
    if letter != value[place]:
        changed = value[:place] + letter + value[place + 1 :]
        assert visit(f"{name}={changed}")[0] != person


@settings(deadline=None, max_examples=60)
@given(header=st.text(max_size=300))
def test_any_header_is_answered_with_a_person(header: str) -> None:
    person, set_cookie = visit(header)
    assert len(person.id) == 36
    assert visit(cookie_of(set_cookie)) == (person, None)


def test_the_good_cookie_is_found_behind_a_bad_one() -> None:
    person, set_cookie = visit(None)
    assert visit(f'{COOKIE}=planted; {COOKIE}="x"; {cookie_of(set_cookie)}') == (person, None)


def test_the_secret_is_kept_private_and_made_once(tmp_path: Path) -> None:
    secret = load_secret(tmp_path)
    path = tmp_path / "secret"
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert load_secret(tmp_path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"")  # a disk that was full
    assert load_secret(tmp_path) not in (secret, b"")
    assert [found.name for found in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    ("host", "mode"),
    [
        ("127.0.0.1", "local"),
        ("127.8.9.1", "local"),
        ("localhost", "local"),
        ("LOCALHOST", "local"),
        ("::1", "local"),
        ("[::1]", "local"),
        ("0.0.0.0", "cookies"),  # noqa: S104
        ("::", "cookies"),
        ("192.168.1.5", "cookies"),
        ("studio.example", "cookies"),
        ("", "cookies"),
    ],
)
def test_only_loopback_is_one_person(host: str, mode: str) -> None:
    assert mode_for(host) == mode
