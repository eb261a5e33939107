"""`python3 -m dev readme`: what an app store shows of the addon, made from `readme/*.md`.

As in the OCA: the fragments are written by hand; `README.md` and `static/description/index.html`
are made from them. The pictures are those of the documentation.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from markdown_it import MarkdownIt

from .paths import ADDON, ROOT

PICTURES = ROOT / "docs" / "screenshots"
DESCRIPTION = ADDON / "static" / "description"

#: The fragments in the order of the page, with their headings.
SECTIONS = {
    "DESCRIPTION": "",
    "INSTALL": "Installation",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "ROADMAP": "Known limits",
    "CONTRIBUTORS": "Contributors",
}
NOTE = "<!-- Made from readme/*.md by `python3 -m dev readme`. Edit those. -->"
PICTURE = re.compile(r"\(\.\./static/description/([\w-]+\.png)\)")


def run() -> int:
    """Write the pages and copy the pictures; return the exit code."""
    for path, made in pages().items():
        path.write_bytes(made)
    return 0


def stale() -> list[Path]:
    """Return the files that `run` would change."""
    return [p for p, made in pages().items() if not p.exists() or p.read_bytes() != made]


def pages() -> dict[Path, bytes]:
    """Return all that is made, by its place."""
    return {
        ADDON / "README.md": readme().encode(),
        DESCRIPTION / "index.html": index().encode(),
        **{DESCRIPTION / name: (PICTURES / name).read_bytes() for name in pictures()},
    }


def manifest() -> dict:
    """Return the addon's manifest."""
    return ast.literal_eval((ADDON / "__manifest__.py").read_text())


def body() -> str:
    """Return the fragments as one page of Markdown, below a title."""
    parts = [f"# {manifest()['name']}"]
    for name, heading in SECTIONS.items():
        parts += [f"## {heading}"] if heading else []
        parts.append((ADDON / "readme" / f"{name}.md").read_text().strip())
    return "\n\n".join(parts) + "\n"


def readme() -> str:
    """Return `README.md`: the page as a code host and PyPI show it."""
    page = PICTURE.sub(r"(static/description/\1)", body())
    return f"{NOTE}\n\n{page}"


def index() -> str:
    """Return `index.html`: the page as Odoo's list of apps shows it, in Odoo's own classes."""
    html = MarkdownIt().render(PICTURE.sub(r"(\1)", body()))
    html = html.replace("<img ", '<img class="img-fluid border rounded my-3" ')
    section = '<section class="oe_container"><div class="oe_span12">'
    return f"{NOTE}\n{section}\n{html}</div></section>\n"


def pictures() -> list[str]:
    """Return the names of the pictures that the fragments show."""
    return sorted(set(PICTURE.findall(body())))
