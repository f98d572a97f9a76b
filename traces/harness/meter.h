/* Where joules come from: a counter of the device's energy, and what else the
 * board says of itself. Meters know nothing of backends.
 *
 * NVML is opened by dlopen, so nothing of NVIDIA's is needed to build; RAPL is
 * a folder of text files in sysfs. A meter that is not there, or may not be
 * read, is no error: energy stays empty in the bundle. */
#ifndef LAXITY_METER_H
#define LAXITY_METER_H

#include "../../sim/mem.h"

#include <stddef.h>
#include <stdint.h>

struct meter;

/* What can be asked between passes; -1 where it is not known. */
struct meter_state {
	int sm_mhz, memory_mhz, temperature_c;
	int64_t events;         /* clock-event mask of NVML */
	int others;             /* processes with a context, ours among them */
	double power_w;
};

/* Bits of the mask that make a block unclean: power cap, slowdowns, heat. */
#define METER_POWER_CAP 0x4
#define METER_THROTTLE (METER_POWER_CAP | 0x8 | 0x20 | 0x40 | 0x80)

/* library: NULL for libnvidia-ml.so.1. id: PCI bus address of the device.
 * NULL, and *why a static string, if it cannot be had. */
struct meter *meter_open_nvml(const char *library, const char *id,
	const char **why);
/* dir: NULL for /sys/class/powercap. */
struct meter *meter_open_rapl(const char *dir, const char **why);
void meter_close(struct meter *m);

const char *meter_name(const struct meter *m); /* "nvml", "rapl" */

/* Joules since some moment; never falls. extra: DRAM on a CPU, 0 without. -1
 * if the counter cannot be read (no message). */
int meter_energy(struct meter *m, double *joules, double *extra);

void meter_read_state(struct meter *m, struct meter_state *out);

/* "key = value" lines for provenance: driver, limit, clocks, ECC, ... */
void meter_facts(struct meter *m, struct text *out);

/* ---- Changing the device (guard.c is the only caller) -------------------- */

/* Power limit now and its range, in watts; -1 after a message. */
int meter_get_limit(struct meter *m, int *now_w, int *min_w, int *max_w);
int meter_set_limit(struct meter *m, int watts);
/* Lock the SM clock to one value; 0 MHz: unlock. */
int meter_max_clock(struct meter *m, int *mhz);
int meter_set_clock(struct meter *m, int mhz);
/* Could a setter work at all? -1 without a message if not (no NVML). */
int meter_can_set(const struct meter *m);

#endif
