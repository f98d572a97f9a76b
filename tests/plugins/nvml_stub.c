/* A pretended libnvidia-ml: one board whose state is in files below
 * $LAXITY_STUB, so that it outlives a process. Every setter is logged there.
 *
 * $LAXITY_STUB_MODE holds any of: deny (setters lack permission), ignore
 * (setters do nothing), throttle, nocounter, still (the counter never moves), mig.
 * The board uses 100 W, and another 100 W while this process computes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *handle;
typedef unsigned long long u64;
enum { OK = 0, NOT_SUPPORTED = 3, NO_PERMISSION = 4 };

int nvmlInit_v2(void);
int nvmlShutdown(void);
const char *nvmlErrorString(int s);
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, handle *out);
int nvmlDeviceGetHandleByIndex_v2(unsigned i, handle *out);
int nvmlDeviceGetTotalEnergyConsumption(handle d, u64 *mj);
int nvmlDeviceGetMigMode(handle d, unsigned *now, unsigned *next);
int nvmlDeviceGetPowerUsage(handle d, unsigned *mw);
int nvmlDeviceGetClockInfo(handle d, int which, unsigned *mhz);
int nvmlDeviceGetMaxClockInfo(handle d, int which, unsigned *mhz);
int nvmlDeviceGetTemperature(handle d, int which, unsigned *c);
int nvmlDeviceGetCurrentClocksEventReasons(handle d, u64 *mask);
int nvmlDeviceGetPowerManagementLimit(handle d, unsigned *mw);
int nvmlDeviceGetPowerManagementLimitConstraints(handle d, unsigned *low,
	unsigned *high);
int nvmlDeviceSetPowerManagementLimit(handle d, unsigned mw);
int nvmlDeviceSetGpuLockedClocks(handle d, unsigned low, unsigned high);
int nvmlDeviceResetGpuLockedClocks(handle d);
int nvmlSystemGetDriverVersion(char *out, unsigned room);

static int mode(const char *word)
{
	const char *all = getenv("LAXITY_STUB_MODE");
	return all && strstr(all, word);
}

static FILE *state(const char *name, const char *how)
{
	char path[512];
	const char *dir = getenv("LAXITY_STUB");

	(void)snprintf(path, sizeof path, "%s/%s", dir ? dir : ".", name);
	return fopen(path, how);
}

static unsigned get(const char *name, unsigned missing)
{
	FILE *f = state(name, "r");
	unsigned x = missing;

	if (f) {
		if (fscanf(f, "%u", &x) != 1)
			x = missing;
		(void)fclose(f);
	}
	return x;
}

static int set(const char *name, unsigned x)
{
	FILE *f = state("log", "a");

	if (f) {
		(void)fprintf(f, "%s %u\n", name, x);
		(void)fclose(f);
	}
	if (mode("deny"))
		return NO_PERMISSION;
	if (mode("ignore"))
		return OK;
	f = state(name, "w");
	if (f) {
		(void)fprintf(f, "%u\n", x);
		(void)fclose(f);
	}
	return OK;
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int nvmlInit_v2(void)
{
	return OK;
}

int nvmlShutdown(void)
{
	return OK;
}

const char *nvmlErrorString(int s)
{
	return s == NOT_SUPPORTED ? "not supported" : "some error";
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *id, handle *out)
{
	(void)id;
	return nvmlDeviceGetHandleByIndex_v2(0, out);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned i, handle *out)
{
	static int board;
	*out = &board;
	return i ? NOT_SUPPORTED : OK;
}

/* In steps of 10 ms, where a real board has 100. */
int nvmlDeviceGetTotalEnergyConsumption(handle d, u64 *mj)
{
	static double last, joules;
	double now = seconds(CLOCK_MONOTONIC);

	(void)d;
	if (mode("nocounter"))
		return NOT_SUPPORTED;
	if (now - last >= 0.010 && !mode("still")) {
		last = now;
		joules = 100 * now + 100 * seconds(CLOCK_PROCESS_CPUTIME_ID);
	}
	*mj = (u64)(joules * 1e3);
	return OK;
}

int nvmlDeviceGetMigMode(handle d, unsigned *now, unsigned *next)
{
	(void)d;
	*now = *next = (unsigned)mode("mig");
	return OK;
}

int nvmlDeviceGetPowerUsage(handle d, unsigned *mw)
{
	(void)d;
	*mw = 150000;
	return OK;
}

int nvmlDeviceGetClockInfo(handle d, int which, unsigned *mhz)
{
	(void)d;
	*mhz = which == 1 ? get("clock", 1980) : 2619;
	if (which == 1 && !*mhz)
		*mhz = 1980;
	return OK;
}

int nvmlDeviceGetMaxClockInfo(handle d, int which, unsigned *mhz)
{
	(void)d;
	*mhz = which == 1 ? 1980 : 2619;
	return OK;
}

int nvmlDeviceGetTemperature(handle d, int which, unsigned *c)
{
	(void)d;
	(void)which;
	*c = 41;
	return OK;
}

int nvmlDeviceGetCurrentClocksEventReasons(handle d, u64 *mask)
{
	(void)d;
	*mask = mode("throttle") ? 0x20 : 0x1;
	return OK;
}

int nvmlDeviceGetPowerManagementLimit(handle d, unsigned *mw)
{
	(void)d;
	*mw = get("limit", 700000);
	return OK;
}

int nvmlDeviceGetPowerManagementLimitConstraints(handle d, unsigned *low,
	unsigned *high)
{
	(void)d;
	*low = 200000;
	*high = 700000;
	return OK;
}

int nvmlDeviceSetPowerManagementLimit(handle d, unsigned mw)
{
	(void)d;
	return set("limit", mw);
}

int nvmlDeviceSetGpuLockedClocks(handle d, unsigned low, unsigned high)
{
	(void)d;
	(void)high;
	return set("clock", low);
}

int nvmlDeviceResetGpuLockedClocks(handle d)
{
	(void)d;
	return set("clock", 0);
}

int nvmlSystemGetDriverVersion(char *out, unsigned room)
{
	(void)snprintf(out, room, "580.stub");
	return OK;
}
