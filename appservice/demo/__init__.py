"""A homeserver, Hedgerow and an example place, from nothing."""
