"""The closed model of bench_engine.c as a SimPy program: a process per client,
one for the device. Requests come from bench_requests; prints
`stages,expiries,missed,seconds`, the processor time of the run alone.

Stage ends come before deadlines at one instant, and decisions after both.
"""
import sys
import time

import simpy
from simpy.events import URGENT, Event


class StageEnd(Event):
    """Like a timeout, but ahead of the timeouts of its instant."""

    def __init__(self, env, delay):
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, URGENT, delay)


class Request:
    __slots__ = ("deadline", "number", "stage", "depth", "live")

    def __init__(self, deadline, number, stage):
        self.deadline = deadline
        self.number = number
        self.stage = stage
        self.depth = 0
        self.live = True


class Model:
    def __init__(self, path):
        with open(path, encoding="ascii") as f:
            _, self.total, self.warmup, self.depths = map(int, f.readline().split())
            self.planned = list(map(int, f.readline().split()))
            self.first = list(map(int, f.readline().split()))
            self.rows = [tuple(map(int, line.split())) for line in f]
        self.env = simpy.Environment()
        self.number = 0
        self.live = []  # requests by deadline, then number
        self.work = None  # what the idle device waits for
        self.stages = self.expiries = self.missed = 0

    def insert(self, request):
        live = self.live
        i = len(live)
        while i and (live[i - 1].deadline, live[i - 1].number) > (
            request.deadline,
            request.number,
        ):
            i -= 1
        live.insert(i, request)

    def leave(self, request):
        request.live = False
        self.live.remove(request)
        if request.number >= self.warmup and request.depth == 0:
            self.missed += 1

    def client(self, first):
        env = self.env
        yield env.timeout(first)
        while self.number < self.total:
            number = self.number
            self.number += 1
            row = self.rows[number]
            request = Request(env.now + row[0], number, row[1:])
            self.insert(request)
            if self.work and not self.work.triggered:
                self.work.succeed()
            yield env.timeout(row[0])
            if request.live:
                self.expiries += 1
                self.leave(request)

    def pick(self):
        now = self.env.now
        for request in self.live:
            if now + self.planned[request.depth] <= request.deadline:
                return request
        return None

    def device(self):
        env = self.env
        while True:
            while env.peek() == env.now:
                yield env.timeout(0)
            request = self.pick()
            if not request:
                self.work = env.event()
                yield self.work
                self.work = None
                continue
            yield StageEnd(env, request.stage[request.depth])
            self.stages += 1
            if request.live:
                request.depth += 1
                if request.depth == self.depths:
                    self.leave(request)

    def run(self):
        for first in self.first:
            self.env.process(self.client(first))
        self.env.process(self.device())
        self.env.run()


def main():
    model = Model(sys.argv[1])
    begun = time.process_time()
    model.run()
    took = time.process_time() - begun
    print(f"{model.stages},{model.expiries},{model.missed},{took:.6f}")


main()
