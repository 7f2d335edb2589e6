"""Acting on a team from the monitor: what can be done with what is under the cursor, and doing it as the command line
does.
"""
