"""ALERT (paper/spec/alert.md 1 to 7), configuration-level: a network, a
setting and a stop point once per input.  Times are nanoseconds, in doubles where they are means."""

import math
from statistics import NormalDist

from engine import FINISH, RUN, WAIT

NS = 1e-9


def normal(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


class SlowdownFilter:
    """alert.md 3.1, in its order of operations."""

    def __init__(self, alpha=0.3, q0=0.1, p0=0.1, k0=0.5, r=0.001, mu0=1.0,
                 y0=0.0, no_lag=False):
        self.alpha, self.floor, self.r, self.no_lag = alpha, q0, r, no_lag
        self.q, self.k, self.y, self.mu, self.var = q0, k0, y0, mu0, p0
        if no_lag:
            self.var = q0

    def measure(self, ratio):
        if self.no_lag:
            self.k = self.var / (self.var + self.r)
            self.y = ratio - self.mu
            self.mu += self.k * self.y
            self.q = max(self.floor, self.alpha * self.q
                         + (1 - self.alpha) * (self.k * self.y) ** 2)
            self.var = (1 - self.k) * self.var + self.q
            return
        self.q = max(self.floor, self.alpha * self.q
                     + (1 - self.alpha) * (self.k * self.y) ** 2)
        self.var = (1 - self.k) * self.var + self.q
        self.k = self.var / (self.var + self.r)
        self.y = ratio - self.mu
        self.mu += self.k * self.y


class IdleFilter:
    """alert.md 3.2."""

    def __init__(self, start, m0=0.01, s=0.0001, v=0.001):
        self.value, self.m, self.s, self.v = start, m0, s, v

    def measure(self, sample):
        w = (self.m + self.s) / (self.m + self.s + self.v)
        self.m = (1 - w) * (self.m + self.s)
        self.value += w * (sample - self.value)


class Candidate:
    """A network, a setting and a stop point."""

    def __init__(self, bundle, i, network, j, setting, stop):
        info = bundle.networks[network]
        self.order = (i, j, stop)
        self.network, self.setting, self.stop = network, setting, stop
        self.anytime = info.kind != "single"
        stages = [bundle.mean_ns(network, setting, d)
                  for d in range(1, stop + 1)]
        self.upto = [0.0]                    # profiled time to each depth
        for t in stages:
            self.upto.append(self.upto[-1] + t)
        self.time = self.upto[stop]
        self.power = sum(float(bundle.power_w[network, setting, d]) * t
                         for d, t in enumerate(stages, 1)) / self.time
        self.idle = float(bundle.idle_power_w[setting])
        first = info.mandatory if self.anytime else stop
        self.outputs = [(self.upto[k], bundle.mean_accuracy(network, k))
                        for k in range(first, stop + 1)]
        self.accuracy = self.outputs[-1][1]


class Configured:
    """What the configuration-level policies share: inputs in number order,
    one choice for each, and one measurement."""

    def __init__(self, engine, args):
        self.e = engine
        self.args = args
        w, bundle = engine.w, engine.bundle
        self.candidates = []
        for i, network in enumerate(w.networks):
            info = bundle.networks[network]
            stops = ([info.depths] if info.kind == "single"
                     else range(info.mandatory, info.depths + 1))
            for j, setting in enumerate(w.settings):
                for stop in stops:
                    self.candidates.append(Candidate(
                        bundle, i, network, j, setting, stop))
        self.fail = 1.0 / bundle.classes
        self.chosen = {}                    # request number -> candidate
        self.spent = {}                     # -> sum of its stages' durations
        self.done = set()                   # measured

    def pick(self, device):
        waiting = [r for r in self.e.requests if r.live and r.device is None]
        if not waiting:
            return (WAIT,)
        r = waiting[0]
        if r.number not in self.chosen:
            c = self.chosen[r.number] = self.choose(r)
            self.e.say("choice for %d: %s %s depth %d" % (
                r.number, c.network, c.setting, c.stop))
        c = self.chosen[r.number]
        if r.depth >= c.stop or self.enough(r, c):
            return (FINISH, r)
        return (RUN, r, c.network, c.setting)

    def time_goal(self, r):
        """Of what is left of the time, this input's share.  READING: not
        below 0, or running would win energy."""
        left = (r.deadline - self.e.now) / self.members_left(r)
        return max(0.0, left - self.e.w.decision_ns)

    def members_left(self, r):
        """Of r's group, those not yet released included; 1 without one."""
        if not r.group:
            return 1
        left = 0
        for n, row in enumerate(self.e.source.rows):
            released = n < len(self.e.requests)
            if row["group"] == r.group and not (
                    released and not self.e.requests[n].live):
                left += 1
        return left

    def enough(self, r, c):
        return False

    def on_release(self, r):
        pass

    def on_stage_done(self, r, duration):
        self.spent[r.number] = self.spent.get(r.number, 0) + duration
        depth = r.depth if r.live else r.depth + 1
        if not r.live or depth == self.chosen[r.number].stop:
            self.measured(r, depth)

    def on_leave(self, r):
        if r.device is None and r.depth > 0:
            self.measured(r, r.depth)

    def measured(self, r, depth):
        if r.number in self.done:
            return
        self.done.add(r.number)
        self.measure(r, self.chosen[r.number], self.spent[r.number], depth)

    def measure(self, r, c, spent, depth):
        pass

    def input_energy_j(self, r, c):
        """Of its stages, and of idle time up to its deadline."""
        idle = max(0, r.deadline - r.start - r.busy_ns)
        return float(r.energy_j) + NS * idle * c.idle


class Alert(Configured):
    def __init__(self, engine, args):
        Configured.__init__(self, engine, args)
        kind = args.get("candidates", "all")
        first = self.candidates[0]
        full = [c for c in self.candidates
                if c.order[:2] == first.order[:2]][-1]
        self.absolute = args.get("phi_mode", "abs") == "abs"
        constants = {k: float(args[k]) for k in
                     ("alpha", "q0", "p0", "k0", "r", "mu0", "y0")
                     if k in args}
        if args.get("preset", "paper") == "calibrated":
            q = self.calibrated()
            constants = dict({"q0": q, "p0": q, "r": 1e-3}, **constants)
        self.xi = SlowdownFilter(no_lag=args.get("no_lag", "off") == "on",
                                 **constants)
        self.phi = IdleFilter(
            full.idle if self.absolute else full.idle / full.power,
            **{k: float(args[k]) for k in ("m0", "s", "v") if k in args})
        self.candidates = [c for c in self.candidates
                           if kind == "all" or c.anytime == (kind == "any")]
        self.eps = float(args.get("eps", "1e-4"))
        self.mean_only = args.get("mean_only", "off") == "on"
        self.prth = float(args.get("prth", "0"))
        self.bank = args.get("bank", "off") == "on"
        self.window = int(float(args.get("acc_window", "0")))
        self.begun = 0                      # inputs that a choice was made for
        self.paid_j = 0.0                   # by the inputs measured
        self.delivered = []                 # accuracies of those that left
        if "p_goal_w" in args:
            limit = float(args["p_goal_w"])
            allowed = [c for c in self.candidates if c.power <= limit]
            least = min(self.candidates, key=lambda c: (c.power, c.order))
            self.candidates = allowed or [least]
        self.best_accuracy = max(c.accuracy for c in self.candidates)

    def calibrated(self):
        """Variance of a pass over its mean, pooled over the candidates."""
        total, count = 0.0, 0
        bundle, w = self.e.bundle, self.e.w
        for n in w.networks:
            for s in w.settings:
                mean = bundle.full_depth_ns(n, s)
                for sample in bundle.samples[n, s, "default"]:
                    total += (sum(sample.values()) / mean - 1) ** 2
                    count += 1
        return max(1e-4, total / count)

    def measure(self, r, c, spent, depth):
        self.xi.measure(spent / c.upto[depth])
        self.phi.measure(c.idle if self.absolute else c.idle / c.power)
        self.paid_j += self.input_energy_j(r, c)
        self.e.say("measured %.9g of profile: mu %.9g sigma^2 %.9g" % (
            spent / c.upto[depth], self.xi.mu, self.xi.var))

    def in_time(self, t, goal):
        """Pr[xi t <= goal]"""
        if self.mean_only:
            return 1.0 if self.xi.mu * t <= goal else 0.0
        return normal((goal / t - self.xi.mu) / math.sqrt(self.xi.var))

    def quality(self, c, goal):
        chance = [self.in_time(t, goal) for t, _ in c.outputs] + [0.0]
        total = self.fail * (1 - chance[0])
        for k, (_, q) in enumerate(c.outputs):
            total += q * (chance[k] - chance[k + 1])
        return total

    def energy(self, c, goal, slowdown):
        run = slowdown * c.time
        busy = min(run, goal) if c.anytime else run
        idle = self.phi.value if self.absolute else self.phi.value * c.power
        return NS * (c.power * busy + idle * max(0.0, goal - run))

    def on_leave(self, r):
        Configured.on_leave(self, r)
        known = self.e.bundle.networks
        answered = r.network and r.depth >= known[r.network].mandatory
        self.delivered.append(self.e.bundle.mean_accuracy(r.network, r.depth)
                              if answered else self.fail)

    def energy_goal(self):
        """`bank`: what earlier inputs left over, or took too much."""
        goal = self.e.w.goal_energy_j
        if not self.bank:
            return goal
        return min(max((self.begun + 1) * goal - self.paid_j, 0.5 * goal),
                   2 * goal)

    def accuracy_goal(self):
        """`acc_window`: the mean over the last inputs and this one.  READING:
        as long as there are fewer, over those."""
        goal = self.e.w.goal_accuracy
        if self.window < 2:
            return goal
        last = self.delivered[-(self.window - 1):]
        return min(max((len(last) + 1) * goal - sum(last), 0.0),
                   self.best_accuracy)

    def choose(self, r):
        w = self.e.w
        goal = self.time_goal(r)
        self.goals = self.accuracy_goal(), self.energy_goal()
        self.begun += 1
        of = {c: (self.quality(c, goal), self.energy(c, goal, self.xi.mu))
              for c in self.candidates}
        for c in self.candidates:
            self.e.say("  %s %s %d: q %.12g e %.12g" % (
                (c.network, c.setting, c.stop) + of[c]))
        if w.objective == "energy":
            feasible = [c for c in self.candidates
                        if self.accurate(c, of[c][0], goal)]
            if feasible:
                return min(feasible, key=lambda c: (of[c][1], -of[c][0],
                                                    c.order))
            return self.most_accurate(self.candidates, of)
        feasible = [c for c in self.candidates if self.frugal(c, of[c][1],
                                                              goal)]
        if not feasible and self.args.get("energy_fallback",
                                          "best_accuracy") == "min_energy":
            return min(self.candidates, key=lambda c: (of[c][1], c.order))
        return self.most_accurate(feasible or self.candidates, of)

    def most_accurate(self, candidates, of):
        best = max(of[c][0] for c in candidates)
        near = [c for c in candidates if of[c][0] >= best - self.eps]
        return min(near, key=lambda c: (of[c][1], c.order))

    def accurate(self, c, quality, goal):
        wanted = self.goals[0]
        if self.prth == 0:
            return quality >= wanted - self.eps
        for t, q in c.outputs:
            if q >= wanted:
                return self.in_time(t, goal) >= self.prth
        return False

    def frugal(self, c, energy, goal):
        wanted = self.goals[1]
        if self.prth > 0:
            sigma = 0.0 if self.mean_only else math.sqrt(self.xi.var)
            z = NormalDist().inv_cdf(self.prth)
            energy = self.energy(c, goal, self.xi.mu + z * sigma)
        return energy <= wanted * (1 + 1e-9)


def self_test():
    """The vectors of alert.md 12."""
    f = SlowdownFilter()
    for ratio in (1.00, 1.05, 0.98, 1.50, 1.60, 1.55, 1.02, 1.00):
        f.measure(ratio)
    assert ["%.9f" % x for x in (f.q, f.k, f.y, f.mu, f.var)] == [
        "0.223146395", "0.995558252", "-0.025201338", "1.000111938",
        "0.224136590"]
    f = SlowdownFilter(q0=1e-3, r=1e-3, no_lag=True)
    for ratio in (1.00, 1.05, 0.98, 1.50):
        f.measure(ratio)
    assert ["%.9f" % x for x in (f.k, f.y, f.mu, f.q, f.var)] == [
        "0.617647059", "0.500769231", "1.308529412", "0.067265955",
        "0.067883602"]
    f = IdleFilter(0.30)
    for sample in (0.25, 0.27, 0.26, 0.40, 0.41):
        f.measure(sample)
    assert ["%.9f" % x for x in (f.value, f.m)] == ["0.336968857",
                                                    "0.000297000"]
    assert "%.12f" % normal((100 / 80 - 1.2) / 0.15) == "0.630558659818"
    selection_test()


def selection_test():
    """alert.md 12, "Selection"."""
    class World:
        pass

    def candidate(order, power, times, qualities):
        c = Candidate.__new__(Candidate)
        c.order, c.power, c.time = order, power, times[-1]
        c.network, c.setting, c.stop = str(order[0]), str(order[1]), order[2]
        c.anytime = order[0] == 2
        c.outputs = list(zip(times, qualities))
        return c

    candidates = []
    for j, power in enumerate((20, 40)):
        for i, q, t in ((0, .85, (70e6, 40e6)), (1, .93, (140e6, 80e6))):
            candidates.append(candidate((i, j, 1), power, [t[j]], [q]))
        times = ([55e6, 90e6, 150e6], [30e6, 50e6, 86e6])[j]
        for s in (1, 2, 3):
            candidates.append(candidate((2, j, s), power, times[:s],
                                        [.80, .86, .92][:s]))
    a = Alert.__new__(Alert)
    a.args, a.absolute, a.mean_only, a.prth = {}, False, False, 0
    a.fail = 0.005
    a.xi = SlowdownFilter(mu0=1.1, p0=0.01)
    a.phi = IdleFilter(0.25)
    a.e = World()
    a.e.w = World()
    a.e.say = lambda text: None
    a.time_goal = lambda r: 120e6
    by_order = {c.order: c for c in candidates}
    for order, q, e in (((0, 0, 1), 0.85, 1.755),
                        ((1, 0, 1), 0.012010778, 3.08),
                        ((1, 1, 1), 0.929970704, 3.84),
                        ((2, 0, 2), 0.859411080, 2.085),
                        ((2, 0, 3), 0.859492074, 2.4),
                        ((2, 1, 3), 0.919905739, 4.038)):
        c = by_order[order]
        assert abs(a.quality(c, 120e6) - q) < 1e-9
        assert abs(a.energy(c, 120e6, 1.1) - e) < 1e-9

    def choice(objective, goal, anytime, eps=1e-4, fallback="best_accuracy"):
        a.candidates = [c for c in candidates if anytime or c.order[0] < 2]
        a.eps = eps
        a.args = {"energy_fallback": fallback}
        a.bank, a.window, a.begun = False, 0, 0
        a.e.w.objective = objective
        a.e.w.goal_accuracy = a.e.w.goal_energy_j = goal
        return a.choose(None).order

    for objective, goal, eps, without, with_a in (
            ("energy", 0.84, 1e-4, (0, 0, 1), (0, 0, 1)),
            ("energy", 0.85, 1e-4, (0, 0, 1), (0, 0, 1)),
            ("energy", 0.85, 0.0, (0, 1, 1), (2, 0, 2)),
            ("energy", 0.94, 1e-4, (1, 1, 1), (1, 1, 1)),
            ("accuracy", 1.8, 1e-4, (0, 0, 1), (0, 0, 1)),
            ("accuracy", 3.0, 1e-4, (0, 0, 1), (2, 1, 2)),
            ("accuracy", 3.0, 0.0, (0, 1, 1), (2, 1, 2)),
            ("accuracy", 1.5, 1e-4, (1, 1, 1), (1, 1, 1))):
        assert choice(objective, goal, False, eps) == without
        assert choice(objective, goal, True, eps) == with_a
    assert choice("accuracy", 1.5, False, fallback="min_energy") == (0, 0, 1)
    assert choice("accuracy", 1.5, True, fallback="min_energy") == (2, 0, 1)
