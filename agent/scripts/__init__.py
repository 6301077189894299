"""Scripts: a YAML file of steps that call tools or ask the model, run once, resumed after a crash, or on a schedule."""
