"""`python -m appservice` is `hedgerow`."""

from appservice.cli import main

main()
