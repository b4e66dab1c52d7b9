"""The theme's icons inside the pages, in place of its script with all of Font Awesome: 540 kB less on the wire.

Font Awesome Free's icons are under CC BY 4.0 (https://fontawesome.com/license/free).
"""

import html
import re
from pathlib import Path

_SCRIPT = "_static/scripts/fontawesome.js"
_TAG = re.compile(r'<(i|span) ([^>]*?)class="([^"]*\bfa(?:s|b|-solid|-brands) [^"]*)"([^>]*)></\1>')
_LOADED = re.compile(r"\s*<script[^>]*fontawesome\.js[^>]*></script>")
_NO_ICON = re.compile(r"fa-(?:solid|brands|regular|lg|fw|\dx|xs|sm)")


def put_inside(site: Path) -> None:
    """Change every page of a built site; where an icon is not found in the script, its page keeps the script."""
    script = (site / _SCRIPT).read_text(encoding="utf-8") if (site / _SCRIPT).is_file() else ""
    known: dict[str, str | None] = {}
    kept = False
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        new = _TAG.sub(lambda match: _drawn(match, script, known), text)
        if re.search(r'<(?:i|span)[^>]*class="[^"]*\bfa-(?:solid|brands)\b', new):
            kept = kept or bool(_LOADED.search(new))
        else:
            new = _LOADED.sub("", new)
        if new != text:
            path.write_text(new, encoding="utf-8")
    if not kept:
        (site / _SCRIPT).unlink(missing_ok=True)


def _drawn(match: re.Match[str], script: str, known: dict[str, str | None]) -> str:
    names = [word for word in match[3].split() if word.startswith("fa-") and not _NO_ICON.fullmatch(word)]
    if len(names) != 1:
        return match[0]
    name = names[0].removeprefix("fa-")
    if name not in known:
        known[name] = _shape(name, script)
    if known[name] is None:
        return match[0]
    return f'<svg {match[2]}class="svg-inline--fa {match[3]}"{match[4]} aria-hidden="true" {known[name]}</svg>'


def _shape(name: str, script: str) -> str | None:
    """Size and path of an icon; of several families that have it, the last, which is the solid one."""
    found = re.findall(rf'[{{,]"?{re.escape(name)}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]', script)
    if not found:
        return None
    width, height, shape = found[-1]
    return f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{html.escape(shape)}"/>'
