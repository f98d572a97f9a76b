#include "stats.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

int64_t stats_rank(double q, int64_t n)
{
	double exact = q * (double)n;
	int64_t rank = (int64_t)ceil(exact);

	/* 0.07 x 100 is 7.000000000000001 in binary: a product that is whole
	 * but for its rounding does not go up. */
	if ((double)(rank - 1) >= exact * (1 - 1e-15))
		rank--;
	return rank < 1 ? 1 : rank > n ? n : rank;
}

static int64_t count(const double *x, int64_t n)
{
	int64_t k = 0;

	for (int64_t i = 0; i < n; i++)
		k += !isnan(x[i]);
	return k;
}

double stats_mean(const double *x, int64_t n)
{
	int64_t k = count(x, n);
	double sum = 0;

	for (int64_t i = 0; i < n; i++)
		if (!isnan(x[i]))
			sum += x[i];
	return k ? sum / (double)k : NAN;
}

double stats_deviation(const double *x, int64_t n)
{
	double mean = stats_mean(x, n), sum = 0;
	int64_t k = count(x, n);

	if (k < 2)
		return NAN;
	for (int64_t i = 0; i < n; i++)
		if (!isnan(x[i]))
			sum += (x[i] - mean) * (x[i] - mean);
	return sqrt(sum / (double)(k - 1));
}

double stats_half_width(const double *x, int64_t n, double level)
{
	int64_t k = count(x, n);

	if (k < 2)
		return NAN;
	return gsl_cdf_tdist_Pinv(0.5 + level / 2, (double)(k - 1))
		* stats_deviation(x, n) / sqrt((double)k);
}

double stats_limit_none(int64_t n)
{
	return n < 1 ? NAN : gsl_cdf_beta_Pinv(0.95, 1, (double)n);
}

double stats_limit_all(int64_t n)
{
	return n < 1 ? NAN : gsl_cdf_beta_Pinv(0.05, (double)n, 1);
}

static int all_equal(const double *x, int64_t n, double value)
{
	for (int64_t i = 0; i < n; i++)
		if (!isnan(x[i]) && x[i] != value)
			return 0;
	return 1;
}

struct estimate stats_estimate(const double *x, int64_t n, int64_t trials)
{
	struct estimate e = { .n = count(x, n), .mean = stats_mean(x, n),
		.half = NAN, .limit = NAN };

	if (e.n < STATS_ENOUGH)
		return e;
	if (trials > 0 && all_equal(x, n, 0))
		e.limit = stats_limit_none(trials);
	else if (trials > 0 && all_equal(x, n, 1))
		e.limit = stats_limit_all(trials);
	else
		e.half = stats_half_width(x, n, 0.95);
	return e;
}

/* Mean and deviation of a[r] - b[r] without a copy. */
static void differences(const double *a, const double *b, int64_t n,
	int64_t *pairs, double *mean, double *deviation)
{
	double sum = 0, squares = 0;
	int64_t k = 0;

	for (int64_t i = 0; i < n; i++) {
		if (isnan(a[i]) || isnan(b[i]))
			continue;
		sum += a[i] - b[i];
		k++;
	}
	*pairs = k;
	*mean = k ? sum / (double)k : NAN;
	for (int64_t i = 0; i < n; i++) {
		double d = a[i] - b[i] - *mean;
		if (!isnan(d))
			squares += d * d;
	}
	*deviation = k < 2 ? NAN : sqrt(squares / (double)(k - 1));
}

struct comparison stats_compare(const double *a, const double *b, int64_t n,
	int64_t m, enum better better)
{
	struct comparison c = { .half = NAN, .half_joint = NAN };
	double deviation, scale, freedom;

	differences(a, b, n, &c.n, &c.mean, &deviation);
	if (c.n < STATS_ENOUGH)
		return c;
	freedom = (double)(c.n - 1);
	scale = deviation / sqrt((double)c.n);
	c.half = gsl_cdf_tdist_Pinv(0.975, freedom) * scale;
	c.half_joint = gsl_cdf_tdist_Pinv(1 - 0.025 / (double)m, freedom) * scale;
	if (fabs(c.mean) <= c.half_joint)
		c.verdict = VERDICT_NONE;
	else if ((c.mean > 0) == (better != BETTER_LOWER))
		c.verdict = VERDICT_BETTER;
	else
		c.verdict = VERDICT_WORSE;
	return c;
}

double stats_lag1(const double *x, int64_t n)
{
	double mean = stats_mean(x, n), products = 0, squares = 0;

	for (int64_t i = 0; i < n; i++) {
		squares += (x[i] - mean) * (x[i] - mean);
		if (i + 1 < n)
			products += (x[i] - mean) * (x[i + 1] - mean);
	}
	return squares > 0 ? products / squares : NAN;
}

struct batches stats_batches(const double *x, int64_t n)
{
	struct batches b = { .batch = n / STATS_BATCHES, .mean = NAN,
		.half = NAN, .lag1 = NAN };
	double means[STATS_BATCHES];

	if (!b.batch)
		return b;
	for (int i = 0; i < STATS_BATCHES; i++)
		means[i] = stats_mean(x + i * b.batch, b.batch);
	b.mean = stats_mean(means, STATS_BATCHES);
	b.lag1 = stats_lag1(means, STATS_BATCHES);
	b.too_short = b.lag1 > 0.3;
	if (!b.too_short)
		b.half = stats_half_width(means, STATS_BATCHES, 0.95);
	return b;
}
