"""How fast do the hot paths answer, against a bare hello on the same server and interface?"""
