#!/usr/bin/env python3
"""Plays the workshop's half day in a terminal, key by key, at two sizes, and keeps what the screen showed.

    cargo build --release
    python3 tests/play_agenda.py [--engine target/release/batchlab] [--captures DIR]

Needs tmux. It begins as a learner does, in an empty folder with no arguments: the tour, a workshop folder, the first step. Then come the
blocks of the agenda: lessons and demos page by page, the steps with a wrong save and a right one, hints, the theatre, the quiz, the class
report. Every screen must come within ten seconds (a demo's runs within a minute), none may be a dead end: from each the script goes on or back
with the keys that the screen names. The captures are for people to read.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZES = [(80, 24), (120, 40)]
FOLDERS = {"E1": "01_basics", "E2": "02_joins", "E3": "03_files", "E4": "04_quality", "E5": "05_case"}
# The agenda: lessons, demos, then the steps of each block.
BLOCKS = [
    ("Theory 1", ["L1", "L2", "L3", "D14", "D12"]),
    ("Exercise 1", ["E1.2", "E1.4", "E1.6", "E1.8"]),
    ("Theory 2", ["D04", "D01"]),
    ("Exercise 2", ["E2.1", "E2.3", "E2.4", "E2.6", "E2.8", "E2.9"]),
    ("Exercise 3", ["E3.3", "E3.8", "E3.9"]),
    ("Exercise 4", ["E4.1", "E4.8", "E4.6"]),
    ("Case", ["D17"]),
]


class Terminal:
    """A tmux session of its own server, so that nobody else's is touched."""

    def __init__(self, size, folder, captures):
        self.captures, self.number = captures, 0
        self.tmux = ["tmux", "-L", "agenda-%d-%d" % (os.getpid(), size[0])]
        shell = ["-x", str(size[0]), "-y", str(size[1]), "-c", str(folder), "env", "PS1=agenda> ", "EDITOR=true", "bash", "--norc"]
        subprocess.run([*self.tmux, "-f", "/dev/null", "new-session", "-d", *shell], check=True)

    def keys(self, *keys):
        subprocess.run([*self.tmux, "send-keys", *keys], check=True)

    def screen(self):
        return subprocess.run([*self.tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True).stdout

    def shows(self, *texts, seconds=10):
        """Waits until one of the texts is on the screen; keeps the screen; gives the text."""
        end = time.monotonic() + seconds
        while True:
            screen = self.screen()
            found = next((text for text in texts if text in screen), None)
            if found:
                self.keep(texts[0], screen)
                return found
            if time.monotonic() > end:
                raise SystemExit("a dead end: %r did not come within %d s. The screen:\n%s" % (texts, seconds, screen))
            time.sleep(0.05)

    def keep(self, name, screen):
        self.number += 1
        name = "".join(letter if letter.isalnum() else "-" for letter in name)[:40]
        (self.captures / ("%03d-%s.txt" % (self.number, name))).write_text(screen)

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)


def name_of(step):
    number = step.split(".")[1]
    found, = (ROOT / "solutions" / FOLDERS[step[:2]]).glob("s%s_*.py" % number)
    return "%s/%s" % (found.parent.name, found.name)


def pages(terminal, engine, what):
    """Reads a lesson or plays a demo to its last page, answers what it asks, and looks into the theatre once."""
    verb = "learn" if what.startswith("L") else "demo"
    terminal.keys("clear; %s %s %s" % (engine, verb, what), "Enter")
    terminal.shows("page 1 of", seconds=60)
    last = int(terminal.screen().split("page 1 of ")[1].split()[0])
    for page in range(1, last + 1):
        terminal.shows("page %d of %d" % (page, last))
        while "Enter lock" in terminal.screen():
            terminal.keys("a")
            terminal.keys("Enter")
            time.sleep(0.2)
            terminal.keep("answered", terminal.screen())
        if page == last - 1 and "theatre" in terminal.screen():
            terminal.keys("t")
            terminal.shows("THEATRE", "WORLD")
            terminal.keys("q")
            terminal.shows("page %d of" % page)
        if page < last:
            terminal.keys("Space" if verb == "demo" and page % 2 else "l")
    terminal.keys("?")
    terminal.shows("Esc closes", "Esc goes back")
    terminal.keys("Escape")
    terminal.shows("q back", "q leave")
    terminal.shows("page %d of %d" % (last, last))
    terminal.keys("q")
    terminal.shows("agenda>")


def step(terminal, engine, workshop, what):
    """Opens a step, saves the starter with a slip, reads a hint, saves the solution, looks at the run and leaves."""
    script = workshop / "exercises" / name_of(what)
    terminal.keys("clear; %s watch %s" % (engine, what), "Enter")
    terminal.shows(what + "  ")
    work(terminal, script, "undefined_name\n" + script.read_text(), "undefined_name")
    terminal.keys("i")
    terminal.shows("Hint 1.")
    work(terminal, script, (ROOT / "solutions" / name_of(what)).read_text(), "Right, on all data.", seconds=30)
    terminal.keys("t")
    terminal.shows("THEATRE")
    terminal.keys("q")
    terminal.shows(what + "  ")
    terminal.keys("s")
    terminal.shows("Solution, q closes")
    terminal.keys("q")
    terminal.shows(what + "  ")
    terminal.keys("q")
    terminal.shows("agenda>")


def work(terminal, script, text, verdict, seconds=10):
    script.write_text(text)
    # At 80 columns the verdict has a pane of its own, which comes to the front by itself.
    terminal.shows(verdict, seconds=seconds)


def first_minutes(terminal, engine, folder):
    """From nothing to the first green."""
    terminal.keys("clear; " + engine, "Enter")
    terminal.shows("Enter makes a workshop folder")
    terminal.keys("d")
    terminal.shows("D00  Tour", seconds=60)
    terminal.keys("Space")
    terminal.shows("page 2 of")
    terminal.keys("q")
    terminal.shows("Enter makes a workshop folder")
    terminal.keys("Enter")
    terminal.shows("E1.1  Your first cluster table")
    workshop = folder / "batchlab-workshop"
    script = workshop / "exercises" / name_of("E1.1")
    work(terminal, script, (ROOT / "solutions" / name_of("E1.1")).read_text(), "Right, on all data.")
    terminal.keys(">")
    terminal.shows("E1.2  Nothing happens until you ask")
    terminal.keys("q")
    terminal.shows("1 of 37 steps are passed")
    terminal.keys("q")
    terminal.shows("agenda>")
    terminal.keys("cd batchlab-workshop", "Enter")
    return workshop


def play(engine, size, captures):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="agenda_"))
    captures.mkdir(parents=True, exist_ok=True)
    terminal = Terminal(size, folder, captures)
    try:
        started = time.monotonic()
        workshop = first_minutes(terminal, engine, folder)
        print("%dx%d  first green after %.0f s" % (*size, time.monotonic() - started), flush=True)
        for title, parts in BLOCKS:
            started = time.monotonic()
            for what in parts:
                if what.startswith("E"):
                    step(terminal, engine, workshop, what)
                else:
                    pages(terminal, engine, what)
            print("%dx%d  %s: %s in %.0f s" % (*size, title, " ".join(parts), time.monotonic() - started), flush=True)
        terminal.keys("clear; %s quiz C1" % engine, "Enter")
        terminal.shows("Q1.1", seconds=60)
        terminal.keys("C-d")
        terminal.shows("agenda>")
        for command, says in [("report", "17 of 37 steps"), ("class report .", "1 learner"), ("list --todo", "E1.3")]:
            terminal.keys("clear; %s %s | head -12" % (engine, command), "Enter")
            terminal.shows(says)
        print("%dx%d  %d screens, no dead end" % (*size, terminal.number), flush=True)
    finally:
        terminal.close()
        shutil.rmtree(folder)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--captures", default="")
    arguments.add_argument("--size", choices=["%dx%d" % size for size in SIZES], help="only this size")
    arguments = arguments.parse_args()
    captures = pathlib.Path(arguments.captures or tempfile.mkdtemp(prefix="captures_")).absolute()
    for size in SIZES if arguments.size is None else [tuple(map(int, arguments.size.split("x")))]:
        play(os.path.abspath(arguments.engine), size, captures / ("%dx%d" % size))
    print("captures are in %s" % captures)


if __name__ == "__main__":
    sys.exit(main())
