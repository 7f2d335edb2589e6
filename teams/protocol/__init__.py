"""The wire formats of a ``.claude``-style team folder: roster, mailbox, board (docs/formats.md, part 2)."""
