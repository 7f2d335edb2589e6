"""Reading memory back: context inside a budget, the log, the graph."""
