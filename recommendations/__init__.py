"""Which items next?"""
