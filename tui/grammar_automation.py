"""The grammar of what reaches the house without a person at the terminal: scripts and servers. See `tui.grammar`."""

from __future__ import annotations

from tui.parser import Commands, Parser, command, json_command


def automation(commands: Commands) -> None:
    """Add `run`, `serve` and `mcp`."""
    _run(commands)
    _serve(commands)
    _mcp(commands)


def _run(commands: Commands) -> None:
    about = "run a script: steps that call tools or ask the model"
    example = "hausgeist run examples/scripts/nightly.yaml --set rooms=study,kitchen"
    run = json_command(commands, "run", "run:run", about, example)
    run.description = (
        "Run a script: steps that call tools or ask the model (docs/automation.md).\n"
        "--set NAME=VALUE gives one of the script's inputs; a NAME with a dot is a setting."
    )
    run.add_argument("files", nargs="*", metavar="FILE.yaml", help="the script; --check and --serve take several")
    run.add_argument("--check", action="store_true", help="say what is wrong with it, with lines, and run nothing")
    run.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    run.add_argument("--serve", action="store_true", help="wait for its schedules and triggers (`on:`)")
    run.add_argument("--resume", nargs="?", const="", metavar="RUN", help="go on with a run (default: the newest cut)")
    again = "with --resume: do this step again, though it may have happened (repeatable)"
    run.add_argument("--again", action="append", default=[], metavar="STEP", help=again)
    skip = "with --resume: take this step as done (repeatable)"
    run.add_argument("--skip", action="append", default=[], metavar="STEP", help=skip)
    run.add_argument("--list", action="store_true", help="list the newest runs")
    run.add_argument("--schema", action="store_true", help="print the JSON Schema of scripts, for editors")
    run.add_argument("--yes", action="store_true", help="approve every tool without asking")


def _serve(commands: Commands) -> None:
    about = "serve the house over HTTP, with the OpenAI interface"
    serve = json_command(commands, "serve", "serve:serve", about, "hausgeist serve --new-token laptop")
    _server_options(serve)
    serve.add_argument("--openapi", action="store_true", help="print the OpenAPI description, and serve nothing")
    serve.add_argument("--new-token", metavar="NAME", help="make a token, print it this once, and serve nothing")
    serve.add_argument("--remove-token", metavar="NAME", help="make a token invalid, and serve nothing")
    serve.add_argument("--list-tokens", action="store_true", help="list the tokens' names, and serve nothing")


def _mcp(commands: Commands) -> None:
    about = "serve the tools by the Model Context Protocol, on standard input and output or HTTP"
    mcp = command(commands, "mcp", "mcp:mcp", about, "hausgeist mcp --http --port 8378")
    mcp.add_argument("--http", action="store_true", help="streamable HTTP at /mcp (default: standard input and output)")
    mcp.add_argument("--no-token", action="store_true", help="with --http on this machine only: ask for no token")
    _server_options(mcp)


def _server_options(parser: Parser) -> None:
    parser.add_argument("--host", metavar="ADDRESS", help="address to bind (default: serve.host)")
    parser.add_argument("--port", type=int, metavar="N", help="port; 0 is any free one (default: as the settings say)")
