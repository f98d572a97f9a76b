/* laxity trace scale: a modelled power-cap axis on a measured bundle. */
#include "../traces/scale.h"
#include "mem.h"
#include "msg.h"
#include "num.h"
#include "trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char trace_scale_manual[] =
	"usage: laxity trace scale IN OUT --power-limit FILE [OPTION ...]\n\n"
	"Makes bundle OUT from bundle IN, with one setting per power cap in place of\n"
	"IN's settings: cap700, cap630, ... OUT is marked `modelled`, in its\n"
	"provenance and in every output that uses it, since the caps were not measured\n"
	"on IN's device: FILE says how some GPU slowed down under power limits.\n\n"
	"The model. IN's default setting is the base. Under a cap every stage takes\n"
	"time(cap) / time(highest cap) times as long, in every environment, rounded\n"
	"half away from zero; it draws power(cap) / power(highest cap) times as much,\n"
	"but at least the idle power and at most the cap. Idle power stays, at most the\n"
	"cap. At the highest cap all is as measured. Costs of decisions and launches\n"
	"stay; device_ns is left empty, as is the clock below the highest cap.\n\n"
	"FILE is CSV, `#` lines first (they go to OUT's provenance: say there what was\n"
	"measured, on what, by whom), with one of these headers:\n\n"
	"  power_cap_w,relative_time,relative_power\n"
	"  dataset,network,batch_size,optimizer,power_limit,time_per_epoch,average_power\n\n"
	"Only ratios to the row of the highest cap count, so relative_time may as well\n"
	"be in seconds, relative_power in watts. The second is the format of the traces\n"
	"published with Zeus (You et al., NSDI 2023).\n\n"
	"Options:\n"
	"  --batch-size N    of the second format, use the rows with this batch size\n"
	"  --max-cap W       FILE's highest cap stands for W watts of IN's device, the\n"
	"                    others in proportion. Default: power_cap_w of IN's\n"
	"                    default setting; FILE's own watts if that is unknown\n"
	"  --full-power W    every stage draws W watts at the highest cap, instead of\n"
	"                    what it was measured to draw. For stages that do not load\n"
	"                    the device, and which no cap would slow down: the bundle\n"
	"                    then says what a loaded device would do\n\n"
	"Caps and powers are in watts, durations in nanoseconds. Example: the power-cap\n"
	"bundle of the ALERT experiments,\n\n"
	"  laxity trace scale traces/h100-cifar10 traces/h100-cifar10-caps \\\n"
	"    --power-limit traces/power-limit/v100-resnet50.csv --full-power 623\n";

struct options {
	const char *in, *out, *limits;
	int64_t batch_size;
	struct scaling scaling;
};

static int take_option(struct options *o, const char *name, const char *value)
{
	double *watts = NULL;
	int again = 0;

	if (!strcmp(name, "--power-limit")) {
		again = o->limits != NULL;
		o->limits = value;
	} else if (!strcmp(name, "--batch-size")) {
		again = o->batch_size != 0;
		if (num_integer(value, &o->batch_size) || o->batch_size < 1)
			return msg_bad("trace scale: --batch-size %s: an integer "
				"of at least 1 expected", value);
	} else if (!strcmp(name, "--max-cap")) {
		watts = &o->scaling.max_cap_w;
	} else if (!strcmp(name, "--full-power")) {
		watts = &o->scaling.full_power_w;
	} else {
		return msg_bad("trace scale: unknown option %s", name);
	}
	if (again || (watts && !isnan(*watts)))
		return msg_bad("trace scale: %s is given twice", name);
	if (watts && (num_real(value, watts) || !(*watts > 0)))
		return msg_bad("trace scale: %s %s: a positive number of watts "
			"expected", name, value);
	return 0;
}

static int take_options(struct options *o, int argc, char **argv)
{
	*o = (struct options){ .scaling = { .max_cap_w = NAN,
		.full_power_w = NAN } };
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--", 2)) {
			if (i + 1 == argc)
				return msg_bad("trace scale: %s: a value is "
					"missing", argv[i]);
			if (take_option(o, argv[i], argv[i + 1]))
				return -1;
			i++;
		} else if (o->out) {
			return msg_bad("trace scale: IN and OUT, nothing more: "
				"'%s'", argv[i]);
		} else {
			*(o->in ? &o->out : &o->in) = argv[i];
		}
	}
	if (!o->out)
		return msg_bad("trace scale: which IN and OUT?");
	if (!o->limits)
		return msg_bad("trace scale: which --power-limit FILE?");
	return 0;
}

/* Without paths, so that the bundle's bytes, and with them its checksum, depend
 * on what is in the files alone; their hashes are in the provenance. */
static void add_command(struct text *t, const struct options *o)
{
	text_add(t, "laxity trace scale IN OUT --power-limit FILE");
	if (o->batch_size)
		text_add(t, " --batch-size %lld", (long long)o->batch_size);
	if (!isnan(o->scaling.max_cap_w))
		text_add(t, " --max-cap %.9g", o->scaling.max_cap_w);
	if (!isnan(o->scaling.full_power_w))
		text_add(t, " --full-power %.9g", o->scaling.full_power_w);
}

static void print_made(const char *dir, const struct bundle *in,
	const struct power_limits *p, int raised)
{
	int stages = 0;

	for (int n = 0; n < in->nets; n++)
		stages += in->net[n].depths * p->limits;
	printf("%s: %d power caps, modelled\n", dir, p->limits);
	if (raised)
		msg_remark("%d of %d powers would fall below idle power and are "
			"set to it: see --full-power", raised, stages);
}

int trace_scale(int argc, char **argv)
{
	struct options o;
	struct power_limits limits;
	struct bundle *in;
	struct text command;
	int raised, status;

	if (take_options(&o, argc, argv)
	    || power_limits_read(&limits, o.limits, o.batch_size))
		return -1;
	in = bundle_read(o.in);
	if (!in) {
		power_limits_fini(&limits);
		return -1;
	}
	text_init(&command);
	add_command(&command, &o);
	o.scaling.command = command.s;
	status = bundle_scale(o.out, in, &limits, &o.scaling, &raised);
	if (!status)
		print_made(o.out, in, &limits, raised);
	text_fini(&command);
	bundle_free(in);
	power_limits_fini(&limits);
	return status;
}
