"""The project package, and the app that decides what a visitor sees."""
