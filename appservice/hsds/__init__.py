"""Open Referral UK: organisations and services come in from files, go out, and are served to everyone."""
