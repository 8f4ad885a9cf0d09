"""Who is this visitor like?"""
