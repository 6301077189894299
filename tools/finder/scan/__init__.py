"""What was put down or taken where: recordings decoded, settled looks compared, stays drawn from changes."""
