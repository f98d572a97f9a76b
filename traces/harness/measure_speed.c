/* How fast it is, and how fast it could be: stages next to their kernels, the
 * least a chain of kernels takes, the device's peaks, and another program's
 * times (--compare); which operators take the time. For the report and raw/. */
#include "measure.h"

#include "../../sim/csv.h"
#include "../../sim/msg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- What a stage has to do ------------------------------------------------------ */

struct work { double flop, weights, moved; }; /* moved: elements of activations */

static double elements(const struct net *n, int tensor)
{
	const struct net_tensor *t = &n->tensor[tensor];

	return tensor < 0 ? 0 : (double)t->channels * t->height * t->width;
}

static struct work work_of(const struct net *n, int depth)
{
	struct work w = { 0 };

	for (int i = n->stage_first[depth]; i < n->stage_first[depth + 1]; i++) {
		const struct net_op *o = &n->op[i];
		w.flop += 2 * (double)o->macs;
		w.weights += (double)o->weights;
		w.moved += elements(n, o->in) + (o->add < 0 ? 0
			: elements(n, o->add)) + (o->out < 0 ? n->classes
			: elements(n, o->out));
	}
	return w;
}

/* Published peaks: NVIDIA's data sheets of the H100, H200 and A100, dense
 * float16 by tensor cores, and memory bandwidth. */
static const struct peak {
	const char *name, *but; /* in the device's name, and not in it */
	double flop_s, bytes_s;
} peaks[] = {
	{ "H100 80GB HBM3", NULL, 989.4e12, 3.35e12 },
	{ "H100 PCIe", NULL, 756e12, 2.0e12 },
	{ "H200", "GH200", 989.4e12, 4.8e12 },
	{ "A100-SXM4-80GB", NULL, 312e12, 2.039e12 },
	{ "A100-SXM4-40GB", NULL, 312e12, 1.555e12 },
	{ "A100 80GB PCIe", NULL, 312e12, 1.935e12 },
	{ "A100-PCIE-40GB", NULL, 312e12, 1.555e12 },
};

/* Those given, else published ones; flop_s 0: not known. */
static struct peak find_peak(const struct measure *m)
{
	if (m->o.peaks)
		return (struct peak){ .flop_s = m->o.peak_flop_s,
			.bytes_s = m->o.peak_bytes_s };
	if (m->info.element_bytes == 2)
		for (size_t i = 0; i < sizeof peaks / sizeof *peaks; i++)
			if (strstr(m->info.name, peaks[i].name)
			    && (!peaks[i].but || !strstr(m->info.name,
				peaks[i].but)))
				return peaks[i];
	return (struct peak){ 0 };
}

/* ---- Another program's times ----------------------------------------------------- */

static const char *const other_columns[] = { "network", "depth", "p50_us",
	"p99_us", "device_p50_us", "transfers_p50_us", NULL };

static int find_net(const struct measure *m, const char *s, size_t n)
{
	for (int i = 0; i < m->nets; i++)
		if (strlen(m->net[i]->name) == n
		    && !memcmp(m->net[i]->name, s, n))
			return i;
	return -1;
}

int measure_speed_open(struct measure *m)
{
	struct csv c;
	int bad = 0;

	m->other_us = mem_new((size_t)(m->nets * BUNDLE_MAX_DEPTH * 2),
		sizeof *m->other_us);
	for (int i = 0; i < m->nets * BUNDLE_MAX_DEPTH * 2; i++)
		m->other_us[i] = NAN;
	if (!m->o.compare)
		return 0;
	if (csv_open(&c, m->o.compare, 1 << 20, other_columns))
		return -1;
	while (!bad && csv_next(&c)) {
		double p50, p99, device, transfers;
		int64_t depth;
		const char *s;
		size_t n;
		int net;
		bad = csv_name(&c, &s, &n)
		    || csv_integer(&c, 1, BUNDLE_MAX_DEPTH, &depth)
		    || csv_real(&c, 0, INFINITY, &p50)
		    || csv_real(&c, 0, INFINITY, &p99)
		    || csv_optional_real(&c, 0, INFINITY, &device)
		    || csv_optional_real(&c, 0, INFINITY, &transfers);
		/* Networks that are not measured here are no fault. */
		if (bad || (net = find_net(m, s, n)) < 0)
			continue;
		double *to = &m->other_us[(net * BUNDLE_MAX_DEPTH + (int)depth
			- 1) * 2];
		to[0] = p50;
		to[1] = transfers;
	}
	csv_close(&c);
	return bad ? -1 : 0;
}

/* ---- Operators by themselves ------------------------------------------------------- */

int measure_times(struct measure *m)
{
	for (int k = 0; k < m->nets * m->settings; k++) {
		const struct net *n = m->net[k / m->settings];
		if (!m->backend->times)
			continue;
		m->op_us[k] = mem_new((size_t)n->ops + 1, sizeof(double));
		if (measure_interrupted || measure_use(m, k % m->settings)
		    || m->backend->times(m->plan[k], m->op_us[k]))
			return -1;
	}
	return measure_use(m, 0);
}

/* Of a stage; NAN if any is not known. */
static double kernels_us(const struct measure *m, int net, int setting,
	int depth)
{
	const struct net *n = m->net[net];
	const double *us = m->op_us[net * m->settings + setting];
	double sum = 0;

	for (int i = n->stage_first[depth]; us && i < n->stage_first[depth + 1];
	     i++)
		sum += us[i];
	return !us ? NAN : depth == 1 && us[n->ops] > 0 ? sum + us[n->ops] : sum;
}

/* The last word of the backend's line about operator i, "stage operator
 * implementation". */
static void how_it_ran(const char *lines, int i, char out[64])
{
	const char *line = lines;

	*out = 0;
	while (i-- > 0 && (line = strchr(line, '\n')))
		line++;
	if (line)
		(void)sscanf(line, "%*s %*s %63[^\n]", out);
}

/* ---- Printing ------------------------------------------------------------------------ */

static double quantile_us(const int64_t *from, int n, int step, double q)
{
	int64_t *x = mem_new((size_t)(n ? n : 1), sizeof *x);
	double value = NAN;
	int have = 0;

	for (int i = 0; i < n; i++)
		if (from[i * step] >= 0)
			x[have++] = from[i * step];
	if (have)
		value = (double)measure_quantile(x, have, q) * 1e-3;
	free(x);
	return value;
}

double measure_stage_us(const struct combo *c, int depth, double q)
{
	int64_t *x = mem_new((size_t)c->passes + 1, sizeof *x);
	double value;

	for (int i = 0; i < c->passes; i++)
		x[i] = c->sample[i * c->depths + depth - 1].duration_ns;
	value = quantile_us(x, c->passes, 1, q);
	free(x);
	return value;
}

double measure_device_us(const struct combo *c, int depth, double q)
{
	int64_t *x;
	double value;

	if (c->devices)
		return quantile_us(c->device + depth - 1, c->devices, c->depths,
			q);
	x = mem_new((size_t)c->passes + 1, sizeof *x);
	for (int i = 0; i < c->passes; i++)
		x[i] = c->sample[i * c->depths + depth - 1].device_ns;
	value = quantile_us(x, c->passes, 1, q);
	free(x);
	return value;
}

/* All there is to say of a stage; NAN where it is not known. */
struct speed {
	double b, b99, a, kernels, floor, weights, work, roofline, other,
		transfers, ratio;
	int launches;
};

static struct speed speed_of(const struct measure *m, int net, int setting,
	int depth)
{
	const struct combo *c = &m->combo[(net * m->settings + setting)
		* m->environments];
	const struct work w = work_of(m->net[net], depth);
	const struct peak p = find_peak(m);
	const double *other = &m->other_us[(net * BUNDLE_MAX_DEPTH + depth - 1)
		* 2];
	struct plan_info info;
	struct speed s;

	m->backend->plan_info(measure_plan(m, net, setting), &info);
	s = (struct speed){ .b = measure_stage_us(c, depth, 0.5),
		.b99 = measure_stage_us(c, depth, 0.99),
		.a = measure_device_us(c, depth, 0.5),
		.kernels = kernels_us(m, net, setting, depth),
		.floor = isnan(m->empty_ns) ? NAN : (m->empty_ns
			+ (info.kernels[depth] - 1) * m->chain_ns) * 1e-3,
		.weights = p.flop_s > 0 ? w.weights * m->info.element_bytes
			/ p.bytes_s * 1e6 : NAN,
		.work = p.flop_s > 0 ? w.flop / p.flop_s * 1e6 : NAN,
		.other = other[0], .transfers = other[1],
		.launches = info.kernels[depth] };
	s.roofline = fmax(s.weights, s.work);
	s.ratio = s.b / s.other;
	return s;
}

static void cell(struct text *t, const char *format, double x)
{
	if (isnan(x))
		text_add(t, ",");
	else
		text_add(t, format, x);
}

static void put(double x, int width, int digits)
{
	if (isnan(x))
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, digits, x);
}

/* The operators that take most of a network's time. */
static void print_kernels(const struct measure *m, int net)
{
	enum { MOST = 5 };
	const struct net *n = m->net[net];
	const double *us = m->op_us[net * m->settings];
	struct plan_info info;
	int top[MOST], found = 0;
	double all = 0;

	for (int d = 1; d <= n->depths; d++)
		all += kernels_us(m, net, 0, d);
	if (!us || isnan(all) || all <= 0)
		return;
	for (int i = 0; i < n->ops; i++) {
		int k = found < MOST ? found++ : MOST - 1;
		if (k == MOST - 1 && found == MOST && i >= MOST
		    && us[i] <= us[top[k]])
			continue;
		for (; k > 0 && us[top[k - 1]] < us[i]; k--)
			top[k] = top[k - 1];
		top[k] = i;
	}
	m->backend->plan_info(measure_plan(m, net, 0), &info);
	printf("%-12s operators %.1f us:", n->name, all);
	for (int k = 0; k < found; k++) {
		char how[64];
		how_it_ran(info.kernels_text, top[k], how);
		printf("%s %.40s%s%s %.1f us (%.0f %%)", k ? "," : "",
			n->op[top[k]].name, *how ? " by " : "", how, us[top[k]],
			100 * us[top[k]] / all);
	}
	printf("\n");
}

void measure_speed_print(const struct measure *m)
{
	const struct peak p = find_peak(m);

	printf("\n%-12s %-10s %5s %8s %8s %8s %8s %8s %8s %7s\n", "network",
		"setting", "depth", "B us", "A us", "ops us", "floor us",
		"roof us", "other us", "B/other");
	for (int i = 0; i < m->nets; i++)
	for (int s = 0; s < m->settings; s++) {
		if (!m->combo[(i * m->settings + s) * m->environments].passes)
			continue;
		for (int d = 1; d <= m->net[i]->depths; d++) {
			struct speed x = speed_of(m, i, s, d);
			printf("%-12s %-10s %5d", m->net[i]->name,
				m->setting[s].name, d);
			put(x.b, 8, 1);
			put(x.a, 8, 1);
			put(x.kernels, 8, 1);
			put(x.floor, 8, 1);
			put(x.roofline, 8, 2);
			put(x.other, 8, 1);
			put(x.ratio, 7, 2);
			printf("\n");
		}
	}
	printf("B host, A device, ops: its operators one by one, floor: as many "
		"empty kernels, roof: weights once\nand arithmetic at ");
	if (p.flop_s > 0)
		printf("the %s %.4g Tflop/s and %.4g TB/s", p.name ? "published"
			: "given", p.flop_s * 1e-12, p.bytes_s * 1e-12);
	else
		printf("peaks that are not known of this device (--peaks)");
	printf("; other: %s\n", m->o.compare ? m->o.compare
		: "nothing given (--compare)");
	for (int i = 0; i < m->nets; i++)
		print_kernels(m, i);
}

double measure_speed_worst(const struct measure *m, int *net, int *depth)
{
	double worst = NAN;

	for (int i = 0; i < m->nets; i++)
		for (int d = 1; d <= m->net[i]->depths; d++) {
			double r = speed_of(m, i, 0, d).ratio;
			if (isnan(r) || r <= worst)
				continue;
			worst = r;
			*net = i;
			*depth = d;
		}
	return worst;
}

/* ---- raw/ ------------------------------------------------------------------------------ */

static int store_stages(struct measure *m)
{
	const double bytes = m->info.element_bytes;
	struct text t;
	int bad;

	text_init(&t);
	text_add(&t, "network,setting,depth,p50_us,p99_us,device_p50_us,"
		"operators_us,kernels,floor_us,gflop,weight_bytes,moved_bytes,"
		"weights_us,arithmetic_us,other_p50_us,other_transfers_us,"
		"ratio\n");
	for (int i = 0; i < m->nets; i++)
	for (int s = 0; s < m->settings; s++)
	for (int d = 1; d <= m->net[i]->depths; d++) {
		struct speed x = speed_of(m, i, s, d);
		struct work w = work_of(m->net[i], d);
		text_add(&t, "%s,%s,%d", m->net[i]->name, m->setting[s].name, d);
		cell(&t, ",%.3f", x.b);
		cell(&t, ",%.3f", x.b99);
		cell(&t, ",%.3f", x.a);
		cell(&t, ",%.3f", x.kernels);
		text_add(&t, ",%d", x.launches);
		cell(&t, ",%.3f", x.floor);
		text_add(&t, ",%.6f", w.flop * 1e-9);
		cell(&t, ",%.0f", bytes > 0 ? w.weights * bytes : NAN);
		cell(&t, ",%.0f", bytes > 0 ? w.moved * bytes : NAN);
		cell(&t, ",%.4f", x.weights);
		cell(&t, ",%.4f", x.work);
		cell(&t, ",%.3f", x.other);
		cell(&t, ",%.3f", x.transfers);
		cell(&t, ",%.4f", x.ratio);
		text_add(&t, "\n");
	}
	bad = measure_store_text(m, "stages.csv", &t);
	text_fini(&t);
	return bad;
}

/* How each operator ran, and its time by itself. */
static int store_kernels(struct measure *m)
{
	struct text t;
	int bad;

	text_init(&t);
	text_add(&t, "network,setting,stage,operator,implementation,us\n");
	for (int k = 0; k < m->nets * m->settings; k++) {
		const struct net *n = m->net[k / m->settings];
		struct plan_info info;
		m->backend->plan_info(m->plan[k], &info);
		for (int i = 0; i < n->ops; i++) {
			char how[64];
			how_it_ran(info.kernels_text, i, how);
			text_add(&t, "%s,%s,%d,%s,%s", n->name,
				m->setting[k % m->settings].name, n->op[i].stage,
				n->op[i].name, how);
			cell(&t, ",%.3f", m->op_us[k] ? m->op_us[k][i] : NAN);
			text_add(&t, "\n");
		}
	}
	bad = measure_store_text(m, "kernels.csv", &t);
	text_fini(&t);
	return bad;
}

int measure_speed_store(struct measure *m)
{
	return store_stages(m) || store_kernels(m) ? -1 : 0;
}
