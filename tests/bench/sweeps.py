#!/usr/bin/python3
"""What sweeps cost: `sweeps.py PROGRAM` prints name,value,unit lines.

The sweep behind `make run` with one and with two worker processes; 10,000 runs of
20 requests, which are nearly all overhead (their simulation is counted in), and
the memory of the largest process after 1,000 and after 10,000 of them.
"""
import os
import sys
import tempfile
import time


def sweep(program, experiment, *options):
    """Seconds, seconds of CPU and the largest process in MB of a sweep anew."""
    with tempfile.TemporaryDirectory() as folder:
        line = [program, "sweep", experiment, "--db", folder + "/x.db", *options]
        begun = time.monotonic()
        child = os.fork()
        if not child:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 2)
            os.execv(program, line)
        _, status, use = os.wait4(child, 0)
        if status:
            sys.exit("sweeps: %s: status %d" % (" ".join(line), status))
        return (time.monotonic() - begun, use.ru_utime + use.ru_stime,
                use.ru_maxrss / 1000)


def main():
    program = os.path.abspath(sys.argv[1])
    short = ("workloads/default.ini", "--set", "workload.requests=20",
             "--set", "workload.warmup=0", "--set", "sweep.policies=edf",
             "--jobs", "2")
    for jobs in "1", "2":
        wall, _, _ = sweep(program, "paper/experiments/clients.ini",
                           "--jobs", jobs)
        print("sweep of make run; jobs %s,%.3f,s" % (jobs, wall))
    for runs in 1000, 10000:
        _, cpu, memory = sweep(program, *short,
                               "--set", "sweep.replications=%d" % runs)
        if runs == 10000:
            print("short run of a sweep,%.4f,ms of CPU" % (cpu * 1000 / runs))
        print("memory; %d short runs,%.2f,MB" % (runs, memory))


main()
