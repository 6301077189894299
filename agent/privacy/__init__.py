"""What is kept of the owner and the house, and letting go of it. Every room's own store does the deleting."""
