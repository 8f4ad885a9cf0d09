"""One campaign on one page: a tab each for how it does, whom it reaches, what it shows, when, and who changed it."""
