"""What a model is shown of the skills there are: a line each, within a budget."""
