"""Names that a stranger may give, which no page may run, obey or be widened by."""

from __future__ import annotations

HOSTILE = {
    "o/script": "</script><img src=x onerror=\"window.__pwn='script'\">",
    "o/svg": '"><svg onload="window.__pwn=\'svg\'">',
    "o/js": "javascript:window.__pwn='js'",
    "o/href": '<a href="javascript:window.__pwn=1" onmouseover="window.__pwn=2">href</a>',
    "o/bidi": "safe\u202egpj.exe\u2066\u200f\u0000\u2028end",
    "o/long": "<b onclick=window.__pwn=3>" + "x" * 10_000,
    "o/jinja": "{{ 7 * 7 }}{% raw %}${7*7}",
    "o/comment": "<!--<script>window.__pwn='comment'",
    "o/entity": "&lt;img src=x onerror=window.__pwn=4&gt;&#x202e;",
}
