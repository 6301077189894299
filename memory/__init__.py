"""What the house knows: text embeddings, facts, conversation history, recall. Owns no models and no tools."""
