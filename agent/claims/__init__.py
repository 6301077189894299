"""Which sentences of a free reply claim an action: a classifier fitted on written examples of claims and of none."""
