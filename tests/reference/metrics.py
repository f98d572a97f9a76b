"""What a run prints (paper/spec/DESIGN.md, "Commands")."""

from fractions import Fraction

from philox import llround

SUMMARY = ("policy,seed,requests,missed,miss_ratio,accuracy,accuracy_answered,"
           "mean_depth,mean_confidence,response_p50_ns,response_p99_ns,"
           "utilisation,energy_j,energy_per_request_j,decisions,"
           "decision_mean_ns,corrections,bound,regret")
REQUESTS = ("request,client,input,network,setting,release_ns,deadline_ns,"
            "start_ns,leave_ns,depth,confidence,correct,missed,energy_j")


def real(x):
    return "" if x is None else "%.9g" % float(x)


def ratio(a, b):
    return None if b == 0 else Fraction(a) / b


def nearest_rank(values, percent):
    """x_(ceil(q n)), q = percent / 100."""
    if not values:
        return ""
    return str(sorted(values)[-(-percent * len(values) // 100) - 1])


class Result:
    """Facts of each measured request, and the summary of the run."""

    def __init__(self, engine, policy_text):
        self.e = engine
        self.text = policy_text
        self.counted = engine.requests[engine.w.warmup:]

    def outcome(self, r):
        """(confidence or None, correct, missed) of a request."""
        network = r.network or self.e.w.networks[0]
        missed = r.depth < self.e.bundle.networks[network].mandatory
        if r.depth == 0:
            return None, 0, missed
        confidence, correct = \
            self.e.bundle.outcome[network][r.input][r.depth]
        return confidence, 0 if missed else correct, missed

    def request_lines(self):
        yield REQUESTS
        for r in self.counted:
            confidence, correct, missed = self.outcome(r)
            started = r.start is not None
            yield ",".join([
                str(r.number), "" if r.client is None else str(r.client),
                str(r.input), r.network if started else "",
                r.setting if started else "", str(r.release),
                str(r.deadline), str(r.start) if started else "",
                str(r.leave), str(r.depth), real(confidence), str(correct),
                str(int(missed)), real(r.energy_j) if self.e.power else ""])

    def energy_j(self, begin, end):
        """Stages and idle time of all devices, clipped to [begin, end]."""
        e = self.e
        if not e.power or any(e.bundle.idle_power_w[s] is None
                              for s in e.w.settings):
            return None
        watt_ns = Fraction(0)
        for device in e.devices:
            # Idle from the end of a stage, at its setting, to the start of
            # the next; before the first at the default setting.
            mine = [s for s in e.stages if s[0] == device.number]
            idle_from, setting = e.idle_settings[device.number][0]
            spans = []
            for i, (_, start, stop, power) in enumerate(mine):
                spans.append((idle_from, start, e.bundle.idle_power_w[setting]))
                spans.append((start, stop, power))
                idle_from, setting = e.idle_settings[device.number][i + 1]
            spans.append((idle_from, end, e.bundle.idle_power_w[setting]))
            for start, stop, power in spans:
                watt_ns += power * max(0, min(stop, end) - max(start, begin))
        return watt_ns / 1000000000

    def summary_line(self):
        e = self.e
        begin, end = self.counted[0].release, e.end
        n = len(self.counted)
        outcomes = [self.outcome(r) for r in self.counted]
        missed = sum(o[2] for o in outcomes)
        correct = sum(o[1] for o in outcomes)
        answered = [o[0] for o in outcomes if not o[2]]
        responses = [r.leave - r.release for r in self.counted]
        busy = sum(max(0, min(stop, end) - max(start, begin))
                   for _, start, stop, _ in e.stages)
        energy = self.energy_j(begin, end)
        policy = self.text
        if "," in policy:
            policy = '"' + policy + '"'
        return ",".join([
            policy, str(e.seed), str(n), str(missed), real(ratio(missed, n)),
            real(ratio(correct, n)), real(ratio(correct, n - missed)),
            real(ratio(sum(r.depth for r in self.counted), n)),
            real(ratio(sum(map(Fraction, answered)), len(answered))),
            nearest_rank(responses, 50), nearest_rank(responses, 99),
            real(ratio(busy, len(e.devices) * (end - begin))),
            real(energy), real(None if energy is None else energy / n),
            str(sum(t >= begin for t in e.picks)),
            self.decision_mean_ns(), str(e.corrections), "", ""])

    def decision_mean_ns(self):
        # READING: with `trace` the mean of the decision times drawn in the
        # whole run, launches left out.
        if self.e.w.decision_text != "trace":
            return str(self.e.w.decision_ns)
        drawn = self.e.drawn
        return str(llround(sum(drawn) / len(drawn))) if drawn else ""
