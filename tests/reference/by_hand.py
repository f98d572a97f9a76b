#!/usr/bin/env python3
"""The reference against what paper/spec works out by hand: test vectors of
workloads.md 2 and imprecise.md 13, and schedules short enough for paper."""

import hashlib
import io
import itertools
import os
import random
import re
import sys
import tempfile

import alert
import imprecise
import laxity_ref
import philox
from workload import Workload


def write(path, text):
    with open(path, "w", newline="") as f:
        f.write(text)


def write_bundle(folder, outcomes, durations, mandatory=1, power=None):
    """outcomes[input] = [(confidence, correct), ...]; durations[sample] =
    [ns, ...]; network `net`, setting `set`."""
    os.makedirs(folder, exist_ok=True)
    depths = len(durations[0])
    files = {
        "outcomes.csv": "network,input,depth,confidence,correct\n" + "".join(
            "net,%d,%d,%s,%d\n" % (i, d, c, ok)
            for i, exits in enumerate(outcomes)
            for d, (c, ok) in enumerate(exits, 1)),
        "timing.csv": "network,setting,environment,sample,depth,duration_ns,"
                      "device_ns\n" + "".join(
            "net,set,default,%d,%d,%d,\n" % (s, d, ns)
            for s, stages in enumerate(durations)
            for d, ns in enumerate(stages, 1)),
        "power.csv": "network,setting,depth,power_w,stderr_w\n" + "".join(
            "net,set,%d,%s,\n" % (d, w)
            for d, w in enumerate(power or [], 1)),
        "settings.csv": "setting,sm_count,power_cap_w,clock_mhz,idle_power_w\n"
                        "set,,,,2\n"}
    sums = ""
    for name, text in files.items():
        write(os.path.join(folder, name), text)
        sums += "%s = %s\n" % (name, hashlib.sha256(text.encode()).hexdigest())
    write(os.path.join(folder, "trace.ini"),
          "[trace]\nformat = 1\ndevice = none\ntask = hand\nclasses = 10\n"
          "inputs = %d\nmandatory_depth = %d\n\n[network net]\n"
          "kind = staged\ndepths = %d\n\n[provenance]\ntool = by hand\n\n"
          "[files]\n%s" % (len(outcomes), mandatory, depths, sums))


def schedule(folder, rows, policy, extra=""):
    """The request lines of a replay of (release, deadline, input)."""
    arrivals = os.path.join(folder, "arrivals.csv")
    write(arrivals, "release_ns,relative_deadline_ns,input\n" + "".join(
        "%d,%d,%d\n" % row for row in rows))
    path = os.path.join(folder, "workload.ini")
    write(path, "[workload]\ntrace = %s\nnetworks = net\n\n[arrivals]\n"
                "process = replay\nfile = %s\n%s" % (folder, arrivals, extra))
    log = io.StringIO()
    result = laxity_ref.simulate(Workload(path), policy, 1, log)
    lines = list(result.request_lines())[1:]
    return [line.split(",") for line in lines], result, log.getvalue()


def test_dp():
    def plan(delta, deadlines, times, rewards):
        jobs = []
        for left, p, reward in zip(deadlines, times, rewards):
            jobs.append((left, [(l, sum(p[:l]), reward[l - 1])
                                for l in range(1, len(p) + 1)]))
        return imprecise.best_depths(jobs, delta)

    d1 = [[5, 8, 9], [6, 7, 9], [4, 8, 9]]
    two = [[2, 2, 2]] * 3
    assert plan(1, [4, 7, 9], two, d1) == [1, 1, 2]
    assert plan(1, [6, 8, 10], two, d1) == [2, 1, 2]
    for delta in (.01, .1, .2):
        assert plan(delta, [3, 8, 8, 12],
                    [[1, 2, 4], [2, 3, 1], [1, 1, 5], [2, 2, 2]],
                    [[.62, .81, .90], [.40, .75, .93], [.70, .72, .99],
                     [.55, .78, .83]]) == [1, 3, 1, 2]
    assert plan(1, [4, 4], two, [[5, 8, 9]] * 2) == [1, 1]
    assert plan(1, [6, 6], two, [[5, 8, 9]] * 2) == [2, 1]
    assert plan(1, [1], two, [[5, 8, 9]]) is None
    assert imprecise.quantise(0.3, 0.1) == 3


def test_dp_against_brute_force():
    """With rewards that are multiples of delta the plan is the best of all;
    with a coarser delta less than N delta is lost."""
    rng = random.Random(7)
    for _ in range(2000):
        count = rng.randint(1, 4)
        jobs = []
        left = 0
        for _ in range(count):
            left += rng.randint(0, 6)
            start = rng.randint(0, 2)
            time, options = 0, []
            for depth in range(start, start + rng.randint(1, 4)):
                options.append((depth, time, rng.randint(0, 20) / 20))
                time += rng.randint(1, 4)
            jobs.append((left, options))
        best = None
        for chosen in itertools.product(*[o for _, o in jobs]):
            time = 0
            for (left, _), option in zip(jobs, chosen):
                time += option[1]
                if time > left:
                    break
            else:
                total = sum(option[2] for option in chosen)
                best = total if best is None else max(best, total)
        for delta in (0.05, 0.3):
            plan = imprecise.best_depths(jobs, delta)
            assert (plan is None) == (best is None)
            if plan is None:
                continue
            got = sum(reward for (_, options), depth in zip(jobs, plan)
                      for d, _, reward in options if d == depth)
            assert got > best - (1e-9 if delta == 0.05 else count * delta)


def test_moore_hodgson():
    def drop(times, deadlines):
        return imprecise.moore_hodgson(
            [(d, p, i) for i, (p, d) in enumerate(zip(times, deadlines))])

    assert drop([4, 1, 2], [4, 5, 6]) == [0]
    assert drop([3, 1, 4, 2], [4, 5, 7, 8]) == [2]
    assert drop([2, 2, 2], [2, 3, 5]) == [1]


ONLINE = [[(".50", 1), (".80", 0), (".90", 0)],
          [(".90", 1), (".95", 1), (".96", 1)],
          [(".30", 0), (".40", 1), (".50", 1)],
          [(".70", 1), (".70", 1), (".70", 1)]]


def test_online(folder):
    write_bundle(folder, ONLINE, [[2, 2, 2]], power=["10", "20", "30"])
    rows, result, log = schedule(
        folder, [(0, 10, 0), (1, 6, 1), (5, 4, 2)], "imprecise")
    picked = [line.split()[0] + " " + line.split("run ")[1][:12]
              for line in log.split("\n") if "run stage" in line]
    assert picked == ["0 stage 1 of 0", "2 stage 1 of 1", "4 stage 2 of 1",
                      "6 stage 1 of 2", "8 stage 2 of 0"], picked
    assert rows == [
        "0,,0,net,set,0,10,0,10,2,0.8,0,0,6e-08".split(","),
        "1,,1,net,set,1,7,2,6,2,0.95,1,0,6e-08".split(","),
        "2,,2,net,set,5,9,6,8,1,0.3,0,0,2e-08".split(",")], rows
    # 10 ns, never idle; energy 3 first stages and 2 second ones.  Picks: at
    # 0, 2, 4, one answer and one run each at 6 and 8, a wait at 10.
    assert result.summary_line() == (
        "imprecise,1,3,0,0,0.333333333,0.333333333,1.66666667,0.683333333,"
        "5,10,1,1.4e-07,4.66666667e-08,8,0,0,,"), result.summary_line()


def test_baselines(folder):
    write_bundle(folder, ONLINE, [[2, 2, 2]])
    work = [(0, 10, 0), (1, 6, 1), (5, 4, 2)]

    def starts(policy, rows=work, extra=""):
        _, _, log = schedule(folder, rows, policy, extra)
        return ["%s:%s.%s" % (at, request, stage) for at, stage, request in
                re.findall(r"(\d+)  device 0: stage (\d+) of (\d+) starts",
                           log)]

    # Request.stage with its start.  EDF: A1, then B to its end at 8 > 7 but
    # for the skip test, so C and what is left of A.
    assert starts("fifo") == ["0:0.1", "2:0.2", "4:0.3", "6:2.1"]
    assert starts("edf") == ["0:0.1", "2:1.1", "4:1.2", "6:2.1", "8:0.2"]
    assert starts("edf:skip=off") == ["0:0.1", "2:1.1", "4:1.2", "6:1.3",
                                      "8:2.1"]
    # A joins behind B, which was released while A ran.
    assert starts("rr") == ["0:0.1", "2:1.1", "4:0.2", "6:2.1", "8:0.3"]
    assert starts("lcf") == ["0:0.1", "2:1.1", "4:0.2", "6:2.1", "8:0.3"]
    assert starts("threshold:stop=0.8") == ["0:0.1", "2:1.1", "4:0.2",
                                            "6:2.1"]
    # A decision of 1 ns: the stage of A starts at 1 and ends at 3.
    assert starts("edf", [(0, 10, 0)], "[overhead]\ndecision = 1ns\n") == \
        ["1:0.1", "4:0.2", "7:0.3"]
    assert starts("edf", [(0, 8, 0)], "[overhead]\ndecision = 1ns\n") == \
        ["1:0.1", "4:0.2"]


def main():
    philox.self_test()
    alert.self_test()
    test_dp()
    test_dp_against_brute_force()
    test_moore_hodgson()
    with tempfile.TemporaryDirectory() as folder:
        test_online(folder)
        test_baselines(folder)
    print("by hand: all hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
