"""Making pictures: the diffusers pipeline, its models, the recipe in the file, and the `generate_image` tool."""
