"""What did visitors do?"""
