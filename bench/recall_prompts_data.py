"""The tasks of ``recall_prompts.py``: descriptions as a plan has them, one for each of ``recall_for_data.NEEDS``, and
what an agent sees while it works. All of it is made up."""

DESCRIPTIONS = [
    "The sum at the bottom differs by a cent from what shops expect. Change till/totals.py and keep its interface.",
    "A shop gets a second till next month. Write till/numbering.py so that both tills can print at the same time.",
    "Miller opens a second shop. Write down in docs/setup.md what is installed there and why, and add a sample setup.",
    "Members get ten percent off everything on Tuesdays. Add the rule to till/offers.py, with tests.",
    "Paper is torn off by hand today and jams. Extend printing/escpos.py and try it on the printer in the office.",
    "Add a nightly job that copies the data of the shop to the head office, and a page that says how to restore it.",
    "A customer bought in one place and brings it back at another till. Extend till/refunds.py and the dialog.",
    "Add an entry to the menu that opens the drawer, with a short log line, for whoever has to change coins.",
    "Points are missing on some receipts. Find out why, and write a test that fails before the change.",
    "A shop that joins us sends its articles as a CSV file. Extend tools/import_articles.py so that it is complete.",
    "Sometimes a payment is booked twice. Find the cause in payments/terminal.py and mend it, with a test.",
    "Cashiers wait at closing time. Measure where the time goes, then make it quick enough.",
    "Add vouchers to the articles that can be sold, with their own page and a test for each rule.",
    "Vegetables are weighed and get a label from the scale. The scanner reads it as an unknown article.",
    "A shop in Lyon starts in March. Add the language and look at the printed result.",
    "Amounts are slow to add up. Try whole numbers instead, and compare.",
    "Some articles show less than nothing in the list. Find out where that comes from before anything is changed.",
    "Support wants to see who bought what when a customer calls. Extend the log that the till writes.",
    "The disk of the oldest till is nearly full. Write a tool that removes what is not needed any more.",
    "Cashiers complain that an article appears twice although it lay on the belt once. Look at input/scanner.py.",
]

WORK = [
    "def total(lines): return sum(line.amount for line in lines)",
    "12 files match, the largest has 400 lines",
    "class Page: renders a table of rows with a heading",
    "FAILED tests/test_change.py::test_first - AssertionError: 3 != 4",
    "the file has no such line, nothing was replaced",
    "warning: line too long in till/part_5.py",
    "1 failed, 11 passed in 0.31s",
    "replaced 1 occurrence",
    "12 passed in 0.30s",
]
