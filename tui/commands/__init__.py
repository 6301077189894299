"""The sub-commands of `hausgeist`, one module a group; each is imported only when it is called."""
