"""The news of a public network for everyone: a page, a feed, and a newspaper to be printed."""
