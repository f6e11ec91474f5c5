"""Kills brains at random moments, and checks that everything they had acknowledged is there when the next one wakes.

``python -m tests.crash --store sqlite --kills 500 --seed 1``; see ``--help``. A child process lives a random life and
says over a pipe what it is about to do and what has been done (`life`); it is forked from a process that has
everything imported (`nursery`) and killed when the hunt says so (`hunt`). The next child says what it finds when it
wakes (`testimony`), and that is compared with what was acknowledged (`ledger`).
"""
