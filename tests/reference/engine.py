"""The engine (paper/spec/DESIGN.md, "Meaning" and "Further rulings").

One list of pending events, the next instant looked up by going through all of
them, every rule written where it applies.  Slow and meant to be read.
"""

from fractions import Fraction

import philox
from philox import Stream
from workload import Source

# Kinds of event in the order in which one instant handles them.
COMPLETION, DEADLINE, RELEASE, ENVIRONMENT, TIMER = range(5)
KIND = ("completion", "deadline", "release", "environment", "timer")

RUN, FINISH, DROP, WAIT = "run", "finish", "drop", "wait"


class Request:
    def __init__(self, number, client, input_number, release, deadline, group):
        self.number = number
        self.client = client            # None in an open process
        self.input = input_number
        self.release = release
        self.deadline = deadline
        self.group = group
        self.live = True
        self.device = None              # where its stage is in flight
        self.network = None             # fixed by the first stage
        self.setting = None             # of the last stage started
        self.depth = 0                  # completed in time
        self.start = None               # of the first stage
        self.leave = None
        self.dropped = False
        self.drawn = None               # (network, setting, environment) of
        self.sample = None              # the sample in use
        self.energy_j = Fraction(0)
        self.busy_ns = 0                # its stages' durations


class Device:
    def __init__(self, number, setting):
        self.number = number
        self.setting = setting          # used last
        self.request = None             # whose stage it has
        self.network = None
        self.next_setting = None
        self.decided = None             # instant of the run decision
        self.started = None             # None while the decision lasts
        self.ends = None                # known from the start of the stage


class Engine:
    def __init__(self, workload, seed, make_policy, log=None):
        self.w = workload
        self.bundle = workload.bundle
        self.seed = seed
        self.source = Source(workload, seed)
        self.log = log
        self.now = 0
        self.environment = workload.first_environment
        self.requests = []
        self.devices = [Device(i, workload.settings[0])
                        for i in range(workload.devices)]
        self.events = []                # [instant, kind, order, data]
        self.timing = {}                # request number -> its stream
        self.overheads = {}             # the same, purpose 10
        self.stages = []                # (device, start, end, power or None)
        self.idle_settings = [[(0, workload.settings[0])]
                              for _ in self.devices]
        self.picks = []                 # instants
        self.drawn = []                 # decision times of overhead.csv
        self.corrections = 0
        self.power = self.bundle.has_power(workload.networks,
                                           workload.settings)
        self.policy = make_policy(self)

    def say(self, text):
        if self.log is not None:
            self.log.write("%12d  %s\n" % (self.now, text))

    # Events.

    def add(self, instant, kind, order, data=None):
        self.events.append((instant, kind, order, data))

    def stale(self, event):
        """An event that no longer takes place, hence makes no instant."""
        _, kind, _, data = event
        if kind == DEADLINE:
            return not self.requests[data].live
        if kind == RELEASE:
            return len(self.requests) >= self.source.total
        return False

    def next_event(self):
        self.events = [e for e in self.events if not self.stale(e)]
        return min(self.events, key=lambda e: e[:3]) if self.events else None

    def over(self):
        return (len(self.requests) == self.source.total
                and not any(r.live for r in self.requests)
                and all(d.request is None for d in self.devices))

    # The run.

    def run(self):
        w = self.w
        if w.process == "closed":
            for instant, client in self.source.first_releases():
                self.add(instant, RELEASE, client, client)
        else:
            for n, instant in enumerate(self.source.releases()):
                self.add(instant, RELEASE, n)
        for i, (instant, _, name) in enumerate(w.changes):
            if instant is not None:
                self.add(instant, ENVIRONMENT, i, name)
        while not self.over():
            self.now = self.next_event()[0]
            self.instant()
        self.end = self.now

    def instant(self):
        """All events of this instant, then picks, until a wait or until no
        device is idle; what a decision causes at this instant comes before
        the next pick."""
        while True:
            while True:
                event = self.next_event()
                if event is None or event[0] != self.now:
                    break
                self.events.remove(event)
                self.handle(event)
            idle = [d for d in self.devices if d.request is None]
            if not idle:
                return
            self.picks.append(self.now)
            if self.decide(self.policy.pick(idle[0]), idle[0]) == WAIT:
                return

    def handle(self, event):
        _, kind, order, data = event
        if kind == COMPLETION:
            self.complete(self.devices[data])
        elif kind == DEADLINE:
            self.say("deadline of %d" % data)
            self.leaves(self.requests[data])
        elif kind == RELEASE:
            self.release(data)
        elif kind == ENVIRONMENT:
            self.say("environment %s" % data)
            self.environment = data
        elif data is not None:
            self.start(self.devices[data])

    def release(self, client):
        w = self.w
        n = len(self.requests)
        deadline = self.source.deadline(n, self.now)
        group = self.source.rows[n]["group"] if self.source.rows else ""
        r = Request(n, client, self.source.input(n), self.now, deadline, group)
        self.requests.append(r)
        self.say("release of %d (client %s, input %d, deadline %d)"
                 % (n, "-" if client is None else client, r.input, deadline))
        self.add(deadline, DEADLINE, n, n)
        if client is not None and w.reissue == "deadline":
            self.add(deadline, RELEASE, client, client)
        for at, i, name in self.source.changes:
            if at == n:
                self.add(self.now, ENVIRONMENT, i, name)
        self.policy.on_release(r)

    def leaves(self, r):
        r.live = False
        r.leave = self.now
        self.policy.on_leave(r)
        if r.client is not None and self.w.reissue == "response":
            self.add(self.now, RELEASE, r.client, r.client)

    # Stages.

    def decide(self, decision, device):
        kind = decision[0]
        if kind == WAIT:
            self.say("device %d: wait" % device.number)
            if len(decision) > 1 and decision[1] is not None:
                if decision[1] <= self.now:
                    self.corrections += 1
                else:
                    self.add(decision[1], TIMER, -1)
            return WAIT
        r = decision[1]
        assert r.live and r.device is None
        network = r.network or (decision[2] if kind == RUN
                                else self.w.networks[0])
        mandatory = self.bundle.networks[network].mandatory
        if kind == FINISH:
            assert r.depth >= mandatory
            self.say("finish %d at depth %d" % (r.number, r.depth))
            self.leaves(r)
        elif kind == DROP:
            assert r.depth < mandatory
            self.say("drop %d at depth %d" % (r.number, r.depth))
            r.dropped = True
            self.leaves(r)
        else:
            assert network == decision[2] and network in self.w.networks
            assert decision[3] in self.w.settings
            r.network = network
            r.device = device
            device.request = r
            device.network = network
            device.next_setting = decision[3]
            device.decided = self.now
            device.started = None
            device.ends = None
            delay = self.decision_delay(r)
            self.say("device %d: run stage %d of %d on %s %s"
                     % (device.number, r.depth + 1, r.number, network,
                        decision[3]))
            if delay == 0:
                self.start(device)
            else:
                self.add(self.now + delay, TIMER, r.number, device.number)
        return kind

    def decision_delay(self, r):
        if self.w.decision_text != "trace":
            return self.w.decision_ns
        stream = self.overheads.setdefault(
            r.number, Stream(self.seed, philox.OVERHEAD, r.number))
        total = 0
        for kind in ("decision", "launch"):     # two draws, always
            values = self.bundle.overhead[r.device.next_setting, kind]
            drawn = values[stream.below(len(values))]
            total += drawn
            if kind == "decision":
                self.drawn.append(drawn)
        return total

    @staticmethod
    def pick_sample(stream, count):
        """With one sample there is nothing to draw."""
        return 0 if count == 1 else stream.below(count)

    def stream(self, r):
        return self.timing.setdefault(
            r.number, Stream(self.seed, philox.TIMING, r.number))

    def samples(self, network, setting, environment):
        return self.bundle.samples[network, setting, environment]

    def start(self, device):
        r = device.request
        network, setting = device.network, device.next_setting
        key = (network, setting, self.environment)
        if r.drawn != key:
            r.drawn = key
            r.sample = self.pick_sample(self.stream(r),
                                        len(self.samples(*key)))
        depth = r.depth + 1
        duration = self.samples(*key)[r.sample][depth]
        device.started = self.now
        device.ends = self.now + duration
        device.setting = setting
        r.setting = setting
        if r.start is None:
            r.start = self.now
        r.busy_ns += duration
        power = None
        if self.power:
            power = self.bundle.power_w[network, setting, depth]
            r.energy_j += power * duration / 1000000000
        self.stages.append((device.number, self.now, device.ends, power))
        self.idle_settings[device.number].append((device.ends, setting))
        self.say("device %d: stage %d of %d starts, sample %d of %s, %d ns"
                 % (device.number, depth, r.number, r.sample,
                    self.environment, duration))
        self.add(device.ends, COMPLETION, r.number, device.number)

    def complete(self, device):
        r = device.request
        duration = self.now - device.started
        device.request = None
        r.device = None
        self.say("stage %d of %d ends%s"
                 % (r.depth + 1, r.number, "" if r.live else ", too late"))
        if not r.live:
            self.policy.on_stage_done(r, duration)
            return
        r.depth += 1
        self.policy.on_stage_done(r, duration)
        if r.depth == self.bundle.networks[r.network].depths:
            self.leaves(r)

    # What a clairvoyant policy may ask.

    def true_stage_ns(self, r, network, setting, depth):
        """What this stage of r would take now, in the environment in force:
        of the sample in use, or of the one that the next draw gives."""
        key = (network, setting, self.environment)
        if r.drawn == key:
            sample = r.sample
        else:
            ahead = Stream(self.seed, philox.TIMING, r.number)
            ahead.index = r.number
            for _ in range(self.stream(r).used):
                ahead.word()
            sample = self.pick_sample(ahead, len(self.samples(*key)))
        return self.samples(*key)[sample][depth]
