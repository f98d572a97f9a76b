#!/usr/bin/env python3
"""laxity against the reference simulator on random scenarios, byte for byte:
the line of each request and the summary line.

    python3 tests/reference/compare.py [--count N] [--seed S]
        [--policies a,b,...] [--laxity FILE] [--keep DIR]

A case that differs is kept under DIR (default build/reference-differences)
with its files, the command, both outputs and the schedule as the reference
sees it.  Ends with `N scenarios, M differences`; exit status 3 if M > 0."""

import argparse
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback

import laxity_ref
from metrics import REQUESTS, SUMMARY
from scenario import POLICIES, Scenario
from workload import Workload


def reference(s, log):
    workload = Workload("workload.ini", s.sets)
    result = laxity_ref.simulate(workload, s.policy, s.seed, log)
    return ([SUMMARY, result.summary_line()], list(result.request_lines()))


def command(laxity, s):
    out = [laxity, "run", "-w", "workload.ini", "-p", s.policy, "--seed",
           str(s.seed), "--format", "csv", "--requests-out", "requests.csv"]
    for text in s.sets:
        out += ["--set", text]
    return out


def program(laxity, s):
    """(summary lines, request lines), or None and what it said."""
    done = subprocess.run(command(laxity, s), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode != 0:
        return None, "exit status %d: %s" % (done.returncode,
                                             done.stderr.strip())
    with open("requests.csv", newline="") as f:
        requests = f.read()
    return (done.stdout.split("\n")[:-1], requests.split("\n")[:-1]), None


def columns(line):
    """The fields of a CSV line; only a policy may be in quotes."""
    if line.startswith('"'):
        policy, rest = line[1:].split('"', 1)
        return [policy] + rest.split(",")[1:]
    return line.split(",")


def first_difference(kind, header, mine, its):
    for i in range(max(len(mine), len(its))):
        a = mine[i] if i < len(mine) else "(no line)"
        b = its[i] if i < len(its) else "(no line)"
        if a == b:
            continue
        text = "%s line %d\n  reference: %s\n  laxity:    %s\n" % (
            kind, i + 1, a, b)
        for name, x, y in zip(header.split(","), columns(a), columns(b)):
            if x != y:
                text += "  %s: reference %s, laxity %s\n" % (
                    name, x or "(empty)", y or "(empty)")
        return text
    return None


def compare(laxity, s):
    """None, or a text that says what differs, and the reference's log."""
    log = io.StringIO()
    try:
        mine = reference(s, log)
    except Exception:                   # a fault of ours is a difference too
        return "the reference fails:\n" + traceback.format_exc(), log
    its, said = program(laxity, s)
    if its is None:
        return "laxity fails: " + said + "\n", log
    return (first_difference("request", REQUESTS, mine[1], its[1])
            or first_difference("summary", SUMMARY, mine[0], its[0])), log


def keep(s, number, text, log, laxity, folder):
    place = os.path.join(folder, "%06d" % number)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(".", place)
    words = " ".join("'%s'" % w if set(w) & set(" ,:=") else w
                     for w in command(laxity, s))
    for name, content in (("command.txt", words + "\n"),
                          ("difference.txt", text),
                          ("schedule.log", log.getvalue())):
        with open(os.path.join(place, name), "w") as f:
            f.write(content)
    print("scenario %d differs (%s, seed %d), kept in %s\n%s" % (
        number, s.policy, s.seed, place, text), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="this scenario alone")
    parser.add_argument("--policies", help="names separated by commas")
    parser.add_argument("--laxity", default="build/laxity")
    parser.add_argument("--keep", default="build/reference-differences")
    args = parser.parse_args()
    laxity = os.path.abspath(args.laxity)
    folder = os.path.abspath(args.keep)
    policies = (tuple(args.policies.split(",")) if args.policies
                else POLICIES)
    numbers = [args.only] if args.only is not None else range(args.count)
    differences = 0
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as scratch:
        for number in numbers:
            # Each scenario has its own generator: one can be run alone.
            rng = random.Random("%d/%d" % (args.seed, number))
            place = os.path.join(scratch, "case")
            os.mkdir(place)
            s = Scenario(rng, place, policies)
            os.chdir(place)
            text, log = compare(laxity, s)
            if text is not None:
                differences += 1
                keep(s, number, text, log, laxity, folder)
            os.chdir(home)
            shutil.rmtree(place)
    print("%d scenarios, %d differences" % (len(numbers), differences))
    return 3 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
