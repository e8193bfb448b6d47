"""The learned dispatcher: a network that says what every idle line does next, and what is made of it."""
