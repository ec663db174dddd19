"""The nouns and the rules of the trade: tasks, agents, who may take what, and what a pair is worth.

Pure: no I/O, no clock, no chance. Instants and durations are integers in milliseconds.
"""
