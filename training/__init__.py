"""How the models that this project made itself were trained. Nothing of the program imports this package."""
