"""A workload (paper/spec/DESIGN.md, workloads.md 1 to 6): the file, and from
it what is released when, with which deadline and input.

Readings of what the documents leave open are marked READING."""

import configparser
import math
from fractions import Fraction

import philox
from bundle import Bundle, rows_of
from philox import Stream, llround

UNITS = {"ns": 1, "us": 1000, "ms": 1000000, "s": 1000000000}


def read_ini(path, overrides=()):
    ini = configparser.RawConfigParser(
        strict=True, delimiters=("=",), comment_prefixes=("#", ";"),
        inline_comment_prefixes=(";",))
    ini.optionxform = str
    with open(path, encoding="utf-8") as f:
        ini.read_file(f)
    for text in overrides:
        key, value = text.split("=", 1)
        section, name = key.split(".", 1)
        if not ini.has_section(section):
            ini.add_section(section)
        ini.set(section, name, value)
    return ini


def words(text):
    """A list: names separated by commas, blanks around them."""
    return [w.strip() for w in text.split(",") if w.strip()]


class Workload:
    def __init__(self, path, overrides=()):
        ini = read_ini(path, overrides)
        self.ini = ini

        def get(section, key, default=None):
            return ini.get(section, key, fallback=default)

        self.get = get
        self.bundle = bundle = Bundle(get("workload", "trace"))
        self.networks = words(get("workload", "networks"))
        self.settings = words(get("workload", "settings",
                                  bundle.settings[0]))
        self.warmup = int(get("workload", "warmup", "0"))
        self.devices = int(get("workload", "devices", "1"))
        self.T = llround(bundle.full_depth_ns(self.networks[0],
                                              self.settings[0]))
        self.process = get("arrivals", "process")
        self.reissue = get("arrivals", "reissue")
        self.decision_text = get("overhead", "decision", "0")
        if self.decision_text == "trace":
            # READING: plans add the mean of what is drawn, at the default
            # setting.
            self.decision_ns = llround(sum(
                sum(values) / len(values) for values in (
                    bundle.overhead[self.settings[0], kind]
                    for kind in ("decision", "launch"))))
        else:
            self.decision_ns = self.time(self.decision_text)
        self._read_deadline()
        self._read_rate()
        requests = get("workload", "requests")
        self.measured = None if requests is None else int(requests)
        self._read_goal()
        if self.process == "replay":
            self._read_replay_file()
        self._read_timeline()

    def time(self, text):
        """`1.5T`, `20ms`, `0`: nanoseconds, rounded once."""
        text = text.strip()
        if text == "0":
            return 0
        if text.endswith("T"):
            return llround(float(text[:-1]) * self.T)
        for unit in ("ns", "us", "ms", "s"):
            if text.endswith(unit):
                return llround(float(text[:-len(unit)]) * UNITS[unit])
        raise ValueError("no unit: " + text)

    def _read_deadline(self):
        self.distribution = self.get("deadline", "distribution")
        if self.distribution == "uniform":
            self.deadline_min = self.time(self.get("deadline", "min"))
            self.deadline_max = self.time(self.get("deadline", "max"))
            self.mean_deadline = (self.deadline_min + self.deadline_max) / 2
        elif self.distribution == "constant":
            self.deadline_value = self.time(self.get("deadline", "value"))
            self.mean_deadline = float(self.deadline_value)

    def _read_rate(self):
        """The gap 1 / lambda in ns and lambda in Hz, doubles (None where
        there is no rate)."""
        load = self.get("arrivals", "load")
        rate_hz = self.get("arrivals", "rate_hz")
        period = self.get("arrivals", "period")
        self.gap_ns = self.rate_hz = None
        if load is not None:
            self.gap_ns = self.T / (float(load) * self.devices)
            self.rate_hz = float(load) * self.devices / self.T * 1e9
        elif rate_hz is not None:
            self.rate_hz = float(rate_hz)
            self.gap_ns = 1e9 / self.rate_hz
        elif period is not None:
            self.gap_ns = float(self.time(period))

    def _read_goal(self):
        self.objective = self.get("goal", "objective")
        accuracy = self.get("goal", "accuracy")
        energy = self.get("goal", "energy_j")
        self.goal_accuracy = None if accuracy is None else float(accuracy)
        self.goal_energy_j = None if energy is None else float(energy)

    # The environment.

    def _read_timeline(self):
        """Entries after the first: (instant or None, share of the measured
        requests or None, name)."""
        text = self.get("environment", "timeline", "0 default")
        entries = [e.split() for e in text.split(",")]
        self.first_environment = entries[0][1]
        self.changes = []
        for when, name in entries[1:]:
            if when.endswith("%"):
                self.changes.append((None, Fraction(when[:-1]) / 100, name))
            else:
                self.changes.append((self.time(when), None, name))

    # Replay.

    def _read_replay_file(self):
        rows = rows_of(self.get("arrivals", "file"))
        rows = [{"release": int(r["release_ns"]),
                 "deadline": r["relative_deadline_ns"],
                 "input": r["input"],
                 "group": r.get("group") or "",
                 "row": number} for number, r in enumerate(rows)]
        window = self.get("arrivals", "window")
        if window is not None:
            # READING: half open, from <= release < to.
            begin, end = (self.time(x) for x in window.split(".."))
            rows = [dict(r, release=r["release"] - begin) for r in rows
                    if begin <= r["release"] < end]
        self.replay_rows = rows
        self.keep = self.get("arrivals", "keep")


class Source:
    """What one seed makes of a workload: releases, deadlines, inputs."""

    def __init__(self, w, seed):
        self.w = w
        self.seed = seed
        self.measured = w.measured
        self.rows = self._rows_in_use() if w.process == "replay" else None
        self.total = w.warmup + self.measured
        # Changes at a release: (request, place in the timeline, name).
        self.changes = [(w.warmup + math.floor(share * self.measured), i, name)
                        for i, (_, share, name) in enumerate(w.changes)
                        if share is not None]
        self._permutations = {}
        self._group_deadline = {}
        if w.get("inputs", "order", "uniform") == "bursts":
            self._prepare_bursts()

    def draw(self, purpose, index):
        return Stream(self.seed, purpose, index)

    def _rows_in_use(self):
        """Replay: the rows kept, as many as are used, releases scaled."""
        w = self.w
        rows = w.replay_rows
        if w.keep is not None:
            rows = [r for r in rows
                    if self.draw(philox.THINNING, r["row"]).uniform()
                    < float(w.keep)]
        if self.measured is None:
            self.measured = len(rows) - w.warmup
        rows = rows[:w.warmup + self.measured]
        assert len(rows) == w.warmup + self.measured
        scale = w.get("arrivals", "time_scale")
        if scale is not None:
            rows = [dict(r, release=llround(r["release"] * float(scale)))
                    for r in rows]
        elif w.rate_hz is not None:
            # Rates in Hz, as printed: where a scaled release falls between
            # two instants the order of the divisions decides.
            span = rows[-1]["release"] - rows[0]["release"]
            factor = (len(rows) - 1) / (span * 1e-9) / w.rate_hz
            rows = [dict(r, release=llround(r["release"] * factor))
                    for r in rows]
        return rows

    # Releases.

    def first_releases(self):
        """Closed: (instant, client) of each client's first release."""
        k = int(self.w.get("arrivals", "clients"))
        return [(llround(i * self.w.mean_deadline / k), i) for i in range(k)]

    def releases(self):
        """Open: the instant of each request."""
        w = self.w
        if w.process == "replay":
            return [r["release"] for r in self.rows]
        return getattr(self, "_" + w.process)()

    def _periodic(self):
        w = self.w
        offset = w.time(w.get("arrivals", "offset", "0"))
        jitter = w.time(w.get("arrivals", "jitter", "0"))
        return [offset + llround(n * w.gap_ns)
                + llround(self.draw(philox.ARRIVALS, n).uniform() * jitter)
                for n in range(self.total)]

    def _gaps(self, gap):
        at = 0
        out = []
        for n in range(self.total):
            at += llround(gap(self.draw(philox.ARRIVALS, n)))
            out.append(at)
        return out

    def _poisson(self):
        return self._gaps(lambda s: s.exponential(self.w.gap_ns))

    def _gamma(self):
        cv = float(self.w.get("arrivals", "cv"))
        return self._gaps(lambda s: s.gamma(1 / (cv * cv),
                                            cv * cv * self.w.gap_ns))

    def _mmpp(self):
        w = self.w
        rates = [float(x) for x in words(w.get("arrivals", "rates"))]
        stays = [w.time(x) for x in words(w.get("arrivals", "stay"))]
        m = len(rates)
        mean = sum(s * r for s, r in zip(stays, rates)) / sum(stays)
        per_ns = [r / mean / w.gap_ns for r in rates]
        # READING: a visit's stream gives first the state, then the stay.
        visit = 0
        stream = self.draw(philox.MMPP, 0)
        u = stream.uniform() * sum(stays)
        state = 0
        while state < m - 1 and u >= sum(stays[:state + 1]):
            state += 1
        leaves = llround(stream.exponential(stays[state]))
        at = 0
        out = []
        for n in range(self.total):
            todo = self.draw(philox.ARRIVALS, n).exponential(1.0)
            while todo > per_ns[state] * (leaves - at):
                todo -= per_ns[state] * (leaves - at)
                at = leaves
                visit += 1
                stream = self.draw(philox.MMPP, visit)
                others = [i for i in range(m) if i != state]
                state = others[stream.below(len(others))]
                leaves = at + llround(stream.exponential(stays[state]))
            if per_ns[state] > 0:
                at += llround(todo / per_ns[state])
            out.append(at)
        return out

    # Deadlines.

    def relative_deadline(self, n):
        w = self.w
        if self.rows is not None and self.rows[n]["deadline"]:
            return int(self.rows[n]["deadline"])
        if w.distribution == "constant":
            return w.deadline_value
        u = self.draw(philox.DEADLINES, n).uniform()
        return llround(w.deadline_min + u * (w.deadline_max - w.deadline_min))

    def deadline(self, n, release):
        group = self.rows[n]["group"] if self.rows is not None else ""
        if not group:
            return release + self.relative_deadline(n)
        if group not in self._group_deadline:
            self._group_deadline[group] = release + self.relative_deadline(n)
        return self._group_deadline[group]

    # Inputs.

    def input(self, n):
        w = self.w
        if self.rows is not None and self.rows[n]["input"]:
            return int(self.rows[n]["input"])
        size = w.bundle.inputs
        order = w.get("inputs", "order", "uniform")
        if order == "uniform":
            return self.draw(philox.INPUTS, n).below(size)
        if order == "sequential":
            return n % size
        if order == "shuffled":
            number = n // size
            if number not in self._permutations:
                self._permutations[number] = \
                    self.draw(philox.ORDER, number).shuffled(size)
            return self._permutations[number][n % size]
        return self._burst_input(n)

    def _prepare_bursts(self):
        w = self.w
        size = w.bundle.inputs
        share = float(w.get("inputs", "share", "0.25"))
        burst = float(w.get("inputs", "burst", "50"))
        outcome = w.bundle.outcome[w.networks[0]]
        hardest = sorted(range(size), key=lambda i: (outcome[i][1][0], i))
        # READING: share x inputs to the nearest whole number; both sets in
        # the order of the input numbers.
        count = llround(share * size)
        self._hard = sorted(hardest[:count])
        self._easy = sorted(hardest[count:])
        self._q = count / size
        self._leave_hard = 1 / burst
        self._leave_easy = self._q / ((1 - self._q) * burst)
        self._states = []

    def _burst_input(self, n):
        while len(self._states) <= n:
            i = len(self._states)
            u = self.draw(philox.ORDER, i).uniform()
            if i == 0:
                hard = u < self._q
            elif self._states[-1]:
                hard = not u < self._leave_hard
            else:
                hard = u < self._leave_easy
            self._states.append(hard)
        among = self._hard if self._states[n] else self._easy
        return among[self.draw(philox.INPUTS, n).below(len(among))]
