"""What things look like: detector labels, image features, colour words, and their vectors."""
