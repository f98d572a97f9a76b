"""The imprecise-computation scheduler (paper/spec/imprecise.md 2 to 4) and
its clairvoyant sister `oracle`.

The dynamic programme is a dictionary from each sum of quantised rewards that
can be reached to the least time that reaches it."""

import math

from engine import FINISH, WAIT
from stage_policies import StagePolicy

TINY = 1e-9


def quantise(reward, delta):
    return math.floor(reward / delta + TINY)


def best_depths(jobs, delta):
    """imprecise.md 2.2.  A job, in deadline order: (time left D, options),
    an option: (depth, time C, reward R), by rising depth.  The depths of the
    best plan, or None if there is no plan."""
    rows = [{0: (0, 0.0, None, None)}]  # r -> time, reward, depth, r before
    for left, options in jobs:
        row = {}
        for depth, time, reward in options:
            q = quantise(reward, delta)
            for r, (before, sum_before, _, _) in rows[-1].items():
                total, rewards = before + time, sum_before + reward
                if total > left:
                    continue
                old = row.get(r + q)
                # Depths rise from option to option: replace only if better.
                if (old is None or total < old[0]
                        or (total == old[0] and rewards > old[1] + TINY)):
                    row[r + q] = (total, rewards, depth, r)
        rows.append(row)
    if not rows[-1]:
        return None
    depths = []
    r = max(rows[-1])
    for row in reversed(rows[1:]):
        _, _, depth, before = row[r]
        depths.append(depth)
        r = before
    return depths[::-1]


def moore_hodgson(jobs):
    """Which of the jobs (time left, time, number), in deadline order, are
    dropped so that the most remain: indices."""
    kept = []
    dropped = []
    for i, (left, _, _) in enumerate(jobs):
        kept.append(i)
        if sum(jobs[j][1] for j in kept) > left:
            worst = max(kept, key=lambda j: jobs[j][1:])
            kept.remove(worst)
            dropped.append(worst)
    return dropped


class Regression:
    """`predictor=regress`: confidence at depth l as a piecewise linear
    function of the one at depth c."""

    def __init__(self, bundle, network):
        self.confidences = bundle.outcome[network]
        self.inputs = bundle.inputs
        self.tables = {}

    def table(self, c, l):
        """Points (mean confidence at c, mean confidence at l), rising."""
        of = self.confidences
        order = sorted(range(self.inputs), key=lambda i: (of[i][c][0], i))
        groups = min(20, self.inputs)
        size, larger = divmod(self.inputs, groups)
        points = []
        at = 0
        for g in range(groups):
            members = order[at:at + size + (1 if g < larger else 0)]
            at += len(members)
            x = sum(of[i][c][0] for i in members) / len(members)
            y = sum(of[i][l][0] for i in members)
            if points and points[-1][0] == x:
                points[-1] = (x, points[-1][1] + y,
                              points[-1][2] + len(members))
            else:
                points.append((x, y, len(members)))
        return [(x, y / n) for x, y, n in points]

    def value(self, c, l, u):
        if (c, l) not in self.tables:
            self.tables[c, l] = self.table(c, l)
        points = self.tables[c, l]
        if u <= points[0][0]:
            return points[0][1]
        for (x0, y0), (x1, y1) in zip(points, points[1:]):
            if u <= x1:
                return y0 + (y1 - y0) * (u - x0) / (x1 - x0)
        return points[-1][1]


class Imprecise(StagePolicy):
    def __init__(self, engine, args):
        StagePolicy.__init__(self, engine, args)
        self.delta = float(args.get("delta", "0.01"))
        self.gain = float(args.get("exp_gain", "0.5"))
        self.predictor = args.get("predictor", "exp")
        self.update = args.get("update", "greedy")
        self.refill = args.get("refill", "on") == "on"
        self.answer = args.get("answer", "planned") == "planned"
        self.mandatory_first = args.get("order", "edf") == "mandatory_first"
        self.exit_means = [None] + [
            engine.bundle.mean_confidence(self.network, d)
            for d in range(1, self.depths + 1)]
        self.regression = Regression(engine.bundle, self.network)
        self.l = {}                     # request number -> planned depth
        self.flight = {}                # -> planning time of its last stage

    # Rewards, imprecise.md 4.

    def rewards(self, r):
        """R^0..R^L: observed up to the depth reached, predicted beyond."""
        known = [0.0] + [self.observed(r, d) for d in range(1, r.depth + 1)]
        if r.depth == 0:
            known.append(self.prior)
        c = len(known) - 1              # the depth to go on from
        u = known[c]
        for l in range(c + 1, self.depths + 1):
            before = known[l - 1]
            if self.predictor == "exp":
                value = before + self.gain * (1 - before)
            elif self.predictor == "max":
                value = 1.0
            elif (self.predictor == "lin_time"
                  or (self.predictor == "lin_inc" and c < 2)):
                value = min(1.0, u * sum(self.planned[1:l + 1])
                            / sum(self.planned[1:c + 1]))
            elif self.predictor == "lin_inc":
                value = before + (known[c] - known[c - 1])
                value = min(1.0, max(0.0, value))
            elif self.predictor == "mean":
                value = max(before, self.exit_means[l])
            else:
                value = self.regression.value(c, l, u)
            known.append(value)
        return known

    def reward(self, r, depth):
        return 0.0 if depth < self.mandatory else self.rewards(r)[depth]

    # The state that a plan starts from, imprecise.md 2.1.

    def counted_depth(self, r):
        """A stage in flight counts as finished."""
        return r.depth + (1 if r.device is not None else 0)

    def cost(self, r, depth):
        """C^l: from the counted depth to this one."""
        return sum(self.plan(r, d)
                   for d in range(self.counted_depth(r) + 1, depth + 1))

    def device_free(self, device):
        """s_k: now, or the expected end of what the device has."""
        if device.request is None:
            return self.e.now
        return max(self.e.now,
                   device.decided + self.flight[device.request.number])

    def run(self, r):
        # READING: the planning time of a stage in flight is the one of its
        # run decision, also where the oracle's has changed since.
        self.flight[r.number] = self.plan(r, r.depth + 1)
        return StagePolicy.run(self, r)

    def first_free(self):
        return min(self.device_free(d) for d in self.e.devices)

    def time_left(self, r):
        """D_i, summed over the devices."""
        return sum(max(0, r.deadline - self.device_free(d))
                   for d in self.e.devices)

    def own_limit(self, r):
        """The longest that r's own rest may take to be an option."""
        free = (self.first_free() if r.device is None
                else self.device_free(r.device))
        return max(0, r.deadline - free)

    def base(self, r):
        return max(self.counted_depth(r), self.mandatory)

    def options(self, r):
        rewards = self.rewards(r)
        return [(l, self.cost(r, l), rewards[l])
                for l in range(self.base(r), self.depths + 1)
                if self.cost(r, l) <= self.own_limit(r)]

    def drop_plan(self, r):
        """The plan of what is left out: its depth, or 0 below mandatory."""
        c = self.counted_depth(r)
        return c if c >= self.mandatory else 0

    # Planning from scratch.

    def replan(self):
        s = self.first_free()
        order = sorted(self.live(), key=lambda r: (r.deadline, r.number))
        for r in order:
            if r.deadline <= s:
                self.l[r.number] = self.drop_plan(r)
        order = [r for r in order if r.deadline > s]
        plan = self.solve(order)
        if plan is None:
            rest = [r for r in order if self.options(r)]
            drop = moore_hodgson([(self.time_left(r),
                                   self.cost(r, self.base(r)), r.number)
                                  for r in rest])
            keep = [r for i, r in enumerate(rest) if i not in drop]
            for r in order:
                if r not in keep:
                    self.l[r.number] = 0
            order = keep
            plan = self.solve(keep)
        for r, depth in zip(order, plan):
            self.l[r.number] = depth
        self.e.say("plan from %d: %s" % (s, " ".join(
            "%d:%d" % (r.number, self.l[r.number]) for r in self.live())))

    def solve(self, order):
        return best_depths([(self.time_left(r), self.options(r))
                            for r in order], self.delta)

    def on_release(self, r):
        self.replan()

    # The update at a completion, imprecise.md 3.

    def on_stage_done(self, x, duration):
        if not x.live:
            return
        if self.update == "dp":
            self.replan()
        elif self.update == "greedy":
            self.greedy(x)

    def in_time(self, order, depth_of):
        total = 0
        for r in order:
            total += self.cost(r, depth_of(r))
            if total > self.time_left(r):
                return False
        return True

    def greedy(self, x):
        now = self.e.now
        order = sorted((r for r in self.live() if r.deadline > now),
                       key=lambda r: (r.deadline, r.number))
        moves_x = ([l for l in range(self.base(x), self.depths + 1)]
                   if x.deadline > now else [None])
        best = None
        for y in [None] + sorted(order, key=lambda r: r.number):
            if y is x:
                continue
            moves_y = [None] if y is None else [
                l for l in range(self.base(y), self.depths + 1)
                if l != self.l[y.number]]
            for lx in moves_x:
                if y is None and (lx is None or lx == self.l[x.number]):
                    continue
                for ly in moves_y:
                    best = self.better_move(best, order, x, lx, y, ly)
        if best is not None:
            _, _, x, lx, y, ly = best
            if lx is not None:
                self.l[x.number] = lx
            if y is not None:
                self.l[y.number] = ly
            self.e.say("greedy: %d:%s %s gain %.9g" % (
                x.number, lx, "" if y is None else "%d:%d" % (y.number, ly),
                best[0]))

    def better_move(self, best, order, x, lx, y, ly):
        """The better of the best so far and x -> lx with y -> ly.  The order
        of the calls settles the last ties."""
        gain, added = 0.0, 0
        target = {}
        for r, l in ((x, lx), (y, ly)):
            if r is None or l is None:
                continue
            target[r.number] = l
            old = self.l[r.number]
            if l != old and self.cost(r, l) > self.own_limit(r):
                return best
            gain += self.reward(r, l) - self.reward(r, old)
            added += self.cost(r, l) - self.cost(r, old)
        if gain <= TINY:
            return best
        if best is not None and not (
                gain > best[0] + TINY
                or (gain >= best[0] - TINY and added < best[1])):
            return best
        if not self.in_time(order, lambda r: target.get(r.number,
                                                        self.l[r.number])):
            return best
        return (gain, added, x, lx, y, ly)

    # Dispatch.

    def give_up(self, r):
        """The skip test: a next stage that ends too late is not planned."""
        if self.skip and r.depth < self.l[r.number] and not self.fits(r):
            self.l[r.number] = r.depth if r.depth >= self.mandatory else 0

    def pick(self, device):
        for r in self.waiting():
            self.give_up(r)
        if self.refill and self.nothing_planned():
            self.replan()
            if self.nothing_planned():
                self.extend()
        if self.answer:
            for r in self.waiting():
                if r.depth >= self.mandatory and r.depth >= self.l[r.number]:
                    return (FINISH, r)
        for r in sorted(self.waiting(), key=lambda r: (
                self.mandatory_first and r.depth >= self.mandatory,
                r.deadline, r.number)):
            self.give_up(r)
            if r.depth < self.l[r.number]:
                return self.run(r)
        return (WAIT,)

    def nothing_planned(self):
        return not any(self.counted_depth(r) < self.l[r.number]
                       for r in self.live())

    def extend(self):
        """Idle refill, step 2."""
        best = None
        for y in self.waiting():
            for l in range(max(y.depth + 1, self.mandatory), self.depths + 1):
                gain = self.reward(y, l) - self.reward(y, self.l[y.number])
                time = self.cost(y, l)
                if gain <= TINY or self.e.now + time > y.deadline:
                    continue
                if (best is None or gain > best[0] + TINY
                        or (gain >= best[0] - TINY and time < best[1])):
                    best = (gain, time, y, l)
        if best is not None:
            self.l[best[2].number] = best[3]
            self.e.say("refill: %d:%d" % (best[2].number, best[3]))


class Oracle(Imprecise):
    """The same with true confidences and what the stages would take now."""

    def __init__(self, engine, args):
        args = dict(args)
        Imprecise.__init__(self, engine, args)

    def rewards(self, r):
        return [0.0] + [self.observed(r, d) for d in range(1, self.depths + 1)]

    def plan(self, r, depth):
        return (self.e.true_stage_ns(r, self.network, self.setting, depth)
                + self.e.w.decision_ns)
