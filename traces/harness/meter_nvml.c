/* NVML by dlopen. The prototypes are ours, after NVIDIA's public reference:
 * nothing of theirs is needed to build. Handles are opaque pointers, results
 * are 0 or an error number. */
#include "meter_parts.h"

#include "../../sim/msg.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *handle;
typedef unsigned long long u64;
enum { CLOCK_SM = 1, CLOCK_MEMORY = 2, NO_PERMISSION = 4 };

struct process { unsigned pid; u64 used; unsigned a, b; };

struct nvml {
	struct meter meter;
	void *library;
	handle device;
	int (*init)(void), (*shutdown)(void);
	const char *(*error)(int);
	int (*by_id)(const char *, handle *), (*by_index)(unsigned, handle *);
	int (*energy)(handle, u64 *);
	int (*power)(handle, unsigned *);
	int (*clock)(handle, int, unsigned *), (*max_clock)(handle, int, unsigned *);
	int (*temperature)(handle, int, unsigned *);
	int (*events)(handle, u64 *);
	int (*processes)(handle, unsigned *, struct process *);
	int (*limit)(handle, unsigned *);
	int (*limits)(handle, unsigned *, unsigned *);
	int (*set_limit)(handle, unsigned);
	int (*lock)(handle, unsigned, unsigned), (*unlock)(handle);
	int (*ecc)(handle, int *, int *), (*mig)(handle, unsigned *, unsigned *);
	int (*persistence)(handle, int *);
	int (*driver)(char *, unsigned), (*version)(char *, unsigned);
};

/* Missing entries stay NULL: old drivers lack some, and what they would tell
 * is then not known. */
static void find(struct nvml *n, void *function, const char *name,
	const char *older)
{
	void *f = dlsym(n->library, name);

	if (!f && older)
		f = dlsym(n->library, older);
	memcpy(function, &f, sizeof f);
}

static void find_all(struct nvml *n)
{
	find(n, &n->init, "nvmlInit_v2", "nvmlInit");
	find(n, &n->shutdown, "nvmlShutdown", NULL);
	find(n, &n->error, "nvmlErrorString", NULL);
	find(n, &n->by_id, "nvmlDeviceGetHandleByPciBusId_v2", NULL);
	find(n, &n->by_index, "nvmlDeviceGetHandleByIndex_v2", NULL);
	find(n, &n->energy, "nvmlDeviceGetTotalEnergyConsumption", NULL);
	find(n, &n->power, "nvmlDeviceGetPowerUsage", NULL);
	find(n, &n->clock, "nvmlDeviceGetClockInfo", NULL);
	find(n, &n->max_clock, "nvmlDeviceGetMaxClockInfo", NULL);
	find(n, &n->temperature, "nvmlDeviceGetTemperature", NULL);
	find(n, &n->events, "nvmlDeviceGetCurrentClocksEventReasons",
		"nvmlDeviceGetCurrentClocksThrottleReasons");
	find(n, &n->processes, "nvmlDeviceGetComputeRunningProcesses_v3",
		"nvmlDeviceGetComputeRunningProcesses_v2");
	find(n, &n->limit, "nvmlDeviceGetPowerManagementLimit", NULL);
	find(n, &n->limits, "nvmlDeviceGetPowerManagementLimitConstraints", NULL);
	find(n, &n->set_limit, "nvmlDeviceSetPowerManagementLimit", NULL);
	find(n, &n->lock, "nvmlDeviceSetGpuLockedClocks", NULL);
	find(n, &n->unlock, "nvmlDeviceResetGpuLockedClocks", NULL);
	find(n, &n->ecc, "nvmlDeviceGetEccMode", NULL);
	find(n, &n->mig, "nvmlDeviceGetMigMode", NULL);
	find(n, &n->persistence, "nvmlDeviceGetPersistenceMode", NULL);
	find(n, &n->driver, "nvmlSystemGetDriverVersion", NULL);
	find(n, &n->version, "nvmlSystemGetNVMLVersion", NULL);
}

static int nvml_energy(struct meter *m, double *joules, double *extra)
{
	struct nvml *n = (struct nvml *)m;
	u64 mj;

	if (!n->energy || n->energy(n->device, &mj))
		return -1;
	*joules = (double)mj * 1e-3;
	*extra = 0;
	return 0;
}

static int ask(int (*f)(handle, int, unsigned *), handle device, int what)
{
	unsigned x;

	return f && !f(device, what, &x) ? (int)x : -1;
}

static void nvml_state(struct meter *m, struct meter_state *out)
{
	struct nvml *n = (struct nvml *)m;
	struct process list[64];
	unsigned x;
	u64 mask;

	out->sm_mhz = ask(n->clock, n->device, CLOCK_SM);
	out->memory_mhz = ask(n->clock, n->device, CLOCK_MEMORY);
	out->temperature_c = ask(n->temperature, n->device, 0);
	if (n->events && !n->events(n->device, &mask))
		out->events = (int64_t)mask;
	x = 64;
	if (n->processes && !n->processes(n->device, &x, list))
		out->others = (int)x;
	if (n->power && !n->power(n->device, &x))
		out->power_w = x * 1e-3;
}

static void nvml_facts(struct meter *m, struct text *out)
{
	struct nvml *n = (struct nvml *)m;
	char text[96] = "";
	unsigned now, next, low, high;
	int a, b;

	if (n->driver && !n->driver(text, sizeof text))
		text_add(out, "driver = %s\n", text);
	if (n->version && !n->version(text, sizeof text))
		text_add(out, "nvml = %s\n", text);
	if (n->limit && !n->limit(n->device, &now))
		text_add(out, "power_limit_w = %u\n", now / 1000);
	if (n->limits && !n->limits(n->device, &low, &high))
		text_add(out, "power_limit_range_w = %u to %u\n", low / 1000,
			high / 1000);
	if ((a = ask(n->max_clock, n->device, CLOCK_SM)) >= 0)
		text_add(out, "max_sm_clock_mhz = %d\n", a);
	if (n->ecc && !n->ecc(n->device, &a, &b))
		text_add(out, "ecc = %s\n", a ? "on" : "off");
	if (n->persistence && !n->persistence(n->device, &a))
		text_add(out, "persistence = %s\n", a ? "on" : "off");
	if (n->mig && !n->mig(n->device, &now, &next))
		text_add(out, "mig = %s\n", now ? "on" : "off");
	text_add(out, "energy_source = NVML total energy counter\n");
}

static int refused(const struct nvml *n, int status, const char *what)
{
	if (status == NO_PERMISSION)
		return msg_fail("NVML: %s: no permission (setters need "
			"administrator rights)", what);
	return msg_fail("NVML: %s: %s", what, n->error ? n->error(status)
		: "refused");
}

static int nvml_get_limit(struct meter *m, int *now_w, int *min_w, int *max_w)
{
	struct nvml *n = (struct nvml *)m;
	unsigned now, low, high;
	int s;

	if (!n->limit || !n->limits)
		return msg_fail("NVML: this driver knows no power limit");
	if ((s = n->limit(n->device, &now))
	    || (s = n->limits(n->device, &low, &high)))
		return refused(n, s, "reading the power limit");
	*now_w = (int)(now / 1000);
	*min_w = (int)((low + 999) / 1000);
	*max_w = (int)(high / 1000);
	return 0;
}

static int nvml_set_limit(struct meter *m, int watts)
{
	struct nvml *n = (struct nvml *)m;
	int s = n->set_limit(n->device, (unsigned)watts * 1000);

	return s ? refused(n, s, "setting the power limit") : 0;
}

static int nvml_max_clock(struct meter *m, int *mhz)
{
	struct nvml *n = (struct nvml *)m;

	*mhz = ask(n->max_clock, n->device, CLOCK_SM);
	return *mhz < 0 ? msg_fail("NVML: the largest SM clock is not known")
		: 0;
}

static int nvml_set_clock(struct meter *m, int mhz)
{
	struct nvml *n = (struct nvml *)m;
	int s;

	if (!n->lock || !n->unlock)
		return msg_fail("NVML: this driver cannot lock clocks");
	s = mhz ? n->lock(n->device, (unsigned)mhz, (unsigned)mhz)
		: n->unlock(n->device);
	return s ? refused(n, s, "locking the SM clock") : 0;
}

static void nvml_close(struct meter *m)
{
	struct nvml *n = (struct nvml *)m;

	(void)n->shutdown();
	(void)dlclose(n->library);
	free(n);
}

struct meter *meter_open_nvml(const char *library, const char *id,
	const char **why)
{
	struct nvml *n = mem_new(1, sizeof *n);
	unsigned now, next;
	int found;

	n->library = dlopen(library ? library : "libnvidia-ml.so.1", RTLD_NOW);
	if (!n->library) {
		*why = "no NVML here";
		free(n);
		return NULL;
	}
	find_all(n);
	*why = "NVML does not start";
	if (!n->init || !n->shutdown || n->init()) {
		(void)dlclose(n->library);
		free(n);
		return NULL;
	}
	found = *id && n->by_id && !n->by_id(id, &n->device);
	if (!found && !*id)
		found = n->by_index && !n->by_index(0, &n->device);
	n->meter = (struct meter){ .name = "nvml", .energy = nvml_energy,
		.state = nvml_state, .facts = nvml_facts,
		.get_limit = nvml_get_limit, .max_clock = nvml_max_clock,
		.set_limit = n->set_limit ? nvml_set_limit : NULL,
		.set_clock = nvml_set_clock, .close = nvml_close };
	/* A part of a board is not what the counter counts. */
	if (found && n->mig && !n->mig(n->device, &now, &next) && now)
		*why = "MIG is on, and NVML's counter is the whole board's";
	else if (!found)
		*why = "NVML does not know the device";
	else
		return &n->meter;
	nvml_close(&n->meter);
	return NULL;
}
