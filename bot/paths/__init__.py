"""Ways in and out: what is joined together, what is offered to who joins, and who has no path left."""
