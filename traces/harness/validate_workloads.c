#include "validate_workloads.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A tenth of a run says what decisions cost; fewer stages than these do not,
 * and more say nothing new. */
enum { REHEARSAL_LEAST = 100, REHEARSAL_MOST = 2000 };

const char *const validate_overheads[] = { "measured", "trace", "workload", NULL };

static int is_free(const struct workload *w)
{
	return w->overhead == OVERHEAD_FIXED && w->decision_ns == 0;
}

static int bundle_has_costs(const struct workload *w)
{
	for (int i = 0; i < w->settings; i++) {
		const struct bundle_overhead *o
			= &w->bundle->overhead[w->setting[i]];
		if (!o->decisions || !o->launches)
			return 0;
	}
	return 1;
}

static int has_load(const struct workload *w)
{
	return w->process != PROCESS_CLOSED && w->process != PROCESS_REPLAY;
}

/* "section.key=" of both is the same. */
static int same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=") + 1;

	return !strncmp(a, b, n);
}

/* The file at a load (NAN: its own) with so many requests (0: its own) and a
 * decision cost (NULL: its own), which go before the user's settings. */
static struct workload *read_as(const struct validate_source *s, double load,
	int64_t requests, const char *decision)
{
	const char **sets = mem_new((size_t)s->sets.n + 3, sizeof *sets);
	struct workload *w;
	char *own[3];
	int owns = 0, n = 0;

	if (!isnan(load))
		own[owns++] = mem_printf("arrivals.load=%.9g", load);
	if (requests)
		own[owns++] = mem_printf("workload.requests=%lld",
			(long long)requests);
	if (decision)
		own[owns++] = mem_printf("overhead.decision=%s", decision);
	for (int i = 0; i < s->sets.n; i++) {
		int taken = 0;
		for (int k = 0; k < owns; k++)
			taken |= same_key(own[k], s->sets.item[i]);
		if (!taken)
			sets[n++] = s->sets.item[i];
	}
	for (int k = 0; k < owns; k++)
		sets[n++] = own[k];
	w = workload_read(s->file, n, sets, (uint32_t)s->seed);
	while (owns > 0)
		free(own[--owns]);
	free(sets);
	return w;
}

/* Long enough, and with the bundle's costs if these are asked for. */
static struct workload *read_load(const struct validate_source *s, double load)
{
	struct workload *w = read_as(s, load, 0, NULL);
	const char *decision;
	int64_t requests;

	if (!w)
		return NULL;
	requests = has_load(w) ? (int64_t)ceil(w->rate_hz * (double)s->seconds)
		: 0;
	if (requests <= w->requests)
		requests = 0;
	decision = s->overhead == VALIDATE_TRACE && is_free(w)
		&& bundle_has_costs(w) ? "trace" : NULL;
	if (!requests && !decision)
		return w;
	workload_free(w);
	return read_as(s, load, requests, decision);
}

static int add(struct validate_loads *v, const struct validate_source *s,
	double load)
{
	v->load[v->n] = load;
	v->workload[v->n] = read_load(s, load);
	return v->workload[v->n++] ? 0 : -1;
}

static int add_list(struct validate_loads *v, const struct validate_source *s,
	const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		char *word = mem_string_n(list, n);
		double load;
		int bad = num_real(word, &load) || !(load > 0);
		if (bad)
			(void)msg_bad("validate: --loads: '%s' is no positive "
				"number", word);
		free(word);
		if (bad || add(v, s, load))
			return -1;
		list += n + (list[n] == ',');
	}
	return v->n ? 0 : msg_bad("validate: --loads: none given");
}

int validate_loads_read(struct validate_loads *v, const struct validate_source *s)
{
	const char *list = s->loads ? s->loads : "0.3,0.6,0.9,1.2";
	struct workload *w = read_as(s, NAN, 0, NULL);
	size_t most = strlen(list) + 1;
	int open;

	*v = (struct validate_loads){ .load = mem_new(most, sizeof *v->load),
		.workload = mem_new(most, sizeof *v->workload) };
	if (!w)
		return -1;
	open = has_load(w);
	if (!open && s->loads)
		(void)msg_bad("validate: --loads: %s has %s arrivals, whose load "
			"is not set", s->file, w->process == PROCESS_CLOSED
			? "closed" : "replayed");
	workload_free(w);
	if (!open)
		return s->loads ? -1 : add(v, s, NAN);
	return add_list(v, s, list);
}

void validate_loads_fini(struct validate_loads *v)
{
	for (int i = 0; i < v->n; i++)
		workload_free(v->workload[i]);
	free(v->workload);
	free(v->load);
}

/* ---- Decision costs ------------------------------------------------------------------ */

int validate_cost_is_open(const struct validate_source *s,
	const struct validate_loads *v, int k)
{
	return s->overhead == VALIDATE_MEASURED && is_free(v->workload[k]);
}

struct workload *validate_rehearsal(const struct validate_source *s,
	const struct validate_loads *v, int k)
{
	int64_t all = v->workload[k]->requests, n = all / 10;

	n = n < REHEARSAL_LEAST ? REHEARSAL_LEAST
		: n > REHEARSAL_MOST ? REHEARSAL_MOST : n;
	return read_as(s, v->load[k], n < all ? n : all, NULL);
}

struct workload *validate_with_cost(const struct validate_source *s,
	const struct validate_loads *v, int k, int64_t decision_ns)
{
	char *decision = mem_printf("%lldns", (long long)decision_ns);
	struct workload *w = read_as(s, v->load[k], v->workload[k]->requests,
		decision);

	free(decision);
	return w;
}
