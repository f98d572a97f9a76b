/* laxity profile: options, and the order of the work. */
#include "measure.h"

#include "../bundle_write.h"

#include "../../sim/command.h"
#include "../../sim/msg.h"
#include "../../sim/num.h"

#include <stdlib.h>
#include <string.h>

static void on_signal(int number)
{
	(void)number;
	measure_interrupted = 1;
}

static void catch_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		(void)sigaction(ends[i], &a, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* What is not a measurement: other processes of one, and the last resort. */
struct other { const char *watch, *serve, *restore; int64_t intensity; };

struct option {
	const char *name;
	const char **text;      /* one of these: takes a word, */
	int *number;            /* a number in range, */
	int64_t min, max;
	int *flag;              /* or nothing */
};

static int read_options(struct measure_options *o, struct other *x, int argc,
	char **argv)
{
	int no_energy = 0, seed = 1, intensity = 100, seconds = 0, warm = -1;
	const struct option options[] = {
		{ "--backend", &o->backend, 0, 0, 0, 0 },
		{ "--device", &o->device, 0, 0, 0, 0 },
		{ "--networks", &o->networks, 0, 0, 0, 0 },
		{ "--data", &o->data, 0, 0, 0, 0 },
		{ "--out", &o->out, 0, 0, 0, 0 },
		{ "--settings", &o->settings, 0, 0, 0, 0 },
		{ "--environments", &o->environments, 0, 0, 0, 0 },
		{ "--task", &o->task, 0, 0, 0, 0 },
		{ "--name", &o->name, 0, 0, 0, 0 },
		{ "--nvml", &o->nvml, 0, 0, 0, 0 },
		{ "--powercap", &o->powercap, 0, 0, 0, 0 },
		{ "--again", &o->again, 0, 0, 0, 0 },
		{ "--no-repeat", 0, 0, 0, 0, &o->no_repeat },
		{ "--no-events", 0, 0, 0, 0, &o->no_events },
		{ "--compare", &o->compare, 0, 0, 0, 0 },
		{ "--peaks", &o->peaks, 0, 0, 0, 0 },
		{ "--budget", 0, &o->budget_s, 10, 1000000, 0 },
		{ "--restore", &x->restore, 0, 0, 0, 0 },
		{ "--watch", &x->watch, 0, 0, 0, 0 },
		{ "--serve-load", &x->serve, 0, 0, 0, 0 },
		{ "--inputs", 0, &o->inputs, 1, INT32_MAX, 0 },
		{ "--passes", 0, &o->passes, 10, 1000000, 0 },
		{ "--mandatory-depth", 0, &o->mandatory, 1, BUNDLE_MAX_DEPTH, 0 },
		{ "--seed", 0, &seed, 1, INT32_MAX, 0 },
		{ "--window", 0, &seconds, 1, 3600, 0 },
		{ "--warm-up", 0, &warm, 0, 3600, 0 },
		{ "--intensity", 0, &intensity, 1, 100, 0 },
		{ "--quick", 0, 0, 0, 0, &o->quick },
		{ "--resume", 0, 0, 0, 0, &o->resume },
		{ "--no-energy", 0, 0, 0, 0, &no_energy },
		{ "--change-device-settings", 0, 0, 0, 0, &o->change_settings },
	};
	enum { COUNT = sizeof options / sizeof *options };
	int seen[COUNT] = { 0 };

	for (int i = 1; i < argc; i++) {
		const struct option *p = NULL;
		int64_t n;
		for (int k = 0; k < COUNT; k++)
			if (!strcmp(argv[i], options[k].name)) {
				p = &options[k];
				if (seen[k]++)
					return msg_bad("profile: %s twice",
						argv[i]);
			}
		if (!p)
			return msg_bad("profile: unknown option '%s'; laxity "
				"profile --help lists them", argv[i]);
		if (p->flag) {
			*p->flag = 1;
			continue;
		}
		if (++i == argc || !*argv[i])
			return msg_bad("profile: %s: a value is missing",
				p->name);
		if (p->text) {
			*p->text = argv[i];
		} else if (num_integer(argv[i], &n) || n < p->min
		    || n > p->max) {
			return msg_bad("profile: %s '%s': %lld to %lld",
				p->name, argv[i], (long long)p->min,
				(long long)p->max);
		} else {
			*p->number = (int)n;
		}
	}
	o->seed = (uint32_t)seed;
	o->energy = !no_energy;
	o->window_s = seconds ? seconds : o->quick ? 2 : 5;
	o->warm_s = warm >= 0 ? warm : o->quick ? 5 : 30;
	x->intensity = intensity;
	return 0;
}

static int read_peaks(struct measure_options *o)
{
	char *text = mem_string(o->peaks), *comma = strchr(text, ',');
	double tflop_s, tb_s;
	int bad = !comma;

	if (comma)
		*comma = '\0';
	bad = bad || num_real(text, &tflop_s) || num_real(comma + 1, &tb_s)
		|| !(tflop_s > 0 && tb_s > 0);
	free(text);
	if (bad)
		return msg_bad("profile: --peaks '%s': TFLOP/S,TB/S, say 989.4,3.35",
			o->peaks);
	o->peak_flop_s = tflop_s * 1e12;
	o->peak_bytes_s = tb_s * 1e12;
	return 0;
}

static int need(struct measure_options *o)
{
	if (!o->backend)
		return msg_bad("profile: --backend NAME (cudnn, onednn, plain, "
			"replay)");
	if (!o->networks)
		return msg_bad("profile: --networks FILE.onnx,... (or names of "
			"those in workloads/networks)");
	if (!o->data)
		return msg_bad("profile: --data FILE or folder with the images");
	if (!o->out && !o->again)
		return msg_bad("profile: --out DIR for the bundle");
	if (o->peaks && read_peaks(o))
		return -1;
	/* Now, not when all is measured and the bundle is written. */
	if (o->name && bundle_check_value("profile", "--name", o->name))
		return -1;
	if (o->task && !num_is_name(o->task))
		return msg_bad("profile: --task '%s': letters, digits, '.', '_' "
			"and '-'", o->task);
	return 0;
}

static int work(struct measure *m)
{
	if (measure_open(m))
		return -1;
	if (m->o.again)
		return measure_again_child(m) ? -1 : STATUS_OK;
	if (measure_null(m) || measure_warm(m) || measure_passes(m)
	    || measure_conditions(m) || measure_whole(m) || measure_times(m)
	    || measure_energy(m) || measure_again(m))
		return -1;
	/* From here on it is quick, and a second signal may end it. */
	return measure_report(m);
}

static char *join(int argc, char **argv)
{
	struct text t;

	text_init(&t);
	text_add(&t, "laxity");
	for (int i = 0; i < argc; i++)
		text_add(&t, " %s", argv[i]);
	return t.s;
}

static int profile_main(int argc, char **argv)
{
	struct measure m = { .o = { .passes = 0, .mandatory = 1 } };
	struct other x = { 0 };
	struct load load = { 0 };
	char *line;
	int status;

	if (read_options(&m.o, &x, argc, argv))
		return -1;
	if (x.watch)
		return guard_watch(x.watch, m.o.nvml);
	if (x.restore)
		return guard_restore_file(x.restore, m.o.nvml);
	if (x.serve && m.o.backend) {
		load.memory = !strcmp(x.serve, "memory");
		load.intensity = (int)x.intensity;
		load.seed = m.o.seed;
		return load_serve(m.o.backend, m.o.device, &load);
	}
	if (need(&m.o))
		return -1;
	if (!m.o.passes)
		m.o.passes = m.o.quick ? 200 : 1000;
	m.o.command_line = line = join(argc, argv);
	catch_signals();
	status = work(&m);
	if (status < 0 && measure_interrupted && m.block)
		(void)msg_fail("interrupted: %s keeps %d blocks, --resume goes "
			"on with them", m.partial, m.block);
	else if (status < 0 && measure_interrupted)
		(void)msg_fail("interrupted");
	if (status < 0)
		measure_store_undo(&m);
	measure_close(&m);
	free(line);
	return status;
}

const struct command command_profile = {
	.name = "profile", .order = 60,
	.summary = "measure networks on a device, write a trace bundle",
	.manual =
	"usage: laxity profile --backend NAME --networks LIST --data PATH --out DIR\n"
	"       [OPTION ...]\n\n"
	"Runs every network on real inputs, stage by stage, and writes what was\n"
	"measured as the bundle DIR, which `laxity run` takes. The raw data are in\n"
	"DIR/raw. A report with the checks of the measurement goes to standard\n"
	"output. While it works the data are in DIR.partial, which is no bundle.\n\n"
	"  --backend NAME        cudnn, onednn, plain (the slow reference), replay\n"
	"                        (repeats a bundle: --device and --data are its\n"
	"                        folder), or the path of a shared object\n"
	"  --device WHICH        which device of the backend; default the first\n"
	"  --networks LIST       ONNX files, or names of those in\n"
	"                        workloads/networks, separated by commas\n"
	"  --data PATH           CIFAR-10 binary file or its folder; IDX images,\n"
	"                        plain or gzip, or their folder\n"
	"  --inputs N            the first N images only\n"
	"  --out DIR             must not exist, or be empty\n"
	"  --resume              go on with DIR.partial\n"
	"  --settings LIST       UNITS[@CAPW][@CLOCKMHz], e.g. 132,32,132@400W; the\n"
	"                        first is the default; units are SMs or cores\n"
	"  --environments LIST   default and compute|memory-stream|timeslice|mps|\n"
	"                        thread[-PERCENT], e.g. default,compute-timeslice\n"
	"  --passes N            at least, outside the default combination, which\n"
	"                        takes every input once (1000; --quick 200)\n"
	"  --quick               the default setting only, 2 s energy windows;\n"
	"                        marked in the bundle\n"
	"  --window SECONDS      length of an energy window (5)\n"
	"  --budget SECONDS      end after about so long, from the start: the default\n"
	"                        combination first, which is always whole, then other\n"
	"                        settings, then other environments, then both; what\n"
	"                        is not reached is left out, and said\n"
	"  --compare FILE        another program's times, printed beside ours: CSV\n"
	"                        network,depth,p50_us,p99_us,device_p50_us,\n"
	"                        transfers_p50_us (workloads/networks/time_torch.py)\n"
	"  --peaks TFLOP/S,TB/S  the device's, for the roofline in the report; known of\n"
	"                        H100, H200 and A100 (NVIDIA's data sheets, float16)\n"
	"  --warm-up SECONDS     at most, until three blocks agree (30; --quick 5)\n"
	"  --no-energy           leave the energy fields empty\n"
	"  --no-repeat           not once more in a new process\n"
	"  --nvml FILE           another library for the energy counter of a GPU\n"
	"  --powercap DIR        another folder than /sys/class/powercap\n"
	"  --task NAME, --name TEXT, --mandatory-depth N\n"
	"                        as written in trace.ini; default: the network's\n"
	"                        task, the device's name, 1\n"
	"  --seed N              of every random order, 1 to 2147483647 (1)\n"
	"  --change-device-settings\n"
	"                        allow power caps and clocks in --settings; needs\n"
	"                        administrator rights; old values are put back\n"
	"                        however the program ends\n"
	"  --restore FILE        put back what DIR.partial/device-settings.saved\n"
	"                        says, should that ever be needed\n\n"
	"Exit status: 0 done, 3 bundle written but a check failed, 1 a device or\n"
	"disk failed or the program was interrupted, 2 usage or bad input.\n"
	"Times in the bundle are nanoseconds, power watts; the report has us, W, J.\n",
	.main = profile_main,
};
