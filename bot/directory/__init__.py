"""The directory: who and what there is, found by those who may see it."""
