"""What a person sees in a terminal: the command line now, the full-screen app later. Owns no model."""
