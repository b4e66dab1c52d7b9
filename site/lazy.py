"""Images load when they come into view, and wide tables scroll on their own, so that a page is light on a phone."""

import re
from typing import Any

from sphinx.application import Sphinx


def lighten(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Change a page's body before it is written."""
    if "body" not in context:
        return
    body = re.sub(r"<img (?![^>]*loading=)", '<img loading="lazy" ', context["body"])
    # A table that scrolls must be reached by keyboard.
    body = re.sub(r"(<table\b)", r'<div class="wide" tabindex="0" role="group" aria-label="Table">\1', body)
    context["body"] = body.replace("</table>", "</table></div>")


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-page-context", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
