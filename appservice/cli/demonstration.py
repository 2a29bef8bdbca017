"""`hedgerow demo`: a homeserver, Hedgerow and an example place, from nothing."""


def demo() -> None:
    """Show an example place on a homeserver of its own."""
