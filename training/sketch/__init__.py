"""Training, measuring and publishing `hausgeist-sketch`, the house's own small picture model. See README.md here."""
