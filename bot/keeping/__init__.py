"""What people change in their own clients: what is told of it, and how to have it left alone."""
