#!/usr/bin/env python3
"""The bounds of laxity (paper/spec/imprecise.md 11) against slow exact ways, no
policy above them, and an audit of what policies did.

    python3 tests/reference/bounds.py [--count N] [--seed S]
        [--laxity FILE] [--keep DIR]

exact    few requests, one device: the bound is the optimum, which is found by
         trying every set of stages that can be done in time.
preempt  two devices, or more requests: every choice of one depth a request
         whose work fits all windows.
lp       more than a hundred requests: the linear program, solved by the
         simplex method in fractions.  The requests come in clusters so far
         apart that each is a program of its own.
In each of them all policies run, `joint` too: none has more right answers, more
confidence or fewer misses than the bound, and regret is the difference.
audit    one policy's timeline (`joint` more often, which no document defines):
         stages do not overlap, begin after the release and take what the
         bundle says; the line of each request and the summary follow from
         them."""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

from metamorphic import POLICIES, Bench, Case

ALL = POLICIES + ("joint", "joint:reserve=0", "joint:kappa=0")
UTILITIES = ("accuracy", "confidence", "answered")


# ---- The instance ----------------------------------------------------------

def instance(case):
    """For each measured request (release, deadline, [(work, utilities) of each
    option that fits], {network: times of its stages, each at its fastest
    setting})."""
    out = []
    for release, left, i in case.requests[case.warmup:]:
        options, stages = [], {}
        for n in case.networks:
            stages[n] = [min(case.time[n, s, "default", 0][d]
                             for s in case.chosen)
                         for d in range(case.kinds[n])]
            mandatory = min(case.mandatory, case.kinds[n])
            for d in range(1, case.kinds[n] + 1):
                confidence, right = case.exits[n, i][d - 1]
                if sum(stages[n][:d]) > left:
                    break
                deep = d >= mandatory
                options.append((sum(stages[n][:d]), {
                    "accuracy": Fraction(right * deep),
                    "confidence": Fraction(str(confidence)) * deep,
                    "answered": Fraction(deep)}, n, d))
        out.append((release, release + left, options, stages))
    return out


def exact(requests, utility):
    """Earliest end of every set of stages that can be done in time: from each,
    one more stage of one request.  (With one device, to end earlier is never
    worse.)"""
    value = [{(n, d): u[utility] for _, u, n, d in options}
             for _, _, options, _ in requests]
    none = (None, 0)
    ends = {(none,) * len(requests): 0}
    best = Fraction(0)
    while ends:
        best = max(best, max(sum(value[k].get(p, 0) for k, p in enumerate(s))
                             for s in ends))
        later = {}
        for state, end in ends.items():
            for k, (release, deadline, _, stages) in enumerate(requests):
                network, depth = state[k]
                for n in stages if network is None else (network,):
                    if depth == len(stages[n]):
                        continue
                    at = max(end, release) + stages[n][depth]
                    if at > deadline:
                        continue
                    to = state[:k] + ((n, depth + 1),) + state[k + 1:]
                    if at < later.get(to, at + 1):
                        later[to] = at
        ends = later
    return best


def windows(requests, devices):
    """(room, requests inside) of each window that holds any."""
    out = []
    for a in sorted({r[0] for r in requests}):
        for d in sorted({r[1] for r in requests}):
            inside = [k for k, r in enumerate(requests)
                      if a <= r[0] and r[1] <= d]
            if inside:
                out.append((devices * (d - a), inside))
    return out


def preempt(requests, utility, devices):
    rooms = windows(requests, devices)
    best = Fraction(0)
    for chosen in itertools.product(*[
            [(0, Fraction(0))] + [(w, u[utility]) for w, u, _, _ in r[2]]
            for r in requests]):
        total = sum(u for _, u in chosen)
        if total > best and all(sum(chosen[k][0] for k in inside) <= room
                                for room, inside in rooms):
            best = total
    return best


def simplex(goal, rows, limits):
    """Greatest goal x with rows x <= limits (>= 0) and x >= 0: a table in
    fractions, the first column that gains (Bland's rule)."""
    m, n = len(rows), len(goal)
    table = [[Fraction(x) for x in row]
             + [Fraction(int(i == k)) for k in range(m)] + [Fraction(limit)]
             for i, (row, limit) in enumerate(zip(rows, limits))]
    gain = [Fraction(g) for g in goal] + [Fraction(0)] * (m + 1)
    basis = list(range(n, n + m))
    while True:
        column = next((c for c in range(n + m) if gain[c] > 0), None)
        if column is None:
            return -gain[-1]
        _, _, row = min((table[i][-1] / table[i][column], basis[i], i)
                        for i in range(m) if table[i][column] > 0)
        basis[row] = column
        pivot = table[row][column]
        table[row] = [x / pivot for x in table[row]]
        for i in range(m):
            if i != row and table[i][column]:
                by = table[i][column]
                table[i] = [x - by * y for x, y in zip(table[i], table[row])]
        by = gain[column]
        gain = [x - by * y for x, y in zip(gain, table[row])]


def linear(requests, utility, devices):
    options = [(k, w, u[utility]) for k, r in enumerate(requests)
               for w, u, _, _ in r[2]]
    if not options:
        return Fraction(0)
    rows, limits = [], []
    for k in range(len(requests)):
        rows.append([int(o[0] == k) for o in options])
        limits.append(1)
    for room, inside in windows(requests, devices):
        rows.append([o[1] if o[0] in inside else 0 for o in options])
        limits.append(room)
    return simplex([o[2] for o in options], rows, limits)


# ---- The program -------------------------------------------------------------

def run(bench, policies, *more):
    args = [bench.laxity, "run", "-w", "workload.ini", "--format", "json"]
    for p in policies:
        args += ["-p", p]
    done = subprocess.run(args + list(more), cwd=bench.folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)
    if done.returncode != 0:
        raise RuntimeError("%s: exit status %d: %s" % (
            " ".join(args[1:]), done.returncode, done.stderr.strip()))
    return json.loads(done.stdout)


def near(x, y):
    return abs(x - float(y)) <= 2e-8 * max(1, abs(float(y)))


def compare(bench, relation, number, case, kind, value, exact_kind=True):
    """value[utility] against the bounds; all policies below them."""
    case.write(bench.folder)
    out = run(bench, ALL, "--bounds")
    count = len(case.requests) - case.warmup

    def expect(holds, policy, text):
        bench.expect(holds, relation, number, policy, text)

    if exact_kind:
        expect(out["bound_name"] == kind, "", "the bound is %s, not %s" % (
            out["bound_name"], kind))
    for p in out["policies"]:
        r, name = p["replications"][0], p["policy"]
        if p is out["policies"][0]:
            expect(near(r["bound"], value["accuracy"] / count), name,
                   "accuracy at most %g, %s" % (
                       r["bound"], value["accuracy"] / count))
            expect(near(r["bound_confidence"], value["confidence"] / count),
                   name, "confidence at most %g, %s" % (
                       r["bound_confidence"], value["confidence"] / count))
            # Windows may force more misses than the relaxation sees.
            least = count - value["answered"]
            forced = r["bound_missed"] * count
            expect(near(forced / count, least / count) if kind == "exact"
                   else forced >= float(least) - 1e-6, name,
                   "at least %g missed, %s" % (forced, least))
        total = (r["mean_confidence"] or 0) * r["answered"]
        expect(r["correct"] <= value["accuracy"]
               and near(r["regret"], float(value["accuracy"] - r["correct"])
                        / count) and r["regret"] >= 0, name,
               "%d right, at most %s; regret %g" % (
                   r["correct"], value["accuracy"], r["regret"]))
        expect(total <= float(value["confidence"]) + 1e-6, name,
               "confidence %g, at most %s" % (total, value["confidence"]))
        expect(near(r["regret_missed"], (r["missed"] - forced) / count)
               and r["regret_missed"] >= 0, name, "%d missed, at least %g" % (
                   r["missed"], forced))


def small_case(rng, count, digits=1):
    case = Case(rng, samples=1, digits=digits)
    case.most = rng.choice((4, 60))
    case.time = {k: [rng.randint(1, case.most) for _ in v]
                 for k, v in case.time.items()}
    case.networks = rng.sample(list(case.kinds), rng.randint(
        1, len(case.kinds)))
    case.chosen = rng.sample(list(case.settings), rng.randint(
        1, len(case.settings)))
    case.decision = 0
    case.timeline = [(0, "default")]
    case.requests = cluster(rng, case, 0, count)
    case.warmup = rng.choice((0, 0, 1)) if count > 1 else 0
    return case


def cluster(rng, case, begin, count):
    out, at = [], begin
    for _ in range(count):
        out.append([at, rng.randint(1, 7 * case.most),
                    rng.randrange(case.inputs)])
        at += rng.choice((0, rng.randint(0, 3 * case.most)))
    return out


def few(rng, bench, number):
    case = small_case(rng, rng.randint(1, 4))
    case.devices = 1
    requests = instance(case)
    compare(bench, "exact", number, case, "exact",
            {u: exact(requests, u) for u in UTILITIES})


def two_devices(rng, bench, number):
    case = small_case(rng, rng.randint(1, 4))
    case.devices = 2
    requests = instance(case)
    compare(bench, "preempt", number, case, "preempt",
            {u: preempt(requests, u, 2) for u in UTILITIES})


def many(rng, bench, number):
    case = small_case(rng, 3)
    case.warmup = 0
    case.devices = rng.choice((1, 1, 2))
    total = dict.fromkeys(UTILITIES, Fraction(0))
    at, all_requests = 0, []
    while len(all_requests) <= 110:
        case.requests = cluster(rng, case, at, rng.randint(1, 3))
        part = instance(case)
        for u in UTILITIES:
            total[u] += linear(part, u, case.devices)
        all_requests += case.requests
        at = max(a + d for a, d, _ in all_requests) + 20 * case.most
    case.requests = all_requests
    compare(bench, "lp", number, case, "lp", total)


# ---- Audit -------------------------------------------------------------------

def ns(microseconds):
    return int(round(Fraction(str(microseconds)) * 1000))


def audit(rng, bench, number):
    case = Case(rng, samples=1)
    case.networks = rng.sample(list(case.kinds), rng.randint(
        1, len(case.kinds)))
    case.chosen = rng.sample(list(case.settings), rng.randint(
        1, len(case.settings)))
    case.decision = rng.choice((0, 0, 1))
    policy = rng.choice(("joint", "joint", "joint:kappa=1", "joint:reserve=0")
                        + POLICIES)
    case.write(bench.folder)
    summary, rows = bench.run(policy)
    with open(os.path.join(bench.folder, "workload.ini"), "a") as f:
        if policy.startswith("joint") and number % 2:
            f.write("[goal]\nobjective = accuracy\nenergy_j = %g\n" % (
                1e-9 * case.most * rng.choice((50, 200, 1000))))
            summary, rows = None, None
    if rows is None:
        summary, rows = bench.run(policy)
    run(bench, [policy], "--timeline", "timeline.json")
    with open(os.path.join(bench.folder, "timeline.json")) as f:
        events = json.load(f)["traceEvents"]

    def expect(holds, text):
        bench.expect(holds, "audit", number, policy, text)

    stages = {}
    device_free = {}
    for e in events:
        if e.get("cat") != "stage":
            continue
        start, took, who = ns(e["ts"]), ns(e["dur"]), e["args"]
        expect(start >= device_free.get(e["tid"], 0), "stages overlap")
        device_free[e["tid"]] = start + took
        of = stages.setdefault(who["request"], [])
        of.append((start, took, who["network"], who["setting"],
                   who["environment"]))
        expect(took == case.time[who["network"], who["setting"],
                                 who["environment"], 0][len(of) - 1],
               "a stage takes %d ns" % took)
    right = energy = 0
    for row in rows:
        k = int(row["request"])
        release, left, i = case.requests[k]
        deadline, of = release + left, stages.get(k, [])
        network = of[0][2] if of else None
        done = sum(start + took <= deadline for start, took, _, _, _ in of)
        ends = [release] + [s[0] + s[1] for s in of]
        mandatory = min(case.mandatory, case.kinds[network]) if of else 1
        missed = done < mandatory
        expect(all(s[0] >= e + case.decision and s[2] == network
                   and s[3] in case.chosen for s, e in zip(of, ends)),
               "stages of request %d are out of order" % k)
        expect([int(row[n]) for n in ("release_ns", "deadline_ns", "depth",
                                      "missed")]
               == [release, deadline, done, int(missed)],
               "request %d is not as its stages say" % k)
        confidence, correct = case.exits[network, i][done - 1] if done \
            else (None, 0)
        expect(row["confidence"] == ("%g" % confidence if done else "")
               and int(row["correct"]) == (0 if missed else correct),
               "request %d has another answer" % k)
        joules = sum(1e-9 * took * (100 * d + case.settings[s])
                     for d, (_, took, _, s, _) in enumerate(of, 1))
        expect(abs(float(row["energy_j"]) - joules) <= 1e-8 * joules,
               "request %d takes %s J, %g" % (k, row["energy_j"], joules))
        # It leaves at its deadline, or earlier with an answer or dropped.
        expect(ends[done] <= int(row["leave_ns"]) <= deadline,
               "request %d leaves at %s" % (k, row["leave_ns"]))
        right += 0 if missed else correct
        energy += joules
    expect(abs(float(summary["accuracy"]) - right / len(rows)) < 1e-8,
           "accuracy %s, %g" % (summary["accuracy"], right / len(rows)))


PARTS = (few, two_devices, many, audit)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100,
                        help="cases of each part; of lp a tenth")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--laxity", default="build/laxity")
    parser.add_argument("--keep", default="build/bounds-failures")
    args = parser.parse_args()
    cases = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(os.path.abspath(args.laxity), folder,
                      os.path.abspath(args.keep))
        for part in PARTS:
            for number in range(max(1, args.count // 10) if part is many
                                else args.count):
                rng = random.Random("%s/%d/%d" % (part.__name__, args.seed,
                                                  number))
                part(rng, bench, number)
                cases += 1
    print("%d cases, %d checks, %d failures" % (cases, bench.checks,
                                                bench.failures))
    return 3 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
