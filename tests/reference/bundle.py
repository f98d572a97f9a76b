"""A trace bundle (paper/spec/DESIGN.md, "Trace bundle"), read trustingly:
the reference is for good bundles; refusing bad ones is the program's work."""

import configparser
import csv
import os
from fractions import Fraction


def rows_of(path):
    """The rows of a CSV as dictionaries, `#` lines before the header left
    out."""
    with open(path, encoding="utf-8", newline="") as f:
        lines = f.read().split("\n")
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    return list(csv.DictReader(line for line in lines if line))


class Network:
    def __init__(self, name, kind, depths, mandatory):
        self.name = name
        self.kind = kind
        self.depths = depths
        self.mandatory = min(mandatory, depths)


class Bundle:
    def __init__(self, path):
        ini = configparser.RawConfigParser(strict=True, delimiters=("=",),
                                           comment_prefixes=("#", ";"))
        ini.optionxform = str
        with open(os.path.join(path, "trace.ini"), encoding="utf-8") as f:
            ini.read_file(f)
        self.path = path
        self.classes = int(ini.get("trace", "classes"))
        self.inputs = int(ini.get("trace", "inputs"))
        mandatory = int(ini.get("trace", "mandatory_depth", fallback="1"))
        self.networks = {}
        for section in ini.sections():
            if section.startswith("network "):
                name = section[len("network "):].strip()
                self.networks[name] = Network(
                    name, ini.get(section, "kind"),
                    int(ini.get(section, "depths")), mandatory)
        self._read_settings()
        self._read_outcomes()
        self._read_timing()
        self._read_power()
        self._read_overhead()

    def _read_settings(self):
        self.settings = []                  # names, in the bundle's order
        self.idle_power_w = {}              # name -> Fraction or None
        for row in rows_of(os.path.join(self.path, "settings.csv")):
            self.settings.append(row["setting"])
            text = row["idle_power_w"]
            self.idle_power_w[row["setting"]] = Fraction(text) if text else None

    def _read_outcomes(self):
        # outcome[network][input][depth] = (confidence, correct)
        self.outcome = {n: {} for n in self.networks}
        for row in rows_of(os.path.join(self.path, "outcomes.csv")):
            at = self.outcome[row["network"]].setdefault(int(row["input"]), {})
            at[int(row["depth"])] = (float(row["confidence"]),
                                     int(row["correct"]))

    def _read_timing(self):
        # samples[network, setting, environment] = a list, by rising sample
        # number, of dictionaries depth -> duration_ns
        passes = {}
        for row in rows_of(os.path.join(self.path, "timing.csv")):
            of = passes.setdefault(
                (row["network"], row["setting"], row["environment"]), {})
            of.setdefault(int(row["sample"]), {})[int(row["depth"])] = \
                int(row["duration_ns"])
        self.samples = {key: [of[n] for n in sorted(of)]
                        for key, of in passes.items()}

    def _read_power(self):
        self.power_w = {}       # (network, setting, depth) -> Fraction
        for row in rows_of(os.path.join(self.path, "power.csv")):
            self.power_w[row["network"], row["setting"],
                         int(row["depth"])] = Fraction(row["power_w"])

    def _read_overhead(self):
        # overhead[setting, kind] = durations by rising sample number
        self.overhead = {}
        path = os.path.join(self.path, "overhead.csv")
        if not os.path.exists(path):
            return
        found = {}
        for row in rows_of(path):
            found.setdefault((row["setting"], row["kind"]), {})[
                int(row["sample"])] = int(row["duration_ns"])
        self.overhead = {key: [of[n] for n in sorted(of)]
                         for key, of in found.items()}

    # The profile: what a policy may know.

    def durations(self, network, setting, depth):
        """One stage's durations in `default`, by rising sample number."""
        return [s[depth] for s in self.samples[network, setting, "default"]]

    def mean_ns(self, network, setting, depth):
        values = self.durations(network, setting, depth)
        total = 0.0
        for x in values:
            total += x
        return total / len(values)

    def quantile_ns(self, network, setting, depth, percent):
        """Nearest rank: x_(ceil(q n)), q = percent / 100 in integers."""
        values = sorted(self.durations(network, setting, depth))
        return values[-(-percent * len(values) // 100) - 1]

    def mean_confidence(self, network, depth):
        total = 0.0
        for i in range(self.inputs):
            total += self.outcome[network][i][depth][0]
        return total / self.inputs

    def mean_accuracy(self, network, depth):
        total = 0.0
        for i in range(self.inputs):
            total += self.outcome[network][i][depth][1]
        return total / self.inputs

    def full_depth_ns(self, network, setting):
        """T of this candidate before rounding: the mean of a pass."""
        values = [sum(s.values())
                  for s in self.samples[network, setting, "default"]]
        total = 0.0
        for x in values:
            total += x
        return total / len(values)

    def has_power(self, networks, settings):
        """Is there a row for every stage of every candidate?"""
        return all((n, s, d) in self.power_w
                   for n in networks for s in settings
                   for d in range(1, self.networks[n].depths + 1))
