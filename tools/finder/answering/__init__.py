"""From a question to an answer: which thing is asked for, where it was seen last, and how to say it."""
