"""LED panels: boards' rows as dots, and the drivers that bring them to the cards."""
