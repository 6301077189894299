"""What the program's rooms have to keep, and how each is put right again."""
