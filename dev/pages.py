"""A browser that opens pages of the web client as a user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .machine import browser

SIZE = {"width": 1280, "height": 800}


@contextmanager
def chromium() -> Iterator[object]:
    """Give a function that opens a page as a user: `open_page(url, login, password)`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=str(browser()), args=["--no-sandbox"])

        def open_page(url, login, password):
            page = program.new_context(viewport=SIZE, locale="en-US").new_page()
            log_in(page, url, login, password)
            return page

        yield open_page
        program.close()


def log_in(page, url: str, login: str, password: str) -> None:
    """Log in at an Odoo's address, and wait until the web client is there."""
    page.goto(f"{url}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_user_menu")
