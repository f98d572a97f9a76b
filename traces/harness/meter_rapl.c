/* Energy of the CPU packages from the powercap tree of sysfs: the sum of the
 * zones called package-*, without their children; DRAM apart. The counters
 * wrap at max_energy_range_uj (262 kJ: a quarter of an hour at 300 W), so
 * they must be read more often than that. */
#include "meter_parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct zone {
	char *path;             /* of energy_uj */
	double last_uj, range_uj, total_uj;
	int dram;
};

struct rapl {
	struct meter meter;
	struct zone *zone;
	int zones, room;
};

static int read_number(const char *path, double *out)
{
	FILE *f = fopen(path, "r");
	char line[64];
	char *end;
	int bad = 1;

	if (!f)
		return -1;
	if (fgets(line, sizeof line, f)) {
		*out = strtod(line, &end);
		bad = end == line || *out < 0;
	}
	(void)fclose(f);
	return bad ? -1 : 0;
}

static int rapl_energy(struct meter *m, double *joules, double *extra)
{
	struct rapl *r = (struct rapl *)m;

	*joules = *extra = 0;
	for (int i = 0; i < r->zones; i++) {
		struct zone *z = &r->zone[i];
		double now;
		if (read_number(z->path, &now))
			return -1;
		z->total_uj += now - z->last_uj + (now < z->last_uj
			? z->range_uj : 0);
		z->last_uj = now;
		*(z->dram ? extra : joules) += z->total_uj * 1e-6;
	}
	return 0;
}

static void rapl_facts(struct meter *m, struct text *out)
{
	const struct rapl *r = (const struct rapl *)m;
	int packages = 0;

	for (int i = 0; i < r->zones; i++)
		packages += !r->zone[i].dram;
	text_add(out, "energy_source = RAPL, %d packages\n", packages);
}

static void rapl_close(struct meter *m)
{
	struct rapl *r = (struct rapl *)m;

	for (int i = 0; i < r->zones; i++)
		free(r->zone[i].path);
	free(r->zone);
	free(r);
}

/* A zone is a folder with `name` and `energy_uj`. */
static int add_zone(struct rapl *r, const char *dir, const char *entry)
{
	char *path = mem_printf("%s/%s/name", dir, entry), name[64] = "";
	FILE *f = fopen(path, "r");
	struct zone z = { 0 };
	int bad = 0;

	free(path);
	if (!f)
		return 0;
	if (!fgets(name, sizeof name, f))
		name[0] = 0;
	(void)fclose(f);
	z.dram = !strncmp(name, "dram", 4);
	if (strncmp(name, "package-", 8) && !z.dram)
		return 0;
	path = mem_printf("%s/%s/max_energy_range_uj", dir, entry);
	bad = read_number(path, &z.range_uj);
	free(path);
	z.path = mem_printf("%s/%s/energy_uj", dir, entry);
	bad = bad || read_number(z.path, &z.last_uj);
	if (bad) {
		free(z.path);
		return -1;
	}
	MEM_ROOM(r->zone, r->zones, r->room);
	r->zone[r->zones++] = z;
	return 0;
}

struct meter *meter_open_rapl(const char *dir, const char **why)
{
	struct rapl *r;
	struct dirent *e;
	DIR *d;
	int bad = 0, packages = 0;

	if (!dir)
		dir = "/sys/class/powercap";
	*why = "no RAPL counters on this machine";
	if (!(d = opendir(dir)))
		return NULL;
	r = mem_new(1, sizeof *r);
	r->meter = (struct meter){ .name = "rapl", .energy = rapl_energy,
		.facts = rapl_facts, .close = rapl_close };
	while (!bad && (e = readdir(d)))
		/* MSR and MMIO show the same packages: the first only. */
		if (e->d_name[0] != '.' && !strstr(e->d_name, "mmio"))
			bad = add_zone(r, dir, e->d_name);
	(void)closedir(d);
	for (int i = 0; i < r->zones; i++)
		packages += !r->zone[i].dram;
	if (bad)
		*why = "RAPL counters may not be read (often for root only)";
	if (bad || !packages) {
		rapl_close(&r->meter);
		return NULL;
	}
	return &r->meter;
}
