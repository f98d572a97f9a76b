/* Is it the same once more? The first network's default combination in a new
 * process: durations and outcomes against ours. */

#include "measure.h"

#include "self.h"

#include "../../sim/msg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count_again(const struct measure *m)
{
	int n = m->o.quick ? 200 : 1000;

	return n < m->images.count ? n : m->images.count;
}

/* The new process: rows on standard output. */
int measure_again_child(struct measure *m)
{
	const int depths = m->net[0]->depths, n = count_again(m);
	struct sample *s = mem_new((size_t)(n * depths), sizeof *s);
	double joules;
	int bad = measure_warm(m);

	for (int i = 0; i < n && !bad; i++)
		bad = measure_pass(m, measure_plan(m, 0, 0), depths, m->order[i],
			s + i * depths);
	for (int i = 0; i < n * depths && !bad; i++)
		printf("%lld %d %.9g\n", (long long)s[i].duration_ns,
			s[i].prediction, (double)s[i].confidence);
	free(s);
	if (!bad && measure_pass_energy(m, &joules) == 0)
		printf("energy %.9g\n", joules);
	return bad ? -1 : 0;
}

/* Both p50 and p99 of the pass, from as many passes of ours. */
static void compare(struct measure *m, const struct combo *c, int n,
	int64_t *theirs)
{
	int64_t *ours = mem_new((size_t)n, sizeof *ours);
	double q[2][2];

	for (int i = 0; i < n; i++)
		for (int d = 0; d < c->depths; d++)
			ours[i] += c->sample[i * c->depths + d].duration_ns;
	for (int k = 0; k < 2; k++) {
		q[0][k] = (double)measure_quantile(ours, n, k ? 0.99 : 0.5);
		q[1][k] = (double)measure_quantile(theirs, n, k ? 0.99 : 0.5);
	}
	m->again_p50 = q[1][0] / q[0][0] - 1;
	m->again_p99 = q[1][1] / q[0][1] - 1;
	m->again_done = 1;
	free(ours);
}

static int read_child(struct measure *m, FILE *f)
{
	const struct combo *c = &m->combo[0];
	const int n = count_again(m);
	int64_t *pass = mem_new((size_t)n, sizeof *pass);
	int rows = 0;
	long long ns;
	int prediction;
	double confidence, joules;

	while (rows < n * c->depths
	    && fscanf(f, "%lld %d %lf", &ns, &prediction, &confidence) == 3) {
		const struct sample *s = &c->sample[rows];
		pass[rows / c->depths] += ns;
		m->again_changed += prediction != s->prediction
			|| fabs(confidence - (double)s->confidence) > 1e-6;
		rows++;
	}
	if (rows == n * c->depths)
		compare(m, c, n, pass);
	if (m->pass_j > 0 && fscanf(f, " energy %lf", &joules) == 1)
		m->again_j = joules / m->pass_j - 1;
	free(pass);
	return rows == n * c->depths ? 0 : -1;
}

int measure_again(struct measure *m)
{
	char inputs[16], seed[16], setting[32], window[16], warm[16];
	const char *a[48] = { "profile", "--again", m->net[0]->file,
		"--backend", m->o.backend, "--networks", m->net[0]->file,
		"--data", m->o.data, "--inputs", inputs, "--seed", seed,
		"--settings", setting, "--window", window,
		"--warm-up", warm };
	int k = 19, from;
	pid_t pid;
	FILE *f;

	(void)snprintf(inputs, sizeof inputs, "%d", m->images.count);
	(void)snprintf(seed, sizeof seed, "%u", m->o.seed);
	(void)snprintf(setting, sizeof setting, "%d", m->setting[0].units);
	m->again_j = NAN;
	if (m->o.no_repeat)
		return 0;
	/* As long as the beginning took, and a look at the stages. */
	if (!measure_has_time(m, 10)) {
		msg_remark("no time left for the repeat in a new process");
		return 0;
	}
	(void)snprintf(window, sizeof window, "%.0f", m->o.window_s);
	(void)snprintf(warm, sizeof warm, "%.0f", m->o.warm_s);
	if (m->pass_j <= 0)
		a[k++] = "--no-energy";
	if (m->o.nvml) {
		a[k++] = "--nvml";
		a[k++] = m->o.nvml;
	}
	if (m->o.powercap) {
		a[k++] = "--powercap";
		a[k++] = m->o.powercap;
	}
	if (m->o.device) {
		a[k++] = "--device";
		a[k++] = m->o.device;
	}
	if (m->o.quick)
		a[k++] = "--quick";
	if (m->apart)
		a[k++] = "--no-events";
	/* The first setting's cap or clock is in force, which the new process
	 * need not know. */
	if (measure_use(m, 0) || (pid = self_start(a, NULL, &from)) < 0)
		return -1;
	if ((f = fdopen(from, "r"))) {
		(void)read_child(m, f);
		(void)fclose(f);
	}
	if (self_wait(pid) || !m->again_done) {
		msg_remark("the repeat in a new process did not end well");
		m->again_done = 0;
	}
	return 0;
}
