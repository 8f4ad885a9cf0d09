"""How far do visitors come, step by step, whatever the steps are?"""
