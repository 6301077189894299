"""Things the owner has taught from pictures: kept, named in requests, and matched by picture."""
