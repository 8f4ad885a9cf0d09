"""May this be processed, and how is it made harmless?"""
