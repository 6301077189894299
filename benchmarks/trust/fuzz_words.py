"""Pieces of the languages that `fuzz_texts` makes its inputs of: what a parser of each looks for, and what it fears."""

from __future__ import annotations

TOML = (
    "[", "]", "[[", "]]", "=", "\n", '"', "'", '"""', "{", "}", ",", ".", "#", "chat", "finder", "model",
    "approval", "tools", "mcp", "servers", "budget", "1", "-1", "1e999", "0x", "9" * 30, "9" * 5000, "true", "nan",
    "inf", "2020-01-01", "language", "id", "files", "hub", "task", "sources", "\\u0000", "\\x", "serve", "hosts",
    "[" * 500,
)  # fmt: skip
YAML = (
    "steps:", "\n", "  ", "    ", "- ", "tool: ", "with: ", "if: ", "for_each: ", "id: a", "inputs:", "set: ",
    "write: ", "{{", "}}", "{%", "%}", "&a", "*a", "<<: ", "!!python/object:os.system ", "!x", "'", '"', ":", "|",
    ">", "? ", "\t", "on: ", "schedule: ", "watch: ", "true", "~", "0x", "1e9", "[", "]", "{", "}", "#", "--- ",
    "%YAML 9", "...", "remember", "fact: ", "ask: ", "read: ", "parallel:", "retry: ", "timeout: ", "{a: " * 60,
)  # fmt: skip
JINJA = (
    "{{", "}}", "{%", "%}", "{#", "#}", "a", ".b", "[0]", "|", "upper", "replace", "('a','b')", "range(9999999)",
    "for x in", "if ", "set ", "endfor", "'a'*9", "**", "%", "~", "__class__", ".__mro__", "()", "|map('attr')",
    "pieces", "lines", "macro f()", "include 'x'", "import 'x' as y", "loop", "inputs", "steps", "now", "1/0", "[",
    "]", "call", "|tojson",
)  # fmt: skip
TIMES = (
    "yesterday", "last ", "monday", "at ", "3 pm", "25:61", "between ", " and ", "since ", "gestern", "um ",
    "halb ", "vor ", "Tagen", "hier soir", "à 15 h", "il y a ", "ayer", "hace ", "a las ", "昨天",
    "下午", "三点", "上周五",
    "前天", "个小时前", "2026-02-30", "2024-W60", "T24:00", "+99:99", "31", "12/31/9999", "0000", "99999999999",
    " days ago", "二", "零", "noon", "’s", "th", "1st", " of ", "Feb", "this ", "week", "from ", "to ", "½",
)  # fmt: skip
ZONES = (
    "table", ":", ",", ";", " ", "0", "1", ".5", "-1", "nan", "inf", "1e308", "1e400", "10,10", "300,10", "300,200",
    "+", "𝟙",
)  # fmt: skip
NAMES = (
    "cam1", "_", "%Y", "%m", "%d", "%H", "%M", "%S", "%f", "%s", "%%", "%", "*", "?", "2026", "05", "17", "14-30",
    "T", "Z", ".mp4", "/", "\\", "20260230", "1700000000", "999999999999999", "(", "[", "{", "+", "^", "$", "\0",
)  # fmt: skip
ADDRESSES = (
    "rtsp://", "rtsps://", "http://", "frigate://", "user", ":", "pa@ss", "@", "host", "[::1", "]", ":99999", ":-1",
    "/", "%2F", "%zz", "?", "#", "..", " ", "\n", "ﬀ", "xn--", "password=", "token=", "&",
)  # fmt: skip
REPLY = (
    "I ", "have ", "turned on ", "the light", ". ", "! ", "。", "我已经", "打开了灯", "?", "\n", "```", "Ich habe ",
    "J'ai ", "He ", "3.5", "e.g. ", "<tool_call>", "</tool_call>", '{"name": "forget"}', "<|im_end|>",
    "\x1b]0;x\x07", "\x9b31m", "…", "Dr. ", "http://a.b", "1. ", "* ", "\u202e", "\ud83d", "https://", "**", "`",
    "$", "€", "½", "12:30", "2026-05-17", "1/3",
)  # fmt: skip
REQUEST = (
    "where is ", "my watch", "wo ist ", "dónde está ", "où est ", "我的手表在哪", "remember that ", "draw ", "a fox",
    " and then ", "say ", '"', "“", "”", "«", "'", "summarize ", "/etc/passwd", "a.pdf", "forget ", "768x512",
    "with seed ", "99999999999999", " steps", "describe ", "camera ", "kitchen", "who was ", "yesterday", "? ",
    "; ", ": ", "然后", "und ", "@", "(", ")", "\n",
)  # fmt: skip
JSONISH = (
    "{", "}", "[", "]", '"', ":", ",", "null", "NaN", "1e999", "-", "\\u", "\\ud800", "name", "arguments",
    "9" * 5000, "[" * 999,
)  # fmt: skip
SHELL = (
    "\x1b", "\x9b", "[", "]", "0;", "31m", "\x07", "\x1b\\", "P", "_", "^", "X", "\n", "\t", "\u2066", "\x9c", "a",
    "\x85", "(B", "\r",
)  # fmt: skip
