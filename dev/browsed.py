"""HTML → the words that Chromium shows of it where no script runs, as in a mail program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .machine import browser

#: Documents that are shown side by side.
AT_ONCE = 25
_SHOW = """async documents => {
    document.body.replaceChildren();
    return await Promise.all(documents.map(html => new Promise(shown => {
        const frame = document.createElement("iframe");
        frame.sandbox = "allow-same-origin";  // nothing in it runs
        frame.width = 800;
        frame.onload = () => shown(words(frame.contentDocument));
        frame.srcdoc = html;
        document.body.append(frame);
    })));

    // The values of fields are no part of innerText, which is all text of what is not shown.
    function words(shown) {
        if (!shown.documentElement.checkVisibility()) return "";
        const fields = [...shown.querySelectorAll("input, textarea")];
        const visible = fields.filter(field => field.checkVisibility() && field.type != "password");
        return [shown.documentElement.innerText, ...visible.map(field => field.value)].join(" ");
    }
}"""


def texts(documents: Sequence[str]) -> Iterator[str]:
    """Yield the visible text of each document, with the values of its fields."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=str(browser()), args=["--no-sandbox"])
        page = program.new_context(offline=True).new_page()
        for at in range(0, len(documents), AT_ONCE):
            yield from page.evaluate(_SHOW, documents[at : at + AT_ONCE])
        program.close()
