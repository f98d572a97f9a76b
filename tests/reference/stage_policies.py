"""The simple stage-level policies (paper/spec/DESIGN.md, "Policies";
imprecise.md 5): everything on the workload's first network and setting."""

from engine import FINISH, RUN, WAIT


class StagePolicy:
    """What all of them share.  A waiting request is live with no stage in
    flight; a planning time is a profiled quantile plus `decision`."""

    def __init__(self, engine, args):
        self.e = engine
        self.args = args
        w = engine.w
        self.network = w.networks[0]
        self.setting = w.settings[0]
        self.depths = engine.bundle.networks[self.network].depths
        self.mandatory = engine.bundle.networks[self.network].mandatory
        self.skip = args.get("skip", "on") == "on"
        percent = {"0.99": 99, "0.5": 50}[args.get("plan_quantile", "0.99")]
        self.planned = [None] + [
            engine.bundle.quantile_ns(self.network, self.setting, d, percent)
            + w.decision_ns for d in range(1, self.depths + 1)]
        self.prior = engine.bundle.mean_confidence(self.network, 1)

    def plan(self, r, depth):
        """Planning time of the stage of r that leads to this depth."""
        return self.planned[depth]

    def observed(self, r, depth):
        return self.e.bundle.outcome[self.network][r.input][depth][0]

    def live(self):
        return [r for r in self.e.requests if r.live]

    def waiting(self):
        return [r for r in self.live() if r.device is None]

    def fits(self, r):
        return self.e.now + self.plan(r, r.depth + 1) <= r.deadline

    def run(self, r):
        return (RUN, r, self.network, self.setting)

    def pick(self, device):
        may = [r for r in self.waiting() if not self.skip or self.fits(r)]
        if not may:
            return (WAIT,)
        return self.run(min(may, key=self.key))

    def on_release(self, r):
        pass

    def on_stage_done(self, r, duration):
        pass

    def on_leave(self, r):
        pass


class Fifo(StagePolicy):
    def key(self, r):
        return r.number


class Edf(StagePolicy):
    def key(self, r):
        return (r.deadline, r.number)


class EdfMandatoryFirst(StagePolicy):
    def key(self, r):
        return (r.depth >= self.mandatory, r.deadline, r.number)


class Llf(StagePolicy):
    def key(self, r):
        rest = sum(self.plan(r, d) for d in range(r.depth + 1,
                                                  self.depths + 1))
        return (r.deadline - self.e.now - rest, r.deadline, r.number)


class Lcf(StagePolicy):
    def key(self, r):
        if r.depth > 0:
            confidence = self.observed(r, r.depth)
        elif self.args.get("unstarted", "zero") == "zero":
            confidence = 0.0
        else:
            confidence = self.prior
        if self.args.get("tie", "deadline") == "deadline":
            return (confidence, r.deadline, r.number)
        return (confidence, r.number)


class UtilityDensity(StagePolicy):
    def key(self, r):
        if r.depth == 0:
            gain = self.prior - 0.0
        else:
            now = self.observed(r, r.depth)
            gain = (now + 0.5 * (1 - now)) - now
        return (-(gain / self.plan(r, r.depth + 1)), r.deadline, r.number)


class Threshold(Edf):
    def pick(self, device):
        stop = float(self.args.get("stop", "0.9"))
        for r in self.waiting():                # lowest number first
            if (r.depth >= max(1, self.mandatory)
                    and self.observed(r, r.depth) >= stop):
                return (FINISH, r)
        return Edf.pick(self, device)


class RoundRobin(StagePolicy):
    def __init__(self, engine, args):
        StagePolicy.__init__(self, engine, args)
        self.queue = []

    def on_release(self, r):
        self.queue.append(r)

    def on_stage_done(self, r, duration):
        if r.live:
            self.queue.append(r)

    def on_leave(self, r):
        if r in self.queue:
            self.queue.remove(r)

    def pick(self, device):
        for r in self.queue:
            if not self.skip or self.fits(r):
                self.queue.remove(r)
                return self.run(r)
        return (WAIT,)
