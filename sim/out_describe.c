#include "out_describe.h"

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

/* The entries of a resolved text. That is made by us, so it is not checked; of
 * a text that is not, what looks like entries is taken. */
struct entry { const char *section, *key, *value; };

struct entries { int n, room; struct entry *entry; char *copy; };

static void entries_init(struct entries *d, const char *resolved)
{
	char *save = NULL;
	const char *section = "";

	*d = (struct entries){ .copy = mem_string(resolved) };
	for (char *line = strtok_r(d->copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *equals = strstr(line, " = ");
		if (*line == '[') {
			section = line + 1;
			line[strcspn(line, "]")] = 0;
		} else if (*line != ';' && equals) {
			*equals = 0;
			MEM_ROOM(d->entry, d->n, d->room);
			d->entry[d->n++] = (struct entry){ section, line,
				equals + 3 };
		}
	}
}

static void entries_fini(struct entries *d)
{
	free(d->entry);
	free(d->copy);
}

static const char *get(const struct entries *d, const char *section,
	const char *key)
{
	for (int i = 0; i < d->n; i++)
		if (!strcmp(d->entry[i].section, section)
		    && !strcmp(d->entry[i].key, key))
			return d->entry[i].value;
	return "";
}

/* The text is freed with d. */
static void add(struct description *d, const char *name, char *text)
{
	struct description_line *line = &d->line[d->n++];

	line->name = name;
	line->text = text;
}

/* "closed, clients 20, reissue deadline". */
static char *list_section(const struct entries *d, const char *section, int64_t full_ns)
{
	struct text t;

	text_init(&t);
	for (int i = 0; i < d->n; i++) {
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

static char *describe_deadline(const struct entries *d, int64_t full_ns)
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

static void add_rare(struct description *d, const struct entries *e, int64_t full_ns)
{
	if (strcmp(get(e, "inputs", "order"), "uniform"))
		add(d, "inputs", list_section(e, "inputs", full_ns));
	if (strcmp(get(e, "environment", "timeline"), "0 default"))
		add(d, "environment", mem_string(get(e, "environment",
			"timeline")));
	if (*get(e, "goal", "objective"))
		add(d, "goal", list_section(e, "goal", full_ns));
	if (strcmp(get(e, "overhead", "decision"), "0"))
		add(d, "decision", description_time(get(e, "overhead",
			"decision"), full_ns));
}

void description_init(struct description *d, const char *resolved,
	const char *device, const char *task, int modelled, double load,
	double mandatory_load)
{
	int64_t full_ns = description_full_ns(resolved);
	struct entries all;
	const struct entries *e = &all;

	*d = (struct description){ 0 };
	entries_init(&all, resolved);
	add(d, "trace", mem_printf("%s: %s, %s%s", get(e, "workload", "trace"),
		device, task, modelled ? " [modelled: not all of it is measured]"
		: ""));
	add(d, "network", mem_printf("%s; setting %s; devices %s; full depth of the "
		"first takes T = %.3f ms", get(e, "workload", "networks"),
		get(e, "workload", "settings"), get(e, "workload", "devices"),
		(double)full_ns * 1e-6));
	add(d, "requests", mem_printf("%s measured, after %s of warm-up",
		get(e, "workload", "requests"), get(e, "workload", "warmup")));
	add(d, "arrivals", list_section(e, "arrivals", full_ns));
	add(d, "deadline", describe_deadline(e, full_ns));
	add_rare(d, e, full_ns);
	if (!isnan(load))
		add(d, "load", mem_printf("%.3f of capacity if every request ran to "
			"full depth, %.3f for the mandatory depth alone", load,
			mandatory_load));
	entries_fini(&all);
}

void description_fini(struct description *d)
{
	for (int i = 0; i < d->n; i++)
		free(d->line[i].text);
	*d = (struct description){ 0 };
}
