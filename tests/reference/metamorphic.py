#!/usr/bin/env python3
"""Metamorphic tests of laxity: change the question in a way whose effect on
the answer is known, and compare the two answers.

    python3 tests/reference/metamorphic.py [--count N] [--seed S]
        [--laxity FILE] [--keep DIR]

Relations (each on N random cases and policies):

scale      all times (stages, releases, deadlines, decision, timeline) times a
           power of two: all instants scale, nothing else changes.  A power of
           two, so that quotients of times round alike.
shift      all releases and timeline changes later by a constant: all instants
           later by it.
unused     a network, a setting or an environment that the workload does not
           name, or a further candidate that no stage-level policy uses:
           nothing changes.
rows       the rows of the bundle's files in another order: nothing changes.
rename     other names of networks, settings, environments: only names change.
seed       one sample, all deadlines and inputs given: nothing is drawn.
closed     a closed run with reissue = deadline, and the replay of what it
           released: the same but for the client, so client numbers decide
           nothing.
permute    requests released at one instant, numbered in another order: the
           results are permuted, if no two deadlines or confidences are equal,
           all mandatory stages fit and the policy does not go by number.
warmup     requests n.. of a run do not depend on how many are counted.
later      one release instant, one device: `oracle` answers as many requests
           as any schedule can (so a later deadline never lowers the number),
           and if it answers all, then with exact quantisation and no update
           and refill a later deadline never lowers the total confidence.
           Neither holds with several release instants: the oracle does not
           know what is released next."""

import argparse
import copy
import hashlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile

POLICIES = (
    "fifo", "rr", "edf", "edf:skip=off", "edf-mandatory-first", "llf", "lcf",
    "lcf:unstarted=prior,tie=fifo", "threshold:stop=0.7", "utility-density",
    "imprecise", "imprecise:predictor=max,delta=0.1",
    "imprecise:predictor=lin_time,update=dp", "imprecise:predictor=mean",
    "imprecise:predictor=lin_inc,refill=off,answer=hold",
    "imprecise:predictor=regress,order=mandatory_first,plan_quantile=0.5",
    "imprecise:update=none,skip=off", "oracle", "oracle:update=dp,delta=0.1")
# Those in which the request number settles no tie that is likely: fifo and rr
# go by it; Moore-Hodgson, the greedy update and the refill use it among
# requests not started, of which `imprecise` expects the same.
NUMBERLESS = (
    "edf", "edf:skip=off", "edf-mandatory-first", "llf", "lcf",
    "threshold:stop=0.7", "utility-density", "oracle",
    "oracle:update=dp,delta=0.1", "imprecise:update=none,refill=off",
    "imprecise:update=dp,refill=off,predictor=mean")


def write(path, text):
    with open(path, "w", newline="") as f:
        f.write(text)


class Case:
    """A bundle and a replay workload as data; all times in ns."""

    def __init__(self, rng, samples=None, depths=None, digits=6):
        self.kinds = {}                 # network -> depths
        self.settings = {"s%d" % i: 10 + i for i in range(rng.choice((1, 2)))}
        self.environments = ["default", "busy"][:rng.choice((1, 2))]
        self.inputs = rng.choice((3, 8, 40))
        self.mandatory = rng.choice((1, 1, 2))
        self.time = {}                  # (n, s, e, sample) -> [ns]
        self.exits = {}                 # (n, input) -> [(confidence, right)]
        self.most = rng.choice((4, 60, 5000))
        for n in ("n0", "n1")[:rng.choice((1, 2))]:
            self.add_network(rng, n, depths or rng.choice((1, 2, 3, 4)),
                             samples, digits)
        self.networks = ["n0"]
        self.chosen = ["s0"]
        self.devices = rng.choice((1, 1, 2))
        self.decision = rng.choice((0, 0, 1, 2))
        self.timeline = [(0, rng.choice(self.environments))]
        at = 0
        for _ in range(rng.choice((0, 2, 4))):
            at += rng.randint(1, 6 * self.most)
            self.timeline.append((at, rng.choice(self.environments)))
        self.requests = []              # [release, relative deadline, input]
        at = 0
        for _ in range(rng.choice((3, 8, 20))):
            at += rng.choice((0, rng.randint(0, 3 * self.most)))
            self.requests.append([at, rng.randint(1, 12 * self.most),
                                  rng.randrange(self.inputs)])
        self.warmup = 0
        self.rng = None                 # shuffles the rows if set
        self.power = True

    def add_network(self, rng, name, depths, samples=None, digits=6):
        self.kinds[name] = depths
        for s in self.settings:
            self.add_times(rng, name, s, samples)
        for i in range(self.inputs):
            self.exits[name, i] = [(round(rng.random(), digits),
                                    rng.randint(0, 1)) for _ in range(depths)]

    def add_times(self, rng, network, setting, samples=None):
        for e in self.environments:
            for k in range(samples or rng.choice((1, 3, 5))):
                self.time[network, setting, e, k] = [
                    rng.randint(1, self.most)
                    for _ in range(self.kinds[network])]

    def rows(self, name, header, rows):
        if self.rng is not None:
            self.rng.shuffle(rows)
        return name, header + "\n" + "".join(r + "\n" for r in rows)

    def write(self, folder):
        shutil.rmtree(os.path.join(folder, "bundle"), ignore_errors=True)
        os.makedirs(os.path.join(folder, "bundle"))
        files = [
            self.rows("outcomes.csv", "network,input,depth,confidence,correct",
                      ["%s,%d,%d,%s,%d" % (n, i, d, c, ok)
                       for (n, i), exits in self.exits.items()
                       for d, (c, ok) in enumerate(exits, 1)]),
            self.rows("timing.csv", "network,setting,environment,sample,depth,"
                      "duration_ns,device_ns",
                      ["%s,%s,%s,%d,%d,%d," % (key + (d, ns))
                       for key, stages in self.time.items()
                       for d, ns in enumerate(stages, 1)]),
            self.rows("power.csv", "network,setting,depth,power_w,stderr_w",
                      ["%s,%s,%d,%d," % (n, s, d, 100 * d + idle)
                       for n, depths in self.kinds.items()
                       for s, idle in self.settings.items()
                       for d in range(1, depths + 1)] if self.power else []),
            ("settings.csv", "setting,sm_count,power_cap_w,clock_mhz,"
             "idle_power_w\n" + "".join("%s,,,,%d\n" % kv for kv in
                                        self.settings.items()))]
        for name, text in files:
            write(os.path.join(folder, "bundle", name), text)
        write(os.path.join(folder, "bundle", "trace.ini"),
              "[trace]\nformat = 1\ndevice = none\ntask = random\nclasses = 10"
              "\ninputs = %d\nmandatory_depth = %d\n\n%s[provenance]\n"
              "tool = tests/reference/metamorphic.py\n\n[files]\n%s" % (
                  self.inputs, self.mandatory,
                  "".join("[network %s]\nkind = %s\ndepths = %d\n\n" % (
                      n, "staged" if d > 1 else "single", d)
                      for n, d in self.kinds.items()),
                  "".join("%s = %s\n" % (
                      name, hashlib.sha256(text.encode()).hexdigest())
                      for name, text in files)))
        write(os.path.join(folder, "arrivals.csv"),
              "release_ns,relative_deadline_ns,input\n" + "".join(
                  "%d,%d,%d\n" % tuple(r) for r in self.requests))
        self.write_workload(
            folder, "requests = %d\nwarmup = %d\n" % (
                len(self.requests) - self.warmup, self.warmup),
            "process = replay\nfile = arrivals.csv\n")

    def write_workload(self, folder, counts, arrivals, more=""):
        write(os.path.join(folder, "workload.ini"),
              "[workload]\ntrace = bundle\nnetworks = %s\nsettings = %s\n"
              "devices = %d\n%s\n[arrivals]\n%s\n[overhead]\ndecision = %dns\n"
              "\n[environment]\ntimeline = %s\n%s" % (
                  ", ".join(self.networks), ", ".join(self.chosen),
                  self.devices, counts, arrivals, self.decision,
                  ", ".join("%s %s" % ("%dns" % t if t else "0", e)
                            for t, e in self.timeline), more))


class Bench:
    """Runs the program in a folder of its own."""

    def __init__(self, laxity, folder, keep):
        self.laxity = laxity
        self.folder = folder
        self.keep = keep
        self.failures = 0
        self.checks = 0

    def run(self, policy, seed=1):
        """(summary, requests): a dictionary, a list of dictionaries."""
        out = os.path.join(self.folder, "requests.csv")
        args = [self.laxity, "run", "-w", "workload.ini", "-p", policy,
                "--seed", str(seed), "--format", "csv", "--requests-out",
                "requests.csv"]
        done = subprocess.run(args, cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True)
        if done.returncode != 0:
            raise RuntimeError("%s: exit status %d: %s" % (
                " ".join(args[1:]), done.returncode, done.stderr.strip()))
        header, line = done.stdout.split("\n")[:2]
        if line.startswith('"'):
            line = "policy" + line[line.index('"', 1) + 1:]
        with open(out, newline="") as f:
            lines = f.read().split("\n")[:-1]
        names = lines[0].split(",")
        summary = dict(zip(header.split(","), line.split(",")))
        del summary["policy"]
        return summary, [dict(zip(names, x.split(","))) for x in lines[1:]]

    def of(self, case, policy, seed=1):
        case.write(self.folder)
        return self.run(policy, seed)

    def expect(self, holds, relation, number, policy, text):
        self.checks += 1
        if holds:
            return
        self.failures += 1
        place = os.path.join(self.keep, "%s-%d" % (relation, number))
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.folder, place)
        print("%s, case %d, policy %s: %s (files of the second run: %s)" % (
            relation, number, policy, text, place))


INSTANTS = ("release_ns", "deadline_ns", "start_ns", "leave_ns")


def moved(rows, change, times=INSTANTS, energy=1.0):
    """The rows with another function of every instant; energies as numbers
    of eight digits, since the ninth is rounded in print."""
    out = []
    for row in rows:
        row = dict(row)
        for name in times:
            if row[name]:
                row[name] = str(change(int(row[name])))
        if row["energy_j"]:
            row["energy_j"] = "%.7g" % (float(row["energy_j"]) * energy)
        out.append(row)
    return out


def same(x):
    return x


def scale(rng, bench, number, policy):
    case = Case(rng)
    k = rng.choice((2, 8, 1024, 2**20))
    summary, rows = bench.of(case, policy)
    other = copy.deepcopy(case)
    other.time = {key: [k * ns for ns in v] for key, v in case.time.items()}
    other.requests = [[k * a, k * d, i] for a, d, i in case.requests]
    other.timeline = [(k * t, e) for t, e in case.timeline]
    other.decision *= k
    scaled_summary, scaled_rows = bench.of(other, policy)
    bench.expect(moved(rows, lambda t: k * t, energy=k)
                 == moved(scaled_rows, same), "scale", number, policy,
                 "requests do not scale by %d" % k)
    for name in ("missed", "accuracy", "mean_depth", "mean_confidence",
                 "utilisation", "decisions"):
        bench.expect(summary[name] == scaled_summary[name], "scale", number,
                     policy, name + " changes")


def shift(rng, bench, number, policy):
    case = Case(rng)
    by = rng.randint(1, 1000)
    summary, rows = bench.of(case, policy)
    other = copy.deepcopy(case)
    other.requests = [[by + a, d, i] for a, d, i in case.requests]
    other.timeline = [(t + by if t else 0, e) for t, e in case.timeline]
    shifted_summary, shifted_rows = bench.of(other, policy)
    bench.expect(moved(rows, lambda t: t + by) == moved(shifted_rows, same)
                 and summary == shifted_summary, "shift", number, policy,
                 "%d ns later is not just later" % by)


def unused(rng, bench, number, policy):
    case = Case(rng)
    before = bench.of(case, policy)
    other = copy.deepcopy(case)
    other.add_network(rng, "more", rng.choice((1, 2, 5)))
    other.settings["more"] = 7
    for n in other.kinds:
        other.add_times(rng, n, "more")
    other.environments.append("more")
    for n in other.kinds:
        for s in other.settings:
            other.time[n, s, "more", 0] = [1] * other.kinds[n]
    bench.expect(before == bench.of(other, policy), "unused", number, policy,
                 "what the workload does not name has an effect")
    if policy == "joint":
        return                          # it uses all candidates
    other.networks.append("more")
    other.chosen.append("more")
    bench.expect(before == bench.of(other, policy), "unused", number, policy,
                 "a candidate that is not used has an effect")


def rows(rng, bench, number, policy):
    case = Case(rng)
    before = bench.of(case, policy)
    case.rng = rng
    bench.expect(before == bench.of(case, policy), "rows", number, policy,
                 "the order of the bundle's rows has an effect")


def rename(rng, bench, number, policy):
    case = Case(rng)
    summary, before = bench.of(case, policy)
    other = copy.deepcopy(case)
    # Names whose order is the reverse of the old one.
    new = {n: "z%d.x" % (9 - i) for i, n in
           enumerate(list(case.kinds) + list(case.settings) + ["busy"])}
    new["default"] = "default"
    other.kinds = {new[n]: d for n, d in case.kinds.items()}
    other.settings = {new[s]: w for s, w in case.settings.items()}
    other.time = {(new[n], new[s], new[e], k): v
                  for (n, s, e, k), v in case.time.items()}
    other.exits = {(new[n], i): v for (n, i), v in case.exits.items()}
    other.networks = [new[n] for n in case.networks]
    other.chosen = [new[s] for s in case.chosen]
    other.timeline = [(t, new[e]) for t, e in case.timeline]
    renamed_summary, after = bench.of(other, policy)
    for row in before:
        if row["network"]:
            row["network"] = new[row["network"]]
            row["setting"] = new[row["setting"]]
    bench.expect(before == after and summary == renamed_summary, "rename",
                 number, policy, "a name has an effect")


def seed(rng, bench, number, policy):
    case = Case(rng, samples=1)
    summary, before = bench.of(case, policy)
    other_summary, after = bench.run(policy, rng.randint(2, 2**32 - 1))
    del summary["seed"], other_summary["seed"]
    bench.expect(before == after and summary == other_summary, "seed", number,
                 policy, "a seed of which nothing is drawn has an effect")


def closed(rng, bench, number, policy):
    case = Case(rng)
    case.write(bench.folder)
    case.write_workload(
        bench.folder, "requests = %d\n" % rng.randint(3, 20),
        "process = closed\nclients = %d\nreissue = deadline\n" % rng.choice(
            (1, 2, 5)),
        "[deadline]\ndistribution = uniform\nmin = %dns\nmax = %dns\n" % (
            case.most, 12 * case.most))
    which = rng.randint(1, 2**32 - 1)
    summary, before = bench.run(policy, which)
    case.requests = [[int(r["release_ns"]),
                      int(r["deadline_ns"]) - int(r["release_ns"]),
                      int(r["input"])] for r in before]
    replay_summary, after = bench.of(case, policy, which)
    for row in before:
        row["client"] = ""
    bench.expect(before == after and summary == replay_summary, "closed",
                 number, policy, "the replay of a closed run differs from it")


def permute(rng, bench, number, policy):
    policy = rng.choice(NUMBERLESS)
    case = Case(rng, samples=1, digits=9)
    case.devices = 1
    case.decision = 0
    case.timeline = case.timeline[:1]
    case.inputs = max(case.inputs, 8)
    for i in range(case.inputs):
        for n, depths in case.kinds.items():
            case.exits[n, i] = [(round(rng.random(), 9), rng.randint(0, 1))
                                for _ in range(depths)]
    # Up to six at an instant, no deadline twice, no input twice.
    count = rng.randint(2, 6)
    need = 0
    if policy.split(":")[0] in ("oracle", "imprecise"):
        stages = case.time["n0", "s0", case.timeline[0][1], 0]
        need = count * max(sum(stages[:case.mandatory]), sum(
            case.time["n0", "s0", "default", 0][:case.mandatory]))
    ends = rng.sample(range(need + 1, need + 15 * case.most), count)
    items = [[0, d, i] for d, i in zip(ends, rng.sample(range(case.inputs),
                                                        count))]
    case.requests = items
    _, before = bench.of(case, policy)
    order = list(range(count))
    rng.shuffle(order)
    case.requests = [items[i] for i in order]
    _, after = bench.of(case, policy)
    back = [dict(row, request=str(order[i])) for i, row in enumerate(after)]
    back.sort(key=lambda row: int(row["request"]))
    bench.expect(before == back, "permute", number, policy,
                 "numbering the requests otherwise has an effect")


def warmup(rng, bench, number, policy):
    case = Case(rng)
    _, before = bench.of(case, policy)
    case.warmup = rng.randrange(len(case.requests))
    _, after = bench.of(case, policy)
    bench.expect(before[case.warmup:] == after, "warmup", number, policy,
                 "how many are counted has an effect")


def most_answered(jobs):
    """Largest set of (deadline, time) that one device can serve from 0."""
    for size in range(len(jobs), 0, -1):
        for chosen in itertools.combinations(sorted(jobs), size):
            total = 0
            for deadline, time in chosen:
                total += time
                if total > deadline:
                    break
            else:
                return size
    return 0


def later(rng, bench, number, policy):
    case = Case(rng, samples=1, digits=1)
    case.devices = 1
    case.decision = 0
    case.timeline = [(0, "default")]
    case.requests = [[0, rng.randint(1, 8 * case.most),
                      rng.randrange(case.inputs)]
                     for _ in range(rng.randint(1, 6))]
    stages = case.time["n0", "s0", "default", 0]
    need = sum(stages[:min(case.mandatory, len(stages))])
    flags = rng.choice(("oracle", "oracle:update=dp", "oracle:delta=0.1",
                        "oracle:order=mandatory_first",
                        "oracle:delta=1,refill=off"))
    exact = "oracle:delta=0.1,update=none,refill=off"
    total = None
    for step in range(4):
        summary, _ = bench.of(case, flags)
        answered = int(summary["requests"]) - int(summary["missed"])
        bench.expect(answered == most_answered(
            [(d, need) for _, d, _ in case.requests]), "later", number, flags,
            "%d answered, not as many as possible" % answered)
        summary, rows = bench.of(case, exact)
        sum_now = round(sum(float(r["confidence"] or 0) for r in rows), 6)
        if total is not None:
            bench.expect(sum_now >= total, "later", number, exact,
                         "a later deadline lowers the total confidence "
                         "from %g to %g" % (total, sum_now))
        total = sum_now if summary["missed"] == "0" else None
        one = rng.choice(case.requests)
        one[1] += rng.randint(1, 3 * case.most)


RELATIONS = (scale, shift, unused, rows, rename, seed, closed, permute,
             warmup, later)
# Those that hold for `joint` as well.  Not scale: its prices begin and are kept
# within bounds that are so much accuracy per nanosecond.
OF_JOINT = (shift, unused, rows, rename, seed, closed, warmup)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--laxity", default="build/laxity")
    parser.add_argument("--keep", default="build/metamorphic-failures")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(os.path.abspath(args.laxity), folder,
                      os.path.abspath(args.keep))
        for relation in RELATIONS:
            for number in range(args.count):
                rng = random.Random("%s/%d/%d" % (relation.__name__,
                                                  args.seed, number))
                relation(rng, bench, number, rng.choice(
                    POLICIES + (("joint",) * 3 if relation in OF_JOINT
                                else ())))
    print("%d relations, %d cases each, %d checks, %d failures" % (
        len(RELATIONS), args.count, bench.checks, bench.failures))
    return 3 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
