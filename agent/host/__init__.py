"""The house in a process of its own: a program that draws (the terminal app) stays free of models and libraries.

`server` runs the session and the house's requests, `client` is its counterpart, `wire` what passes between them.
"""
