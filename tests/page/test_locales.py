"""Every sentence exists in both languages, and every key that is used exists."""

import json
import re
from pathlib import Path

import pytest

from studio.views.words import LANGUAGES, LOCALES, sentences, translations

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "assets" / "js").glob("*.js"))
BUILDERS = sorted((ROOT / "studio").rglob("*.py"))
_KEY = r"[a-z_]+(?:\.[a-z0-9_]+)+"
_USES = (
    re.compile(rf"""\bt\(\s*["']({_KEY})["']"""),
    re.compile(rf"""\b(?:say|button)\(\s*["']({_KEY})["']"""),
    re.compile(rf"""iconButton\(\s*["'][a-z]+["'],\s*["']({_KEY})["']"""),
    re.compile(rf"""\b(?:label|key):\s*["']({_KEY})["']"""),
    re.compile(rf"""data-t(?:-label|-title)?=["']({_KEY})["']"""),
    re.compile(rf"""\bword\(["']({_KEY})["']\)"""),
)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_keys():
    english, chinese = (set(sentences(language)) for language in LANGUAGES)
    assert english - chinese == set()
    assert chinese - english == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language):
    assert [key for key, text in sentences(language).items() if not text.strip()] == []


def test_placeholders_agree():
    english, chinese = (sentences(language) for language in LANGUAGES)
    plain = (
        key for key in english if not key.startswith("errors.")
    )  # those: tests/test_errors.py
    wrong = {key for key in plain if placeholders(english[key]) != placeholders(chinese[key])}
    assert wrong == set()


def test_chinese_is_chinese():
    words = {key: re.sub(r"\{\w+\}", "", text) for key, text in sentences("zh").items()}
    latin = {key for key, text in words.items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert {key for key in latin if re.search(r"[A-Za-z]{3,}", words[key])} == set()


@pytest.mark.parametrize("path", [*SCRIPTS, *BUILDERS], ids=lambda path: path.stem)
def test_every_key_in_use_has_a_sentence(path):
    text = path.read_text("utf-8")
    used = {key for pattern in _USES for key in pattern.findall(text)}
    if path.suffix == ".py":
        used = {key for key in used if key.split(".")[0] in json.loads(english())}
    missing = {key for key in used if key not in sentences("en")}
    assert missing == set()


def english() -> str:
    return (LOCALES / "en.json").read_text("utf-8")


def test_gradio_gets_its_labels_in_every_tag_browsers_send():
    tables = translations().translations_dict
    assert tables["zh-CN"]["views_studio"] == "画室"
    assert set(tables["en"]) == set(tables["zh"])
