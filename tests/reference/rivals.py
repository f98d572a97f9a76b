"""The schemes that ALERT is compared with (paper/spec/alert.md 8)."""

from alert import NS, Configured, IdleFilter, SlowdownFilter

EPS = 1e-4
SLACK = 1.01        # energy goals: one per cent is no violation (11.6)


def anytime_network(engine):
    for kind in ("nested", "staged"):
        for n in engine.w.networks:
            if engine.bundle.networks[n].kind == kind:
                return n
    raise ValueError("no anytime network")


class AppOnly(Configured):
    """An anytime network to its last output or to T_goal, which with a
    shared deadline comes earlier than the deadline."""

    def __init__(self, engine, args):
        Configured.__init__(self, engine, args)
        self.until = {}

    def enough(self, r, c):
        mandatory = self.e.bundle.networks[c.network].mandatory
        return (r.depth >= mandatory
                and self.e.now >= self.until[r.number])

    def choose(self, r):
        # READING: T_goal counts from the start of the first stage, and a
        # part of a nanosecond is cut off.
        left = r.deadline - self.e.now
        self.until[r.number] = self.e.now + left // self.members_left(r)
        network = anytime_network(self.e)
        return next(c for c in reversed(self.candidates)
                    if c.network == network and c.order[1] == 0)


class Manager(Configured):
    """The setting for one network, by mean slowdown alone.  READING: its
    energies are ALERT's by default, idle watts filtered."""

    def __init__(self, engine, args):
        Configured.__init__(self, engine, args)
        self.xi = SlowdownFilter()
        self.phi = IdleFilter(self.candidates[0].idle)
        mine = self.network()
        stop = engine.bundle.networks[mine].depths
        self.candidates = [c for c in self.candidates
                           if c.network == mine and c.stop == stop]

    def choose(self, r):
        w, goal, mu = self.e.w, self.time_goal(r), self.xi.mu

        def energy(c):
            run = mu * c.time
            return NS * (c.power * run
                         + self.phi.value * max(0.0, goal - run))

        if w.objective == "energy":
            may = [c for c in self.candidates if mu * c.time <= goal]
            if may:
                return min(may, key=lambda c: (energy(c), c.order))
        may = [c for c in self.candidates if w.objective == "accuracy"
               and energy(c) <= w.goal_energy_j * (1 + 1e-9)]
        return min(may or self.candidates, key=lambda c: (c.time, c.order))


class SysOnly(Manager):
    def network(self):
        w, bundle = self.e.w, self.e.bundle
        return min((n for n in w.networks
                    if bundle.networks[n].kind == "single"),
                   key=lambda n: bundle.full_depth_ns(n, w.settings[0]))

    def measure(self, r, c, spent, depth):
        self.xi.measure(spent / c.upto[depth])
        self.phi.measure(c.idle)


class NoCoord(Manager, AppOnly):
    def __init__(self, engine, args):
        Manager.__init__(self, engine, args)
        self.until = {}

    def network(self):
        return anytime_network(self.e)

    def choose(self, r):
        AppOnly.choose(self, r)         # notes until when it runs
        return Manager.choose(self, r)

    def measure(self, r, c, spent, depth):
        self.xi.measure(spent / c.time)
        self.phi.measure(c.idle)


class AlertOracle(Configured):
    def outcome(self, r, c):
        """(accuracy delivered, energy, in time) that c would give now."""
        goal = (r.deadline - self.e.now) / self.members_left(r)     # ns
        delay = self.e.w.decision_ns
        shallowest = c.stop - len(c.outputs) + 1
        at = busy = 0
        energy = 0.0
        quality, in_time = self.fail, False
        for depth in range(1, c.stop + 1):
            if at >= goal:
                break                   # it has left before this decision
            duration = self.e.true_stage_ns(r, c.network, c.setting, depth)
            at += delay + duration
            busy += duration
            energy += duration * NS * float(self.e.bundle.power_w[
                c.network, c.setting, depth])
            if at <= goal and depth >= shallowest:
                quality = c.outputs[depth - shallowest][1]
                in_time = True
        idle = max(0.0, goal - delay - busy)
        return quality, energy + c.idle * idle * NS, in_time

    def choose(self, r):
        w = self.e.w
        of = {c: self.outcome(r, c) for c in self.candidates}
        if w.objective == "energy":
            may = [c for c in of if of[c][2] and of[c][0] >= w.goal_accuracy]
            if may:
                return min(may, key=lambda c: (of[c][1], -of[c][0], c.order))
        else:
            may = [c for c in of if of[c][2]
                   and of[c][1] <= SLACK * w.goal_energy_j]
        best = max(of[c][0] for c in may or of)
        return min((c for c in may or of if of[c][0] >= best - EPS),
                   key=lambda c: (of[c][1], c.order))


class Fixed(Configured):
    """One candidate for the whole run."""

    def __init__(self, engine, place):
        Configured.__init__(self, engine, {})
        self.candidate = self.candidates[place]

    def choose(self, r):
        return self.candidate


class OracleStatic(Configured):
    """Every candidate tried on the whole run."""

    def __init__(self, engine, args):
        Configured.__init__(self, engine, args)
        tried = [(self.trial(place), c.order, place)
                 for place, c in enumerate(self.candidates)]
        self.candidate = self.candidates[min(tried)[2]]

    def choose(self, r):
        return self.candidate

    def trial(self, place):
        """What orders candidates: too many violations or not, if so how
        many, then the objective."""
        w, bundle = self.e.w, self.e.bundle
        run = type(self.e)(w, self.e.seed, lambda e: Fixed(e, place))
        run.run()
        c = self.candidates[place]
        violations, energies, errors = 0, 0.0, 0.0
        counted = run.requests[w.warmup:]
        for r in counted:
            late = r.depth < bundle.networks[c.network].mandatory
            q = self.fail if late else bundle.mean_accuracy(c.network, r.depth)
            # Nobody chose a setting for what never starts: the default one.
            idle = self.candidates[0].idle if r.start is None else c.idle
            energy = float(r.energy_j) + idle * max(0.0, self.idle_time(r))
            energies += energy
            errors += 1 - q
            violations += late or (
                q < w.goal_accuracy if w.objective == "energy"
                else energy > SLACK * w.goal_energy_j)
        count = len(counted)
        objective = energies if w.objective == "energy" else errors
        if violations <= 0.1 * count:
            return (0, 0, objective / count)
        return (1, violations, objective / count)

    def idle_time(self, r):
        if r.start is None:
            return (r.deadline - r.release) * NS
        return (r.deadline - r.start - r.busy_ns) * NS
