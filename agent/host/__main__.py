"""Runs the house process: `python -m agent.host [--set KEY=VALUE …]`; messages on standard input and output.

Nothing else may reach standard output: whatever a library prints goes to standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from agent.host.job import Desk
from agent.host.server import Server
from agent.host.wire import LONGEST_LINE, Message, line, parse
from runtime.niceness import stand_back

NICE = 3
"""Steps by which the house and its workers stand back behind the terminal that a person types into."""


def main() -> None:
    """Answer until standard input ends, or "bye" is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the app's
    stand_back(NICE)
    out = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    asyncio.run(serve(Desk(options.overrides), out))


async def serve(desk: Desk, out: int) -> None:
    """Read messages from standard input and answer on the descriptor `out`."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(out, "wb", buffering=0))

    def write(message: Message) -> None:
        transport.write(line(message))

    server = Server(desk, write)
    server.begin()
    while data := await reader.readline():
        message = parse(data)
        if message["op"] == "bye":
            break
        server.take(message)
    await server.close()


if __name__ == "__main__":
    main()
    os._exit(0)  # threads of libraries that still wait must not keep the process
