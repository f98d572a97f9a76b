"""Random scenarios: a tiny bundle, a workload on it, a policy with its flags.

Small on purpose: few requests, few samples, times of a few nanoseconds, so
that equal instants, equal confidences and deadlines hit exactly are the rule,
and a schedule that differs can be worked out by hand."""

import hashlib
import os

import philox

STAGE_POLICIES = ("fifo", "rr", "edf", "edf-mandatory-first", "llf", "lcf",
                  "threshold", "utility-density", "imprecise", "oracle")
ALERT_POLICIES = ("alert", "app-only", "sys-only", "no-coord", "alert-oracle",
                  "oracle-static")
# Those with the most flags more often.
POLICIES = (STAGE_POLICIES + ALERT_POLICIES
            + ("imprecise", "imprecise", "imprecise", "oracle", "oracle",
               "alert", "alert"))


def write(path, text):
    with open(path, "w", newline="") as f:
        f.write(text)


class Bundle:
    """What the generator knows of the bundle that it has written."""

    def __init__(self, rng, folder, power):
        self.networks = {}              # name -> (kind, depths)
        for i in range(rng.choice((1, 1, 2, 3))):
            kind = rng.choice(("staged", "staged", "nested", "single"))
            depths = 1 if kind == "single" else rng.choice((1, 2, 3, 3, 4, 5))
            self.networks["n%d" % i] = (kind, depths)
        self.settings = ["s%d" % i for i in range(rng.choice((1, 1, 2, 3)))]
        self.environments = ["default"] + ["busy", "hot.2"][
            :rng.choice((0, 0, 1, 2))]
        self.inputs = rng.choice((1, 2, 3, 5, 8, 21, 45))
        self.mandatory = rng.choice((1, 1, 1, 2, 3))
        self.least, self.most = rng.choice(((1, 4), (1, 4), (2, 30),
                                            (50, 900), (100000, 900000)))
        self.digits = rng.choice((1, 1, 2, 4))
        self.power = power
        os.makedirs(folder)
        files = {
            "outcomes.csv": self.outcomes(rng),
            "timing.csv": self.timing(rng),
            "power.csv": self.power_rows(rng),
            "settings.csv": self.setting_rows(rng)}
        self.overhead = rng.random() < 0.2
        if self.overhead:
            files["overhead.csv"] = self.overhead_rows(rng)
        sums = ""
        for name, (header, rows) in files.items():
            if name != "settings.csv":
                rng.shuffle(rows)       # rows may come in any order
            text = header + "\n" + "".join(row + "\n" for row in rows)
            if rng.random() < 0.3:
                text = "# made at random\n" + text
            write(os.path.join(folder, name), text)
            sums += "%s = %s\n" % (
                name, hashlib.sha256(text.encode()).hexdigest())
        write(os.path.join(folder, "trace.ini"),
              "[trace]\nformat = 1\ndevice = none\ntask = random\n"
              "classes = %d\ninputs = %d\n%s\n" % (
                  rng.choice((2, 10)), self.inputs,
                  "mandatory_depth = %d\n" % self.mandatory
                  if self.mandatory > 1 or rng.random() < 0.5 else "")
              + "".join("[network %s]\nkind = %s\ndepths = %d\n\n" % (n, k, d)
                        for n, (k, d) in self.networks.items())
              + "[provenance]\ntool = tests/reference/scenario.py\n\n"
                "[files]\n" + sums)

    def outcomes(self, rng):
        rows = []
        rising = rng.random() < 0.5
        for n, (_, depths) in self.networks.items():
            for i in range(self.inputs):
                exits = [round(rng.random(), self.digits)
                         for _ in range(depths)]
                if rising:
                    exits.sort()
                rows += ["%s,%d,%d,%s,%d" % (n, i, d, c,
                                             rng.random() < 0.3 + c / 2)
                         for d, c in enumerate(exits, 1)]
        return "network,input,depth,confidence,correct", rows

    def timing(self, rng):
        rows = []
        for n, (_, depths) in self.networks.items():
            for s in self.settings:
                for e in self.environments:
                    count = rng.choice((1, 1, 2, 3, 4, 7))
                    numbers = (range(count) if rng.random() < 0.7
                               else rng.sample(range(50), count))
                    for k in numbers:
                        rows += ["%s,%s,%s,%d,%d,%d,%s" % (
                            n, s, e, k, d, rng.randint(self.least, self.most),
                            rng.choice(("", "1"))) for d in
                            range(1, depths + 1)]
        return ("network,setting,environment,sample,depth,duration_ns,"
                "device_ns"), rows

    def power_rows(self, rng):
        rows = []
        for n, (_, depths) in self.networks.items():
            for s in self.settings:
                if self.power == "none" or (self.power == "some"
                                            and rng.random() < 0.5):
                    continue
                rows += ["%s,%s,%d,%s,%s" % (
                    n, s, d, watts(rng, 1, 400), rng.choice(("", "0.5")))
                    for d in range(1, depths + 1)]
        return "network,setting,depth,power_w,stderr_w", rows

    def overhead_rows(self, rng):
        rows = []
        for s in self.settings:
            for kind in ("decision", "launch", "boundary"):
                if kind == "boundary" and rng.random() < 0.5:
                    continue
                rows += ["%s,%s,%d,%d" % (s, kind, n, rng.randint(
                    1, max(1, self.most // 4)))
                    for n in range(rng.choice((1, 1, 2, 5)))]
        return "setting,kind,sample,duration_ns", rows

    def setting_rows(self, rng):
        return "setting,sm_count,power_cap_w,clock_mhz,idle_power_w", [
            "%s,%s,,,%s" % (s, rng.choice(("", "132")),
                            watts(rng, 0, 120)) for s in self.settings]


def watts(rng, low, high):
    """With so many digits that no energy lies half way between two numbers of
    nine, where the last bit of a sum would decide what is printed."""
    return round(rng.uniform(low, high), 13)


class Scenario:
    """Files under `folder` (bundle/, workload.ini, perhaps arrivals.csv);
    arguments of the two programs, to be run from inside it."""

    def __init__(self, rng, folder, policies=POLICIES):
        self.folder = folder
        self.policy = policy_text(rng, policies)
        name = self.policy.split(":")[0]
        power = rng.choice(("all", "all", "none", "some"))
        self.bundle = Bundle(rng, os.path.join(folder, "bundle"),
                             "all" if name in ALERT_POLICIES else power)
        names = list(self.bundle.networks)
        rng.shuffle(names)
        self.networks = names[:rng.randint(1, len(names))]
        settings = list(self.bundle.settings)
        rng.shuffle(settings)
        self.settings = settings[:rng.randint(1, len(settings))]
        self.requests = rng.choice((1, 2, 5, 12, 25))
        self.warmup = rng.choice((0, 0, 1, 4))
        self.devices = rng.choice((1, 1, 1, 2, 3))
        self.seed = rng.choice((1, 2, rng.randint(1, 2**32 - 1), 2**32 - 1))
        self.ini = {}
        self.fill(rng)
        if name in ALERT_POLICIES:
            self.goal(rng)
            kinds = [self.bundle.networks[n][0] == "single"
                     for n in self.networks]
            if (name in ("app-only", "no-coord") and all(kinds)
                    or name == "sys-only" and not any(kinds)):
                self.policy = "alert"   # no such network
        self.sets = []
        for section, keys in self.ini.items():
            for key in list(keys):
                if rng.random() < 0.02:
                    self.sets.append("%s.%s=%s" % (section, key,
                                                   keys.pop(key)))
        write(os.path.join(folder, "workload.ini"), "".join(
            "[%s]\n%s\n" % (section, "".join("%s = %s\n" % kv
                                             for kv in keys.items()))
            for section, keys in self.ini.items()))

    def put(self, section, **keys):
        self.ini.setdefault(section, {}).update(keys)

    def time(self, rng, low, high, in_t=None):
        """A time between low and high full depths, unit at random; above 0
        if low is."""
        depths = self.bundle.networks[self.networks[0]][1]
        share = round(rng.uniform(low, high), rng.choice((1, 2)))
        if in_t is None:
            in_t = rng.random() < 0.5
        if in_t and (low == 0 or share * depths * self.bundle.least > 1):
            return "%sT" % share
        stage = (self.bundle.least + self.bundle.most) / 2
        ns = max(1, round(rng.uniform(low, high) * depths * stage))
        if ns > 10000 and rng.random() < 0.5:
            return "%sus" % round(ns / 1000, rng.choice((0, 1)))
        return "%dns" % ns

    def fill(self, rng):
        self.put("workload", trace="bundle", networks=", ".join(self.networks),
                 requests=self.requests)
        if self.settings != self.bundle.settings[:1] or rng.random() < 0.5:
            self.put("workload", settings=", ".join(self.settings))
        if self.warmup or rng.random() < 0.3:
            self.put("workload", warmup=self.warmup)
        if self.devices > 1 or rng.random() < 0.3:
            self.put("workload", devices=self.devices)
        processes = ["closed", "closed", "periodic", "poisson", "mmpp",
                     "replay"]
        if philox.have_gamma():
            processes.append("gamma")
        self.process = rng.choice(processes)
        self.put("arrivals", process=self.process)
        getattr(self, self.process)(rng)
        if self.process != "replay" or self.ini["arrivals"].pop("drawn", 0):
            self.deadline(rng)
        self.inputs(rng)
        self.timeline(rng)
        if self.bundle.overhead and rng.random() < 0.8:
            self.put("overhead", decision="trace")
        elif rng.random() < 0.3:
            self.put("overhead", decision=rng.choice(
                ("0", "1ns", "3ns", self.time(rng, 0.01, 0.5))))

    def closed(self, rng):
        self.put("arrivals", clients=rng.choice((1, 2, 3, 5, 8, 20)),
                 reissue=rng.choice(("deadline", "response")))

    def rate(self, rng, period=True):
        way = rng.choice(("load", "rate_hz", "period") if period
                         else ("load", "rate_hz"))
        load = round(rng.choice((0.3, 0.8, 1.5, 3)) * rng.uniform(0.8, 1.2), 3)
        if way == "load":
            self.put("arrivals", load=load)
        elif way == "rate_hz":
            depths = self.bundle.networks[self.networks[0]][1]
            stage = (self.bundle.least + self.bundle.most) / 2
            self.put("arrivals", rate_hz="%.6g" % (
                load * self.devices * 1e9 / (depths * stage)))
        else:
            self.put("arrivals", period=self.time(rng, 0.2, 2))

    def periodic(self, rng):
        self.rate(rng)
        if rng.random() < 0.5:
            self.put("arrivals", offset=self.time(rng, 0, 3))
        period = self.ini["arrivals"].get("period")
        if period and rng.random() < 0.5:
            self.put("arrivals", jitter=period)

    def poisson(self, rng):
        self.rate(rng)

    def gamma(self, rng):
        self.rate(rng)
        self.put("arrivals", cv=rng.choice((0.3, 0.5, 1, 2, 3.3)))

    def mmpp(self, rng):
        self.rate(rng)
        m = rng.choice((2, 2, 3, 4))
        rates = [rng.choice((0, 1, 2, 10)) for _ in range(m)]
        if not any(rates):
            rates[-1] = 1
        self.put("arrivals", rates=", ".join(map(str, rates)),
                 stay=", ".join(self.time(rng, 0.5, 10) for _ in range(m)))

    def replay(self, rng):
        count = self.warmup + self.requests + rng.choice((0, 0, 3))
        mean = self.bundle.most * 2
        groups = rng.random() < 0.25
        # A drawn deadline could end a group before its members come.
        drawn = not groups and rng.random() < 0.4
        lines = []
        at = 0
        first = {}
        for n in range(count):
            at += rng.choice((0, rng.randint(0, mean), rng.randint(0, mean)))
            relative = rng.randint(1, self.bundle.most * 8)
            group = ""
            if groups and rng.random() < 0.7:
                group = "g%d" % (n // 3)
                last = first.setdefault(group, at + relative)
                if at >= last:
                    group = ""
            lines.append("%d,%s,%s%s" % (
                at, "" if drawn and rng.random() < 0.4 else relative,
                "" if rng.random() < 0.3
                else rng.randrange(self.bundle.inputs),
                "," + group if groups else ""))
        write(os.path.join(self.folder, "arrivals.csv"),
              "release_ns,relative_deadline_ns,input%s\n%s" % (
                  ",group" if groups else "",
                  "".join(line + "\n" for line in lines)))
        self.put("arrivals", file="arrivals.csv")
        if drawn:
            self.put("arrivals", drawn=1)
        if groups:
            return
        way = rng.choice(("", "", "time_scale", "rate"))
        if way == "time_scale":
            self.put("arrivals", time_scale=rng.choice((0.5, 1, 2, 1.7)))
        elif way == "rate" and self.warmup + self.requests > 2 \
                and len(set(line.split(",")[0] for line in
                            lines[:self.warmup + self.requests])) > 1:
            self.rate(rng, period=False)
        # Then nothing may run short: all rows that are left are used.
        instants = [int(line.split(",")[0]) for line in lines]
        if rng.random() < 0.3 and way != "rate":
            begin, end = rng.choice((0, instants[count // 3])), \
                rng.choice((at, at + 1))
            if sum(begin <= t < end for t in instants) > self.warmup:
                self.put("arrivals", window="%s..%dns" % (
                    "%dns" % begin if begin else "0", end))
                del self.ini["workload"]["requests"]
        elif rng.random() < 0.3 and way != "rate" and count >= 12:
            self.put("arrivals", keep=rng.choice((0.7, 0.9, 1)))
            del self.ini["workload"]["requests"]

    def deadline(self, rng):
        if rng.random() < 0.3:
            self.put("deadline", distribution="constant",
                     value=self.time(rng, 0.5, 4))
            return
        low = self.time(rng, 0.2, 1.2)
        self.put("deadline", distribution="uniform", min=low,
                 max=self.time(rng, 2, 8, low.endswith("T")))

    def inputs(self, rng):
        order = rng.choice(("", "", "uniform", "sequential", "shuffled",
                            "bursts"))
        if order == "bursts" and self.bundle.inputs < 3:
            order = "sequential"
        if order:
            self.put("inputs", order=order)
        if order == "bursts" and rng.random() < 0.8:
            self.put("inputs", share=rng.choice((0.4, 0.5, 0.6)),
                     burst=rng.choice((3, 7.5)))
        elif order == "bursts" and self.bundle.inputs < 5:
            self.put("inputs", share=0.4)

    def goal(self, rng):
        depths = self.bundle.networks[self.networks[0]][1]
        stage = (self.bundle.least + self.bundle.most) / 2
        self.put("goal", objective=rng.choice(("accuracy", "energy")),
                 accuracy=round(rng.random(), 2),
                 energy_j="%.4g" % (rng.choice((50, 200, 400)) * depths
                                    * stage * rng.uniform(0.3, 3) * 1e-9))

    def timeline(self, rng):
        others = self.bundle.environments
        if len(others) == 1 and rng.random() < 0.7:
            return
        entries = ["0 " + rng.choice(others)]
        if rng.random() < 0.5:
            for p in sorted(rng.sample(range(0, 100), rng.choice((1, 2, 4)))):
                if p:
                    entries.append("%d%% %s" % (p, rng.choice(others)))
        else:
            stage = (self.bundle.least + self.bundle.most) / 2
            for t in sorted(rng.sample(range(1, 200), rng.choice((1, 3, 8)))):
                entries.append("%dns %s" % (max(1, round(t * stage / 2)),
                                            rng.choice(others)))
            instants = [e.split()[0] for e in entries]
            if len(set(instants)) < len(instants):
                entries = entries[:1]
        self.put("environment", timeline=", ".join(entries))


def policy_text(rng, policies):
    name = rng.choice(policies)
    flags = {}
    if name != "oracle" and rng.random() < 0.3:
        flags["plan_quantile"] = rng.choice(("0.99", "0.5"))
    if rng.random() < 0.3:
        flags["skip"] = rng.choice(("on", "off"))
    if name == "lcf":
        flags.update(maybe(rng, "unstarted", ("zero", "prior")))
        flags.update(maybe(rng, "tie", ("deadline", "fifo")))
    elif name == "threshold":
        flags.update(maybe(rng, "stop", ("0", "0.5", "0.8", "0.95", "1")))
    elif name in ("imprecise", "oracle"):
        flags.update(maybe(rng, "delta", ("0.01", "0.1", "0.25", "1", "0.07")))
        flags.update(maybe(rng, "update", ("greedy", "none", "dp")))
        flags.update(maybe(rng, "refill", ("on", "off")))
        flags.update(maybe(rng, "answer", ("planned", "hold")))
        flags.update(maybe(rng, "order", ("edf", "mandatory_first")))
        if name == "imprecise":
            flags.update(maybe(rng, "predictor", (
                "exp", "max", "lin_time", "lin_inc", "mean", "regress")))
            if rng.random() < 0.2:
                flags["exp_gain"] = rng.choice(("0", "0.25", "0.5", "1"))
    elif name == "alert":
        flags = {}
        flags.update(maybe(rng, "preset", ("paper", "calibrated")))
        flags.update(maybe(rng, "no_lag", ("off", "on")))
        flags.update(maybe(rng, "phi_mode", ("abs", "paper")))
        flags.update(maybe(rng, "mean_only", ("off", "off", "on")))
        flags.update(maybe(rng, "energy_fallback", ("best_accuracy",
                                                    "min_energy")))
        for key, values in (("eps", ("1e-6", "1e-4", "0.01")),
                            ("prth", ("0.5", "0.9")), ("bank", ("on",)),
                            ("acc_window", ("1", "2", "5")),
                            ("p_goal_w", ("100", "250")),
                            ("alpha", ("0.5",)), ("q0", ("0.01",)),
                            ("r", ("0.1",)), ("mu0", ("1.2",)),
                            ("m0", ("0.1",))):
            if rng.random() < 0.2:
                flags[key] = rng.choice(values)
    elif name in ALERT_POLICIES:
        flags = {}
    items = list(flags.items())
    rng.shuffle(items)
    return name + (":" if items else "") + ",".join("%s=%s" % kv
                                                    for kv in items)


def maybe(rng, name, values):
    return {name: rng.choice(values)} if rng.random() < 0.6 else {}
