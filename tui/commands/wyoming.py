"""`hausgeist wyoming`: the recogniser and the voices for Home Assistant and satellites."""

from __future__ import annotations

import asyncio
import ipaddress
from argparse import Namespace

from runtime.errors import UsageError
from tools.speech.wyoming_server import networks, serve
from tui.commands.common import interruptible, open_house
from tui.output import note, print_json, say


def wyoming(options: Namespace) -> int:
    """Serve until Ctrl-C."""
    if not 0 <= options.port <= 65535:
        raise UsageError(f"There is no port {options.port}.", remedy="Give one from 0 (any free one) to 65535.")
    allowed = networks(options.allow)
    if not _loopback(options.host):
        if not allowed:
            raise UsageError(
                f"The Wyoming protocol knows no tokens, so it is not opened to everybody who reaches {options.host}.",
                remedy="Name the clients with --allow ADDRESS, such as that of Home Assistant.",
            )
        note(f"Only {', '.join(map(str, allowed))} can use it, unencrypted: the Wyoming protocol knows no passwords.")

    def ready(address: str) -> None:
        if options.json:
            print_json({"address": address})
        else:
            say(f"Wyoming at {address}. Ctrl-C ends it.")

    with open_house(options) as house, interruptible() as cancellation:
        asyncio.run(serve(house, options.host, options.port, ready, cancellation, allowed))
        cancellation.check()
    return 0


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
