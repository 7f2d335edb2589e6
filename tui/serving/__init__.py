"""The monitor in a browser of this machine. All of aiohttp and textual-serve stays in here."""
