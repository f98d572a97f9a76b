/* laxity devices: what a backend would measure on. */
#include "backend.h"

#include "../../sim/command.h"
#include "../../sim/msg.h"

#include <stdio.h>
#include <string.h>

static int devices_main(int argc, char **argv)
{
	const char *name = NULL, *which = NULL;
	const struct backend *b;
	struct dev_info info;
	struct dev *d;
	int bad;

	for (int i = 1; i < argc; i += 2) {
		const char **to = !strcmp(argv[i], "--backend") ? &name
			: !strcmp(argv[i], "--device") ? &which : NULL;
		if (!to || *to || i + 1 == argc)
			return msg_bad("devices: --backend NAME [--device WHICH]");
		*to = argv[i + 1];
	}
	if (!name)
		return msg_bad("devices: --backend NAME (cudnn, onednn, plain, "
			"replay)");
	if (!(b = backend_load(name)) || b->open(&d, which))
		return -1;
	bad = b->info(d, &info);
	if (!bad)
		printf("backend = %s: %s\ndevice = %s\nid = %s\nunit = %s\n"
			"units = %d\nleast = %d\nstep = %d\nprecision = %s\n"
			"versions = %s\n", b->name, b->summary, info.name,
			info.id, info.unit, info.units, info.units_min,
			info.units_step, info.precision, info.versions);
	b->close(d);
	return bad ? -1 : STATUS_OK;
}

const struct command command_devices = {
	.name = "devices", .order = 59,
	.summary = "what a backend finds on this machine",
	.manual =
	"usage: laxity devices --backend NAME [--device WHICH]\n\n"
	"Opens the device and prints its name, how many units (SMs or cores) a\n"
	"setting may have, the least and the step of that, and the versions of the\n"
	"libraries. Exit status 1 if there is no device.\n"
	"Units: counts are SMs or cores.\n",
	.main = devices_main,
};
