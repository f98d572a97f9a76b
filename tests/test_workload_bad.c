/* Workload files and overrides that are refused: each with one exact line. */
#include "../sim/msg.h"
#include "support_workload.h"

#include <stdlib.h>
#include <string.h>

#define W "[workload]\ntrace = t\nnetworks = a\nrequests = 10\n"
#define A "[arrivals]\nprocess = poisson\nload = 1\n"
#define D "[deadline]\ndistribution = constant\nvalue = 2T\n"
#define CLOSED W "[arrivals]\nprocess = closed\nclients = 2\n" \
	"reissue = deadline\n" D
#define PERIODIC W "[arrivals]\nprocess = periodic\nperiod = 5us\n" D
#define GAMMA W "[arrivals]\nprocess = gamma\nload = 1\ncv = 2\n" D
#define MMPP W "[arrivals]\nprocess = mmpp\nload = 1\nrates = 1, 5\n" \
	"stay = 30us, 10us\n" D
#define REPLAY W "[arrivals]\nprocess = replay\nfile = r.csv\n"

static const struct {
	const char *text, *sets[4], *message;
} bad[] = {
	{ "", { NULL },
		"w.ini: no section [workload]" },
	{ "x", { NULL },
		"w.ini:1: neither a [section] nor key = value: 'x'" },
	{ "[workload]\n", { NULL },
		"w.ini:1: [workload] has no key 'trace'" },
	{ "requests = 1\n", { NULL },
		"w.ini:1: key 'requests' before the first section" },
	{ W A D "[workload]\n", { NULL },
		"w.ini:11: section [workload] is given twice (first on "
		"line 1)" },
	{ W A D "[further]\n", { NULL },
		"w.ini:11: unknown section [further]" },
	{ W A D "[further]\nx = 1\n", { NULL },
		"w.ini:11: unknown section [further]" },
	{ W "speed = 1\n" A D, { NULL },
		"w.ini:5: unknown key 'speed' in [workload]" },
	{ W "requests = 11\n" A D, { NULL },
		"w.ini:5: key 'requests' is given twice in [workload] "
		"(first on line 4)" },
	{ W A "colour = red\n" D, { NULL },
		"w.ini:8: unknown key 'colour' in [arrivals]" },
	{ W A D "[inputs]\norder = uniform\nextra = 1\n", { NULL },
		"w.ini:13: unknown key 'extra' in [inputs]" },
	{ W A D "[axis]\nworkload.devices = 1, 2\n", { NULL },
		"w.ini:11: [axis] belongs to an experiment (laxity sweep)" },
	{ W A D "[sweep]\npolicies = edf\n", { NULL },
		"w.ini:11: [sweep] belongs to an experiment (laxity sweep)" },
	{ W A, { NULL },
		"w.ini: no section [deadline]" },
	{ W D, { NULL },
		"w.ini: no section [arrivals]" },
	{ A D, { NULL },
		"w.ini: no section [workload]" },
	{ "[workload]\nnetworks = a\nrequests = 1\n" A D, { NULL },
		"w.ini:1: [workload] has no key 'trace'" },
	{ "[workload]\ntrace = t\nrequests = 1\n" A D, { NULL },
		"w.ini:1: [workload] has no key 'networks'" },
	{ "[workload]\ntrace = t\nnetworks = a\n" A D, { NULL },
		"w.ini:1: [workload] has no key 'requests'" },
	{ "[workload]\ntrace =\nnetworks = a\n" A D, { NULL },
		"w.ini:2: trace: a value expected" },
	{ W "[arrivals]\nload = 1\n" D, { NULL },
		"w.ini:5: [arrivals] has no key 'process'" },
	{ W "[arrivals]\nprocess = poisson\n" D, { NULL },
		"w.ini:6: process = poisson needs load, rate_hz or period" },
	{ W A "[deadline]\nvalue = 1T\n", { NULL },
		"w.ini:8: [deadline] has no key 'distribution'" },
	{ W A "[deadline]\ndistribution = constant\n", { NULL },
		"w.ini:8: [deadline] has no key 'value'" },
	{ W A "[deadline]\ndistribution = uniform\nmax = 1T\n", { NULL },
		"w.ini:8: [deadline] has no key 'min'" },
	{ W A "[deadline]\ndistribution = uniform\nmin = 1T\n", { NULL },
		"w.ini:8: [deadline] has no key 'max'" },
	{ W A D "[goal]\naccuracy = 0.5\n", { NULL },
		"w.ini:11: [goal] has no key 'objective'" },
	{ W "warmup = \n" A D, { NULL },
		"w.ini:5: warmup = '': an integer from 0 to 1000000000000 "
		"expected" },
	{ W "settings = \n" A D, { NULL },
		"w.ini:5: settings: an empty name" },
	{ W A D, { "workload.trace=nowhere" },
		"nowhere: cannot open: No such file or directory" },
	{ W A D, { "workload.trace=x ;y" },
		"--set workload.trace: trace: ';' after a blank begins a "
		"comment" },
	{ W A D, { "workload.trace=;x" },
		"--set workload.trace: trace: ';' after a blank begins a "
		"comment" },
	{ W A D, { "workload.networks=c" },
		"--set workload.networks: networks: t has no network 'c'" },
	{ W A D, { "workload.networks=a,a" },
		"--set workload.networks: networks: 'a' is listed twice" },
	{ W A D, { "workload.networks=a," },
		"--set workload.networks: networks: an empty name" },
	{ W A D, { "workload.networks=a b" },
		"--set workload.networks: networks: t has no network 'a b'" },
	{ W A D, { "workload.settings=s3" },
		"--set workload.settings: settings: t has no setting 's3'" },
	{ W A D, { "workload.settings=s1,,s2" },
		"--set workload.settings: settings: an empty name" },
	{ W A D, { "workload.settings=s1,s1" },
		"--set workload.settings: settings: 's1' is listed twice" },
	{ W A D, { "workload.requests=0" },
		"--set workload.requests: requests = '0': an integer from "
		"1 to 1000000000000 expected" },
	{ W A D, { "workload.requests=-1" },
		"--set workload.requests: requests = '-1': an integer from "
		"1 to 1000000000000 expected" },
	{ W A D, { "workload.requests=1.5" },
		"--set workload.requests: requests = '1.5': an integer "
		"from 1 to 1000000000000 expected" },
	{ W A D, { "workload.requests=ten" },
		"--set workload.requests: requests = 'ten': an integer "
		"from 1 to 1000000000000 expected" },
	{ W A D, { "workload.requests=1000000000001" },
		"--set workload.requests: requests = '1000000000001': an "
		"integer from 1 to 1000000000000 expected" },
	{ W A D, { "workload.requests=99999999999999999999" },
		"--set workload.requests: requests = "
		"'99999999999999999999': an integer from 1 to "
		"1000000000000 expected" },
	{ W A D, { "workload.requests=" },
		"--set workload.requests: requests: a value expected" },
	{ W A D, { "workload.requests=1e3" },
		"--set workload.requests: requests = '1e3': an integer "
		"from 1 to 1000000000000 expected" },
	{ W A D, { "workload.warmup=-1" },
		"--set workload.warmup: warmup = '-1': an integer from 0 "
		"to 1000000000000 expected" },
	{ W A D, { "workload.warmup=x" },
		"--set workload.warmup: warmup = 'x': an integer from 0 to "
		"1000000000000 expected" },
	{ W A D, { "workload.devices=0" },
		"--set workload.devices: devices = '0': an integer from 1 "
		"to 1024 expected" },
	{ W A D, { "workload.devices=1025" },
		"--set workload.devices: devices = '1025': an integer from "
		"1 to 1024 expected" },
	{ W A D, { "workload.devices=two" },
		"--set workload.devices: devices = 'two': an integer from "
		"1 to 1024 expected" },
	{ W A D, { "workload.sped=1" },
		"--set workload.sped: unknown key 'sped' in [workload]" },
	{ W A D, { "wrkload.requests=1" },
		"--set wrkload: unknown section" },
	{ W A D, { "requests=1" },
		"--set requests=1: section.key=value expected" },
	{ W A D, { "workload.requests" },
		"--set workload.requests: section.key=value expected" },
	{ W A D, { "=1" },
		"--set =1: section.key=value expected" },
	{ W A D, { "axis.workload.devices=1" },
		"--set axis: [axis] belongs to an experiment (laxity sweep)" },
	{ W A D, { "sweep.seed=1" },
		"--set sweep: [sweep] belongs to an experiment (laxity "
		"sweep)" },
	{ W A D, { "arrivals.process=random" },
		"--set arrivals.process: process = 'random': one of "
		"closed, periodic, poisson, gamma, mmpp, replay expected" },
	{ W A D, { "arrivals.process=" },
		"--set arrivals.process: process: a value expected" },
	{ W A D, { "arrivals.process=closed" },
		"w.ini:7: load is not a key of process = closed" },
	{ W A D, { "arrivals.process=gamma" },
		"w.ini:5: [arrivals] has no key 'cv'" },
	{ W A D, { "arrivals.process=replay" },
		"w.ini:5: [arrivals] has no key 'file'" },
	{ W A D, { "arrivals.process=Poisson" },
		"--set arrivals.process: process = 'Poisson': one of "
		"closed, periodic, poisson, gamma, mmpp, replay expected" },
	{ W A D, { "arrivals.load=0" },
		"--set arrivals.load: load = '0': a number from 1e-06 to "
		"1000000 expected" },
	{ W A D, { "arrivals.load=-1" },
		"--set arrivals.load: load = '-1': a number from 1e-06 to "
		"1000000 expected" },
	{ W A D, { "arrivals.load=nan" },
		"--set arrivals.load: load = 'nan': a number from 1e-06 to "
		"1000000 expected" },
	{ W A D, { "arrivals.load=1T" },
		"--set arrivals.load: load = '1T': a number from 1e-06 to "
		"1000000 expected" },
	{ W A D, { "arrivals.load=1e7" },
		"--set arrivals.load: load = '1e7': a number from 1e-06 to "
		"1000000 expected" },
	{ W A D, { "arrivals.load=" },
		"w.ini:6: process = poisson needs load, rate_hz or period" },
	{ W A D, { "arrivals.rate_hz=5" },
		"--set arrivals.rate_hz: load and rate_hz both set the "
		"rate: give one" },
	{ W A D, { "arrivals.period=1T" },
		"--set arrivals.period: load and period both set the rate: "
		"give one" },
	{ W A D, { "arrivals.clients=3" },
		"--set arrivals.clients: clients is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.reissue=deadline" },
		"--set arrivals.reissue: reissue is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.cv=2" },
		"--set arrivals.cv: cv is not a key of process = poisson" },
	{ W A D, { "arrivals.rates=1, 2" },
		"--set arrivals.rates: rates is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.stay=1s, 2s" },
		"--set arrivals.stay: stay is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.file=r.csv" },
		"--set arrivals.file: file is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.window=0..1s" },
		"--set arrivals.window: window is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.keep=0.5" },
		"--set arrivals.keep: keep is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.time_scale=2" },
		"--set arrivals.time_scale: time_scale is not a key of "
		"process = poisson" },
	{ W A D, { "arrivals.offset=1us" },
		"--set arrivals.offset: offset is not a key of process = "
		"poisson" },
	{ W A D, { "arrivals.jitter=1us" },
		"--set arrivals.jitter: jitter is not a key of process = "
		"poisson" },
	{ W A D, { "deadline.distribution=normal" },
		"--set deadline.distribution: distribution = 'normal': one "
		"of uniform, constant expected" },
	{ W A D, { "deadline.distribution=uniform" },
		"w.ini:10: value is a key of distribution = constant, not "
		"of uniform" },
	{ W A D, { "deadline.min=1T" },
		"--set deadline.min: min is a key of distribution = "
		"uniform, not of constant" },
	{ W A D, { "deadline.max=1T" },
		"--set deadline.max: max is a key of distribution = "
		"uniform, not of constant" },
	{ W A D, { "deadline.value=0" },
		"--set deadline.value: value = '0': a time above 0 expected" },
	{ W A D, { "deadline.value=-1T" },
		"--set deadline.value: value = '-1T': a time is not "
		"negative" },
	{ W A D, { "deadline.value=5" },
		"--set deadline.value: value = '5': a unit is missing: ns, "
		"us, ms, s or T" },
	{ W A D, { "deadline.value=0.1ns" },
		"--set deadline.value: value = '0.1ns': a time above 0 "
		"expected" },
	{ W A D, { "deadline.value=2 T" },
		"--set deadline.value: value = '2 T': unknown unit: ns, "
		"us, ms, s or T expected" },
	{ W A D, { "deadline.value=2TT" },
		"--set deadline.value: value = '2TT': unknown unit: ns, "
		"us, ms, s or T expected" },
	{ W A D, { "deadline.value=1e30T" },
		"--set deadline.value: value = '1e30T': longer than 2^60 ns" },
	{ W A D, { "inputs.order=random" },
		"--set inputs.order: order = 'random': one of uniform, "
		"sequential, shuffled, bursts expected" },
	{ W A D, { "inputs.share=0.5" },
		"--set inputs.share: share is a key of order = bursts, not "
		"of uniform" },
	{ W A D, { "inputs.burst=5" },
		"--set inputs.burst: burst is a key of order = bursts, not "
		"of uniform" },
	{ W A D, { "inputs.order=bursts", "inputs.share=0" },
		"--set inputs.share: share: 0 of 20 inputs are hard; both "
		"sets need one" },
	{ W A D, { "inputs.order=bursts", "inputs.share=1" },
		"--set inputs.share: share: 20 of 20 inputs are hard; both "
		"sets need one" },
	{ W A D, { "inputs.order=bursts", "inputs.share=1.5" },
		"--set inputs.share: share = '1.5': a number from 0 to 1 "
		"expected" },
	{ W A D, { "inputs.order=bursts", "inputs.share=0.98" },
		"--set inputs.share: share: 20 of 20 inputs are hard; both "
		"sets need one" },
	{ W A D, { "inputs.order=bursts", "inputs.share=0.5", "inputs.burst=1.9" },
		"--set inputs.burst: burst: at least 1 / (1 - q) = 2 "
		"expected" },
	{ W A D, { "inputs.order=bursts", "inputs.burst=0.5" },
		"--set inputs.burst: burst = '0.5': a number from 1 to "
		"1e+12 expected" },
	{ W A D, { "inputs.order=bursts", "inputs.burst=long" },
		"--set inputs.burst: burst = 'long': a number from 1 to "
		"1e+12 expected" },
	{ W A D, { "environment.timeline=slow" },
		"--set environment.timeline: timeline: 'instant name, ...' "
		"expected" },
	{ W A D, { "environment.timeline=1s slow" },
		"--set environment.timeline: timeline: '1s': the first "
		"instant must be 0" },
	{ W A D, { "environment.timeline=0" },
		"--set environment.timeline: timeline: 'instant name, ...' "
		"expected" },
	{ W A D, { "environment.timeline=0 dark" },
		"--set environment.timeline: timeline: t has no "
		"environment 'dark'" },
	{ W A D, { "environment.timeline=0 default, 50% slow, 40% default" },
		"--set environment.timeline: timeline: '40%': instants "
		"must rise" },
	{ W A D, { "environment.timeline=0 default, 50% slow, 50% default" },
		"--set environment.timeline: timeline: '50%': instants "
		"must rise" },
	{ W A D, { "environment.timeline=0 default, 50% slow, 1s default" },
		"--set environment.timeline: timeline: '1s': times and "
		"percentages mixed" },
	{ W A D, { "environment.timeline=0 default, 1s slow, 50% default" },
		"--set environment.timeline: timeline: '50%': times and "
		"percentages mixed" },
	{ W A D, { "environment.timeline=0 default, 1s slow, 0.5s default" },
		"--set environment.timeline: timeline: '0.5s': instants "
		"must rise" },
	{ W A D, { "environment.timeline=0 default, 0 slow" },
		"--set environment.timeline: timeline: '0': instants must "
		"rise" },
	{ W A D, { "environment.timeline=0 default, 100% slow" },
		"--set environment.timeline: timeline: '100%': a "
		"percentage is below 100" },
	{ W A D, { "environment.timeline=0 default, -1% slow" },
		"--set environment.timeline: timeline: '-1%': not a "
		"percentage" },
	{ W A D, { "environment.timeline=0 default, 5 slow" },
		"--set environment.timeline: timeline: '5': a unit is "
		"missing: ns, us, ms, s or T" },
	{ W A D, { "environment.timeline=0 default, % slow" },
		"--set environment.timeline: timeline: '%': not a "
		"percentage" },
	{ W A D, { "environment.timeline=0 default, 1.% slow" },
		"--set environment.timeline: timeline: '1.%': not a "
		"percentage" },
	{ W A D, { "environment.timeline=0 default, 1.0000000001% slow" },
		"--set environment.timeline: timeline: '1.0000000001%': a "
		"percentage has at most 9 decimals" },
	{ W A D, { "environment.timeline=0 default,, 50% slow" },
		"--set environment.timeline: timeline: 'instant name, ...' "
		"expected" },
	{ W A D, { "environment.timeline=0 default, 50%slow" },
		"--set environment.timeline: timeline: 'instant name, ...' "
		"expected" },
	{ W A D, { "environment.timeline=0 slow x" },
		"--set environment.timeline: timeline: t has no "
		"environment 'slow x'" },
	{ W A D, { "environment.timeline=0 part", "workload.networks=b" },
		"--set environment.timeline: timeline: t has no samples of "
		"'b' at setting 's1' in the environment 'part'" },
	{ W A D, { "environment.timeline=0 default, 1% part", "workload.settings=s1,s2" },
		"--set environment.timeline: timeline: t has no samples of "
		"'a' at setting 's2' in the environment 'part'" },
	{ W A D, { "environment.timeline=0 default; 50% slow" },
		"--set environment.timeline: timeline: t has no "
		"environment 'default; 50% slow'" },
	{ W A D, { "goal.objective=speed" },
		"--set goal.objective: objective = 'speed': one of "
		"accuracy, energy expected" },
	{ W A D, { "goal.objective=accuracy" },
		"--set goal.objective: objective = accuracy needs energy_j" },
	{ W A D, { "goal.objective=energy" },
		"--set goal.objective: objective = energy needs accuracy" },
	{ W A D, { "goal.accuracy=0.5" },
		"w.ini: [goal] has no key 'objective'" },
	{ W A D, { "goal.objective=energy", "goal.accuracy=1.5" },
		"--set goal.accuracy: accuracy = '1.5': a number from 0 to "
		"1 expected" },
	{ W A D, { "goal.objective=accuracy", "goal.energy_j=0" },
		"--set goal.energy_j: energy_j = '0': a number from 1e-12 "
		"to 1e+12 expected" },
	{ W A D, { "goal.objective=accuracy", "goal.energy_j=5J" },
		"--set goal.energy_j: energy_j = '5J': a number from 1e-12 "
		"to 1e+12 expected" },
	{ W A D, { "goal.objective=accuracy", "goal.energy=5" },
		"--set goal.objective: objective = accuracy needs energy_j" },
	{ W A D, { "overhead.decision=5" },
		"--set overhead.decision: decision = '5': a unit is "
		"missing: ns, us, ms, s or T" },
	{ W A D, { "overhead.decision=fast" },
		"--set overhead.decision: decision = 'fast': not a time" },
	{ W A D, { "overhead.decision=-1us" },
		"--set overhead.decision: decision = '-1us': a time is not "
		"negative" },
	{ W A D, { "overhead.decision=trace" },
		"--set overhead.decision: decision = trace: t has no "
		"overhead.csv rows for setting 's1'" },
	{ W A D, { "overhead.launch=1us" },
		"--set overhead.launch: unknown key 'launch' in [overhead]" },
	{ W A D, { "arrivals.load=", "arrivals.rate_hz=1e-6", "workload.requests=100000000000" },
		"--set workload.requests: requests: releases would go on "
		"for 1e+17 s; at most 7.21e+07 s" },
	{ W A D, { "workload.warmup=1", "workload.warmup=2" },
		"--set workload.warmup: given twice" },
	{ W A D, { "inputs.order=a\nb" },
		"--set inputs.order: a line end in the value" },
	{ CLOSED, { "arrivals.clients=0" },
		"--set arrivals.clients: clients = '0': an integer from 1 "
		"to 1000000 expected" },
	{ CLOSED, { "arrivals.clients=" },
		"--set arrivals.clients: clients: a value expected" },
	{ CLOSED, { "arrivals.clients=1000001" },
		"--set arrivals.clients: clients = '1000001': an integer "
		"from 1 to 1000000 expected" },
	{ CLOSED, { "arrivals.reissue=never" },
		"--set arrivals.reissue: reissue = 'never': one of "
		"deadline, response expected" },
	{ CLOSED, { "arrivals.reissue=" },
		"--set arrivals.reissue: reissue: a value expected" },
	{ CLOSED, { "arrivals.load=1" },
		"--set arrivals.load: load is not a key of process = closed" },
	{ CLOSED, { "arrivals.rate_hz=1" },
		"--set arrivals.rate_hz: rate_hz is not a key of process = "
		"closed" },
	{ CLOSED, { "arrivals.period=1s" },
		"--set arrivals.period: period is not a key of process = "
		"closed" },
	{ CLOSED, { "deadline.value=20000000s", "workload.requests=1000" },
		"--set workload.requests: requests: releases would go on "
		"for 1e+10 s; at most 1.15e+09 s" },
	{ PERIODIC, { "arrivals.jitter=5001ns" },
		"--set arrivals.jitter: jitter = 5001ns is longer than the "
		"period" },
	{ PERIODIC, { "arrivals.period=0" },
		"--set arrivals.period: period = '0': a time above 0 "
		"expected" },
	{ PERIODIC, { "arrivals.period=5" },
		"--set arrivals.period: period = '5': a unit is missing: "
		"ns, us, ms, s or T" },
	{ PERIODIC, { "arrivals.offset=-1s" },
		"--set arrivals.offset: offset = '-1s': a time is not "
		"negative" },
	{ PERIODIC, { "arrivals.load=1" },
		"w.ini:7: load and period both set the rate: give one" },
	{ PERIODIC, { "arrivals.rate_hz=1" },
		"w.ini:7: rate_hz and period both set the rate: give one" },
	{ PERIODIC, { "arrivals.cv=1" },
		"--set arrivals.cv: cv is not a key of process = periodic" },
	{ PERIODIC, { "arrivals.offset=10000000s", "arrivals.period=1000000000s", "workload.requests=100" },
		"--set workload.requests: requests: releases would go on "
		"for 1e+11 s; at most 1.15e+09 s" },
	{ GAMMA, { "arrivals.cv=0" },
		"--set arrivals.cv: cv = '0': a number from 0.001 to 1000 "
		"expected" },
	{ GAMMA, { "arrivals.cv=" },
		"--set arrivals.cv: cv: a value expected" },
	{ GAMMA, { "arrivals.cv=1001" },
		"--set arrivals.cv: cv = '1001': a number from 0.001 to "
		"1000 expected" },
	{ GAMMA, { "arrivals.cv=wide" },
		"--set arrivals.cv: cv = 'wide': a number from 0.001 to "
		"1000 expected" },
	{ MMPP, { "arrivals.rates=1" },
		"--set arrivals.rates: rates: 2 to 64 states expected" },
	{ MMPP, { "arrivals.rates=" },
		"--set arrivals.rates: rates: a value expected" },
	{ MMPP, { "arrivals.stay=" },
		"--set arrivals.stay: stay: a value expected" },
	{ MMPP, { "arrivals.rates=1,5,2" },
		"w.ini:9: stay: 3 times expected, one for each of rates" },
	{ MMPP, { "arrivals.stay=30us" },
		"--set arrivals.stay: stay: 2 times expected, one for each "
		"of rates" },
	{ MMPP, { "arrivals.rates=0,0" },
		"--set arrivals.rates: rates: all are 0" },
	{ MMPP, { "arrivals.rates=1,-5" },
		"--set arrivals.rates: rates: '-5': a number from 0 to "
		"1e12 expected" },
	{ MMPP, { "arrivals.rates=1,x" },
		"--set arrivals.rates: rates: 'x': a number from 0 to 1e12 "
		"expected" },
	{ MMPP, { "arrivals.rates=1," },
		"--set arrivals.rates: rates: '': a number from 0 to 1e12 "
		"expected" },
	{ MMPP, { "arrivals.stay=30us,0" },
		"--set arrivals.stay: stay = '0': a time above 0 expected" },
	{ MMPP, { "arrivals.stay=30us,10" },
		"--set arrivals.stay: stay = '10': a unit is missing: ns, "
		"us, ms, s or T" },
	{ MMPP, { "arrivals.stay=1ns,1ns" },
		"--set arrivals.stay: stay: more than 1000 changes of "
		"state between two requests" },
	{ MMPP, { "arrivals.stay=30us," },
		"--set arrivals.stay: stay = '': not a time" },
	{ REPLAY, { "arrivals.file=" },
		"--set arrivals.file: file: a value expected" },
	{ REPLAY, { "arrivals.file=nowhere.csv" },
		"nowhere.csv: cannot open: No such file or directory" },
	{ REPLAY, { "arrivals.file=t" },
		"t: a directory, not a file" },
	{ REPLAY, { "arrivals.window=5" },
		"--set arrivals.window: window = '5': from..to expected" },
	{ REPLAY, { "arrivals.window=5..6" },
		"--set arrivals.window: window = '5..6': a unit is "
		"missing: ns, us, ms, s or T" },
	{ REPLAY, { "arrivals.window=5ns..5ns" },
		"--set arrivals.window: window = '5ns..5ns': it ends "
		"before it begins" },
	{ REPLAY, { "arrivals.window=6us..5us" },
		"--set arrivals.window: window = '6us..5us': it ends "
		"before it begins" },
	{ REPLAY, { "arrivals.window=..5s" },
		"--set arrivals.window: window = '..5s': not a time" },
	{ REPLAY, { "arrivals.keep=0" },
		"--set arrivals.keep: keep = '0': a number from 1e-09 to 1 "
		"expected" },
	{ REPLAY, { "arrivals.keep=1.1" },
		"--set arrivals.keep: keep = '1.1': a number from 1e-09 to "
		"1 expected" },
	{ REPLAY, { "arrivals.time_scale=0" },
		"--set arrivals.time_scale: time_scale = '0': a number "
		"from 1e-09 to 1e+09 expected" },
	{ REPLAY, { "arrivals.time_scale=2", "arrivals.load=1" },
		"--set arrivals.time_scale: load and time_scale both set "
		"the rate: give one" },
	{ REPLAY, { "arrivals.load=1", "arrivals.rate_hz=1" },
		"--set arrivals.rate_hz: load and rate_hz both set the "
		"rate: give one" },
	{ REPLAY, { "arrivals.period=1s" },
		"--set arrivals.period: period is not a key of process = "
		"replay" },
	{ REPLAY, { "arrivals.clients=1" },
		"--set arrivals.clients: clients is not a key of process = "
		"replay" },
	{ REPLAY, { "workload.requests=13" },
		"r.csv: 12 rows, the workload needs 13" },
	{ REPLAY, { "workload.warmup=12", "workload.requests=" },
		"r.csv: 12 rows, the workload needs at least 13" },
	{ REPLAY, { "arrivals.window=0..30ns" },
		"r.csv: 6 rows kept, the workload needs 10" },
	{ REPLAY, { "arrivals.time_scale=1e9", "arrivals.file=late.csv" },
		"late.csv:11: scaled, its release is later than 2^60 ns" },
	{ REPLAY, { "arrivals.load=1", "arrivals.file=same.csv", "workload.requests=" },
		"same.csv: its rows have no rate that load or rate_hz "
		"could change" },
};

/* Twelve rows, releases 0 to 55 ns; two that a large factor takes too far; two
 * at one instant. */
static void put_replays(void)
{
	place_put("r.csv", "release_ns,relative_deadline_ns,input\n"
		"0,9,0\n5,9,0\n10,9,0\n15,9,0\n20,9,0\n25,9,0\n30,9,0\n"
		"35,9,0\n40,9,0\n45,9,0\n50,9,0\n55,9,0\n");
	place_put("late.csv", "release_ns,relative_deadline_ns,input\n"
		"0,9,0\n1,9,0\n2,9,0\n3,9,0\n4,9,0\n5,9,0\n6,9,0\n7,9,0\n"
		"8,9,0\n2000000000,9,0\n");
	place_put("same.csv", "release_ns,relative_deadline_ns,input\n"
		"5,9,0\n5,9,0\n");
}

START_TEST(a_bad_workload_gets_one_line)
{
	const char *text = bad[_i].text;
	struct workload *w;
	int n = 0;

	while (n < 4 && bad[_i].sets[n])
		n++;
	put_replays();
	msg_capture(1);
	w = workload_parse("w.ini", text, strlen(text), n, bad[_i].sets, 1);
	ck_assert_ptr_null(w);
	expect_refusal(bad[_i].message);
}
END_TEST

Suite *test_workload_bad(void);
Suite *test_workload_bad(void)
{
	Suite *s = suite_create("workload_bad");
	TCase *t = tcase_create("workload_bad");

	tcase_add_checked_fixture(t, place_enter, place_leave);
	tcase_add_loop_test(t, a_bad_workload_gets_one_line, 0,
		sizeof bad / sizeof *bad);
	suite_add_tcase(s, t);
	return s;
}
