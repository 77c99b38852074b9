"""A card from anywhere shows its words and brings nothing else into the page."""

from studio.cards import html


def test_headings_tables_and_own_pictures_are_shown():
    (text,) = html(
        "# Pears\n\n## Limits\n\n![Seeds](seeds.webp)\n\n| a |\n|---|\n| 1 |\n"
    ).values()
    assert text.startswith("<h3>Limits</h3>")
    assert '<img src="seeds.webp" alt="Seeds"' in text
    assert '<div class="table-box" tabindex="0"><table>' in text
    assert '<th scope="col">a</th>' in text


def test_nothing_foreign_or_active_is_left():
    (text,) = html(
        "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n"
        "![far](https://example.org/a.png) ![up](../secret.png) ![data](data:image/png;base64,A)\n"
        "[run](javascript:alert(1)) [there](https://example.org)"
    ).values()
    assert "<script" not in text
    assert "<img" not in text
    assert 'href="javascript' not in text
    assert 'href="https://example.org" target="_blank" rel="noopener noreferrer"' in text


def test_a_card_is_divided_by_language():
    found = html("<!-- zh -->\n梨。\n\n<!-- en -->\nPears.\n\n## More\n")
    assert found["zh"] == "<p>梨。</p>\n"
    assert found["en"] == "<p>Pears.</p>\n<h3>More</h3>\n"
