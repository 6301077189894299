"""Pictures of a recording that cannot be what they say, told by their packets alone. Owns no reading and no decoding.

In MP4 and Matroska, H.264 and H.265 are stored as units with their lengths before them (ISO/IEC 14496-15): where noise
or zeros lie over a part of the file, the lengths no longer add up. An MPEG transport stream counts its own packets, and
FFmpeg marks those that are missing some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

LENGTHS_AT = {"h264": 4, "hevc": 21}
"""Where in the decoder's configuration the size of the lengths stands."""
FORBIDDEN = 0x80
"""The bit of a unit's first byte that is always 0 (H.264 7.3.1, H.265 7.3.1.2)."""


@dataclass
class Damage:
    """Collects the numbers of the `damaged` packets. `size`: bytes of a length; 0: the units have none."""

    size: int
    damaged: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, stream: Any) -> Damage:
        """For the packets of this stream; where FFmpeg knows no decoder for it, nothing is known of its units."""
        decoder = stream.codec_context
        if decoder is None:
            return cls(0)
        setup = bytes(decoder.extradata or b"")
        at = LENGTHS_AT.get(decoder.name)
        return cls((setup[at] & 3) + 1 if at is not None and len(setup) > at and setup[0] == 1 else 0)

    def look(self, packet: Any, number: int) -> None:
        """Take the next packet that holds something."""
        if packet.is_corrupt or (self.size and not adds_up(memoryview(packet), self.size)):
            self.damaged.append(number)

    def words(self, offsets: Sequence[float]) -> str | None:
        """What is wrong, None where nothing is; `offsets` are those of all packets, seconds."""
        if not self.damaged:
            return None
        count, first = len(self.damaged), float(offsets[self.damaged[0]])
        if count == 1:
            return f"1 of its {len(offsets)} pictures is damaged, at {first:.1f} s, and passed over"
        return f"{count} of its {len(offsets)} pictures are damaged, the first at {first:.1f} s, and passed over"


def adds_up(data: memoryview, size: int) -> bool:
    """Whether a packet is made of units, each with its length in `size` bytes before it."""
    at, end = 0, len(data)
    while at + size < end:
        length = int.from_bytes(data[at : at + size], "big")
        at += size
        if not 0 < length <= end - at or data[at] & FORBIDDEN:
            return False
        at += length
    return at > 0
