"""Which web properties are there, and how do people work on them?"""
