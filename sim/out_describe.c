#include "out_describe.h"

#include "ini.h"
#include "num.h"
#include "workload_units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t description_full_ns(const char *resolved)
{
	const char *at = strstr(resolved, "\n; T is ");
	int64_t ns = 0;

	if (at)
		ns = strtoll(at + strlen("\n; T is "), NULL, 10);
	return ns > 0 ? ns : 0;
}

char *description_time(const char *value, int64_t full_ns)
{
	char multiple[32];
	int64_t ns;

	if (units_time(value, full_ns, &ns) || ns == 0)
		return mem_string(value);
	if (full_ns == 0)
		return mem_printf("%.3f ms", (double)ns * 1e-6);
	/* In T where that is what the writer may have meant. */
	(void)snprintf(multiple, sizeof multiple, "%.4g",
		(double)ns / (double)full_ns);
	if (num_scale_ns(full_ns, strtod(multiple, NULL)) == ns)
		return mem_printf("%sT (%.3f ms)", multiple, (double)ns * 1e-6);
	return mem_printf("%.3f ms", (double)ns * 1e-6);
}

static const char *get(struct ini *d, const char *section, const char *key)
{
	struct ini_entry *e = ini_find(d, section, key);

	return e ? e->value : "";
}

static void add(struct description *d, const char *name, char *text)
{
	d->line[d->n++] = (struct description_line){ name, text };
}

/* "closed, clients 20, reissue deadline". */
static char *list_section(struct ini *d, const char *section, int64_t full_ns)
{
	struct text t;

	text_init(&t);
	for (int i = 0; i < d->entries; i++) {
		char *value;
		if (strcmp(d->entry[i].section, section))
			continue;
		value = description_time(d->entry[i].value, full_ns);
		if (t.length == 0)
			text_add(&t, "%s", value);
		else
			text_add(&t, ", %s %s", d->entry[i].key, value);
		free(value);
	}
	return t.s;
}

static char *describe_deadline(struct ini *d, int64_t full_ns)
{
	char *min = description_time(get(d, "deadline", "min"), full_ns);
	char *max = description_time(get(d, "deadline", "max"), full_ns);
	char *value = description_time(get(d, "deadline", "value"), full_ns);
	char *text = *min ? mem_printf("uniform from %s to %s after release", min, max)
		: *value ? mem_printf("%s after release", value)
		: mem_string("as in the replayed file");

	free(min);
	free(max);
	free(value);
	return text;
}

static void add_rare(struct description *d, struct ini *ini, int64_t full_ns)
{
	if (strcmp(get(ini, "inputs", "order"), "uniform"))
		add(d, "inputs", list_section(ini, "inputs", full_ns));
	if (strcmp(get(ini, "environment", "timeline"), "0 default"))
		add(d, "environment", mem_string(get(ini, "environment",
			"timeline")));
	if (*get(ini, "goal", "objective"))
		add(d, "goal", list_section(ini, "goal", full_ns));
	if (strcmp(get(ini, "overhead", "decision"), "0"))
		add(d, "decision", description_time(get(ini, "overhead",
			"decision"), full_ns));
}

void description_init(struct description *d, const char *resolved,
	const char *device, const char *task, int modelled, double load,
	double mandatory_load)
{
	int64_t full_ns = description_full_ns(resolved);
	struct ini *ini = ini_read_text("workload", resolved, strlen(resolved));

	*d = (struct description){ 0 };
	if (!ini)
		return;
	add(d, "trace", mem_printf("%s: %s, %s%s", get(ini, "workload", "trace"),
		device, task, modelled ? " [modelled: not all of it is measured]"
		: ""));
	add(d, "network", mem_printf("%s; setting %s; devices %s; full depth of the "
		"first takes T = %.3f ms", get(ini, "workload", "networks"),
		get(ini, "workload", "settings"), get(ini, "workload", "devices"),
		(double)full_ns * 1e-6));
	add(d, "requests", mem_printf("%s measured, after %s of warm-up",
		get(ini, "workload", "requests"), get(ini, "workload", "warmup")));
	add(d, "arrivals", list_section(ini, "arrivals", full_ns));
	add(d, "deadline", describe_deadline(ini, full_ns));
	add_rare(d, ini, full_ns);
	if (!isnan(load))
		add(d, "load", mem_printf("%.3f of capacity if every request ran to "
			"full depth, %.3f for the mandatory depth alone", load,
			mandatory_load));
	ini_free(ini);
}

void description_fini(struct description *d)
{
	for (int i = 0; i < d->n; i++)
		free(d->line[i].text);
	*d = (struct description){ 0 };
}
