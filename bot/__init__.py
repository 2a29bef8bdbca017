"""What one can say: commands, their grammar, and the answers."""
