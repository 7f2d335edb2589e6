"""What the project of ``recall_for.py`` knows, and who needs what of it. All of it is made up."""

PINS = [
    "Never use floats for money: the cart counts in Decimal.",
    "The tax office wants receipts kept for ten years.",
    "Customer names never go into logs.",
]

DECISIONS = [
    "Round once, at the end of the receipt, half up.",
    "Receipts are numbered without gaps, per till and year.",
    "PostgreSQL only for chains; a single shop has SQLite.",
    "Discounts are lines of their own, never changed prices.",
    "The printer is spoken to in ESC/POS, not through a driver.",
    "Backups are encrypted with age before they leave the shop.",
]

QUESTIONS = [
    "Which printers can cut paper halfway?",
    "May a refund be made at another till than the sale?",
    "Who may open the drawer without a sale?",
]

MILESTONES = [
    "Loyalty points are counted after discounts; the head office confirmed it in writing.",
    "The import of the old article list drops rows without a barcode: 214 rows of Miller's shop.",
    "Card payments: the terminal answers twice when the network is slow, so answers are matched by trace number.",
    "Nightly closing took 40 minutes; an index on sale(day, till) makes it 12 seconds.",
    "Gift vouchers may not be bought with gift vouchers; the till refuses it with code V-17.",
    "Barcodes that begin with 2 carry a weight in digits 8 to 12; the scale prints them.",
    "Translations: French receipts must show the tax number in the first three lines.",
    "Tried integer cents: tax of 7.25 percent needs fractions, so that branch was given up.",
]

STEPS = [
    "The drawer opens by a pulse of 120 milliseconds on pin 2; 60 are too short for the old model.",
    "test_refund_after_midnight fails because the day is taken from the clock and not from the sale.",
    "The terminal of Miller's shop has firmware 4.11 and loses the first byte after standby.",
    "Two tills that close the day at once deadlock on table closing; the second must wait for the lock.",
    "The French label printer wants code page 858, else the euro sign is a question mark.",
    "Stock was negative for article 4711 since returns were booked twice by the sync job.",
    "The password of the demo shop is asked for in the setup wizard; it was never stored in a file.",
    "Scanning twice within 80 milliseconds is the scanner bouncing, not two articles.",
]

NEEDS = [
    ("change how totals on the receipt are rounded", [DECISIONS[0], PINS[0]]),
    ("write the numbering of receipts for a second till", [DECISIONS[1]]),
    ("choose the database for a new shop", [DECISIONS[2]]),
    ("add a discount of ten percent for members", [DECISIONS[3], MILESTONES[0]]),
    ("make the printer cut the paper after each receipt", [DECISIONS[4], QUESTIONS[0]]),
    ("set up the backup in Miller's shop", [DECISIONS[5]]),
    ("book refunds at any till", [QUESTIONS[1], STEPS[1]]),
    ("open the cash drawer from the menu", [QUESTIONS[2], STEPS[0]]),
    ("give loyalty points when a discount was given", [MILESTONES[0]]),
    ("import the article list of another shop", [MILESTONES[1]]),
    ("debug double answers of the card terminal", [MILESTONES[2], STEPS[2]]),
    ("speed up the nightly closing", [MILESTONES[3], STEPS[3]]),
    ("sell gift vouchers at the till", [MILESTONES[4]]),
    ("read barcodes of the scale with the weight in them", [MILESTONES[5]]),
    ("translate the receipt into French", [MILESTONES[6], STEPS[4]]),
    ("store amounts as integer cents", [MILESTONES[7], PINS[0]]),
    ("find out why stock is negative after returns", [STEPS[5]]),
    ("write to the log which customer bought what", [PINS[2]]),
    ("delete old receipts to free disk space", [PINS[1]]),
    ("handle an article that was scanned twice", [STEPS[7]]),
]

ACTIONS = [
    "Moved",
    "Renamed",
    "Cleaned up",
    "Wrote tests for",
    "Looked again at",
    "Split",
    "Documented",
    "Reviewed",
    "Simplified",
    "Sped up",
    "Fixed a typo in",
    "Measured",
]

PARTS = [
    "the receipt view",
    "the article editor",
    "the till's start screen",
    "the payment dialog",
    "the tax tables",
    "the printer queue",
    "the login",
    "the stock list",
    "the discount form",
    "the customer card",
    "the closing report",
    "the shop settings",
    "the barcode scanner",
    "the database layer",
    "the backup job",
    "the voucher page",
    "the refund flow",
    "the drawer handling",
    "the sync job",
    "the build",
]
