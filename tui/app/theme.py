"""The app's colours. One accent each; states differ by sign as well as by colour. Owns no layout (`styles.tcss`)."""

from __future__ import annotations

from textual.theme import Theme

LANTERN = Theme(
    name="lantern",
    dark=True,
    primary="#e0a458",
    secondary="#8fa3bf",
    accent="#e0a458",
    foreground="#d9d7d0",
    background="#15171c",
    surface="#1b1e24",
    panel="#23272f",
    success="#8bb174",
    warning="#e0a458",
    error="#e07a6a",
    variables={
        "muted": "#8b8d94",
        "border": "#343a45",
        "input-selection-background": "#e0a458 30%",
        "block-cursor-background": "#e0a458",
        "block-cursor-foreground": "#15171c",
        "footer-key-foreground": "#e0a458",
    },
)
DAYLIGHT = Theme(
    name="daylight",
    dark=False,
    primary="#8a5a0b",
    secondary="#4d6280",
    accent="#8a5a0b",
    foreground="#22252b",
    background="#faf8f4",
    surface="#f3f0ea",
    panel="#e8e4dc",
    success="#3f6b2a",
    warning="#8a5a0b",
    error="#a8332a",
    variables={
        "muted": "#6a675f",
        "border": "#c9c3b6",
        "block-cursor-background": "#8a5a0b",
        "block-cursor-foreground": "#ffffff",
    },
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    dark=True,
    primary="#ffe94d",
    secondary="#ffffff",
    accent="#ffe94d",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#0d0d0d",
    success="#7dff7d",
    warning="#ffe94d",
    error="#ff8080",
    variables={
        "muted": "#ffffff",
        "border": "#ffffff",
        "text-muted": "#ffffff",
        "block-cursor-background": "#ffe94d",
        "block-cursor-foreground": "#000000",
    },
)
COLOUR_BLIND = Theme(
    name="colour-blind",
    dark=True,
    primary="#56b4e9",
    secondary="#cc79a7",
    accent="#56b4e9",
    foreground="#e6e6e6",
    background="#14161a",
    surface="#1b1e24",
    panel="#242830",
    success="#56b4e9",
    warning="#e69f00",
    error="#e69f00",
    variables={
        "muted": "#9aa0a8",
        "border": "#3a4250",
        "block-cursor-background": "#56b4e9",
        "block-cursor-foreground": "#14161a",
    },
)
"""Colours of Okabe and Ito (2008): blue against orange, which all common kinds of colour vision tell apart."""
THEMES = (LANTERN, DAYLIGHT, HIGH_CONTRAST, COLOUR_BLIND)
