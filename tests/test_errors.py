"""Every error code has its sentence in every language, without English left in the others."""

import ast
import json
import re
import string
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCALES = {p.stem: json.loads(p.read_text("utf-8")) for p in (ROOT / "studio/locales").glob("*")}
KNOWN = {"name", "value", "rule", "remedy", "minimum", "maximum", "known", "limit", "needed"}


def codes():
    """Codes of every error that is raised, read from the source."""
    found = set()
    for path in [*ROOT.glob("pipelines/**/*.py"), *ROOT.glob("studio/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "refuse":
                found |= {a.value for a in node.args[3:4] if isinstance(a, ast.Constant)}
            elif name.endswith("Error") and node.args and isinstance(node.args[0], ast.Constant):
                code = node.args[0].value
                if isinstance(code, str) and re.fullmatch(r"[a-z_]+", code):
                    found.add(code)
    return sorted(found)


def test_there_are_codes():
    assert {"out_of_range", "unknown_model", "disk_full", "library_in_use"} <= set(codes())


@pytest.mark.parametrize("language", sorted(LOCALES))
def test_every_code_has_a_sentence(language):
    sentences = LOCALES[language]["errors"]
    assert [code for code in codes() if code not in sentences] == []


@pytest.mark.parametrize("language", sorted(LOCALES))
def test_sentences_use_values_that_exist(language):
    for code, sentence in LOCALES[language]["errors"].items():
        fields = {field for _, field, _, _ in string.Formatter().parse(sentence) if field}
        assert fields <= KNOWN, code


def test_other_languages_never_show_english_rules():
    for language in set(LOCALES) - {"en"}:
        for code, sentence in LOCALES[language]["errors"].items():
            assert "{rule}" not in sentence, code
            assert "{remedy}" not in sentence, code
