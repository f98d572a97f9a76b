#!/usr/bin/env python3
"""A slow, obvious reference for `laxity run`, written from the documents in
paper/spec alone: Python 3.9 or later, standard library only.

    python3 tests/reference/laxity_ref.py -w FILE -p POLICY [--seed N]
        [--set section.key=value] [--requests-out FILE] [--log FILE]

prints the same CSV as `laxity run --format csv`.  --log writes the schedule,
one line an event or decision, to follow it by hand.
"""

import argparse
import sys

import alert
import imprecise
import rivals
import stage_policies
from engine import Engine
from metrics import SUMMARY, Result
from workload import Workload

POLICIES = {
    "fifo": stage_policies.Fifo,
    "rr": stage_policies.RoundRobin,
    "edf": stage_policies.Edf,
    "edf-mandatory-first": stage_policies.EdfMandatoryFirst,
    "llf": stage_policies.Llf,
    "lcf": stage_policies.Lcf,
    "threshold": stage_policies.Threshold,
    "utility-density": stage_policies.UtilityDensity,
    "imprecise": imprecise.Imprecise,
    "oracle": imprecise.Oracle,
    "alert": alert.Alert,
    "app-only": rivals.AppOnly,
    "sys-only": rivals.SysOnly,
    "no-coord": rivals.NoCoord,
    "alert-oracle": rivals.AlertOracle,
    "oracle-static": rivals.OracleStatic,
}


def policy_maker(text):
    """From `name:k=v,...`: what makes the policy for an engine."""
    name, _, rest = text.partition(":")
    args = dict(a.split("=", 1) for a in rest.split(",")) if rest else {}
    return lambda engine: POLICIES[name](engine, args)


def simulate(workload, policy_text, seed, log=None):
    engine = Engine(workload, seed, policy_maker(policy_text), log)
    engine.run()
    return Result(engine, policy_text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-w", required=True, metavar="FILE")
    parser.add_argument("-p", required=True, metavar="POLICY[:k=v,...]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[],
                        metavar="section.key=value")
    parser.add_argument("--requests-out", metavar="FILE")
    parser.add_argument("--log", metavar="FILE", help="- is standard output")
    args = parser.parse_args()
    log = None
    if args.log:
        log = sys.stdout if args.log == "-" else open(args.log, "w")
    result = simulate(Workload(args.w, args.set), args.p, args.seed, log)
    if args.requests_out:
        with open(args.requests_out, "w", newline="") as f:
            for line in result.request_lines():
                f.write(line + "\n")
    print(SUMMARY)
    print(result.summary_line())


if __name__ == "__main__":
    main()
