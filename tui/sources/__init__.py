"""Where pictures come from: a journal that grows, or one that was recorded; and the files beside it."""
