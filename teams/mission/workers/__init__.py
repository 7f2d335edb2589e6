"""Who can work on a task of a mission: one file for each kind, behind one small port."""
