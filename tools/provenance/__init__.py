"""Where a file comes from: marks that a machine made it, signed on this machine, and their verification."""
