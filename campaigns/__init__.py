"""What could be shown, to whom, and did it work?"""
