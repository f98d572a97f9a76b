/* What theory says of an arrival process: the values printed beside the
 * statistics of paper/spec/workloads.md 7.
 *
 * An m-state MMPP has generator Q, rates on the diagonal of L, stationary
 * states p. In its stationary sequence of arrivals a gap has moments
 *     E X = p L A e / rate,  E X^2 = 2 p L A^2 e / rate,
 *     E X0 X1 = p L A (A L) A e / rate,   A = (L - Q)^-1, rate = p L e,
 * (Fischer and Meier-Hellstern, The Markov-modulated Poisson process cookbook,
 * 1993), and with the deviation matrix D = (e p - Q)^-1 - e p its counts over
 * a time t have, by integrating the covariance of the rate twice,
 *     variance / mean = 1 + 2 / rate (p L D L e - p L D (I - e^{Q t}) D L e / t). */
#include "msg.h"
#include "workload.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

enum { WINDOW_GAPS = 100 };

void workload_load(const struct workload *w, double *full, double *mandatory)
{
	const struct profile_cell *c = profile_cell(w->profile, 0, 0);
	double rate = w->rate_hz, to_mandatory = 0;

	if (w->process == PROCESS_CLOSED)
		rate = w->reissue == REISSUE_DEADLINE
			? w->clients / (w->mean_deadline_ns * 1e-9) : NAN;
	for (int d = 0; d < w->profile->net[0].mandatory; d++)
		to_mandatory += c->mean_ns[d];
	*full = rate * 1e-9 * (double)w->full_ns / w->devices;
	*mandatory = rate * 1e-9 * to_mandatory / w->devices;
}

/* ---- Markov-modulated Poisson processes --------------------------------- */

struct chain {
	size_t n;
	gsl_matrix *q, *work, *inverse, *exponential;
	gsl_permutation *permutation;
	gsl_vector *p, *rates, *left, *right, *x, *y;
	double rate;                /* p L e */
};

/* GSL allocates itself and knows nothing of mem.h. */
static void *checked(void *p)
{
	if (!p) {
		(void)msg_fail("out of memory");
		exit(STATUS_FAILED);
	}
	return p;
}

static gsl_matrix *matrix(size_t n)
{
	return checked(gsl_matrix_calloc(n, n));
}

static gsl_vector *vector(size_t n)
{
	return checked(gsl_vector_calloc(n));
}

/* Time in units of the sum of the stays, which keeps the numbers near 1. */
static double unit_ns(const struct workload *w)
{
	double sum = 0;

	for (int i = 0; i < w->states; i++)
		sum += w->stay_ns[i];
	return sum;
}

static void chain_init(struct chain *c, const struct workload *w)
{
	double unit = unit_ns(w);

	*c = (struct chain){ .n = (size_t)w->states };
	c->q = matrix(c->n);
	c->work = matrix(c->n);
	c->inverse = matrix(c->n);
	c->exponential = matrix(c->n);
	c->permutation = checked(gsl_permutation_alloc(c->n));
	c->p = vector(c->n);
	c->rates = vector(c->n);
	c->left = vector(c->n);
	c->right = vector(c->n);
	c->x = vector(c->n);
	c->y = vector(c->n);
	for (size_t i = 0; i < c->n; i++) {
		double leave = unit / w->stay_ns[i];
		for (size_t k = 0; k < c->n; k++)
			gsl_matrix_set(c->q, i, k, i == k ? -leave
				: leave / (double)(c->n - 1));
		/* Leaving to each other state alike makes the states'
		 * shares of the time those of their stays. */
		gsl_vector_set(c->p, i, w->stay_ns[i] / unit);
		gsl_vector_set(c->rates, i,
			w->state_rate_hz[i] * 1e-9 * unit);
		c->rate += gsl_vector_get(c->p, i) * gsl_vector_get(c->rates, i);
	}
	gsl_vector_memcpy(c->left, c->p);
	gsl_vector_mul(c->left, c->rates);          /* p L */
	gsl_vector_memcpy(c->right, c->rates);      /* L e */
}

static void chain_fini(struct chain *c)
{
	gsl_matrix_free(c->q);
	gsl_matrix_free(c->work);
	gsl_matrix_free(c->inverse);
	gsl_matrix_free(c->exponential);
	gsl_permutation_free(c->permutation);
	gsl_vector_free(c->p);
	gsl_vector_free(c->rates);
	gsl_vector_free(c->left);
	gsl_vector_free(c->right);
	gsl_vector_free(c->x);
	gsl_vector_free(c->y);
}

/* c->inverse = (c->work)^-1, destroying work. */
static void invert(struct chain *c)
{
	int sign;

	/* Not singular in exact numbers; NAN is printed as nothing. */
	if (gsl_linalg_LU_decomp(c->work, c->permutation, &sign)
	    || gsl_linalg_LU_invert(c->work, c->permutation, c->inverse))
		gsl_matrix_set_all(c->inverse, NAN);
}

static void apply(const gsl_matrix *m, const gsl_vector *v, gsl_vector *out)
{
	gsl_blas_dgemv(CblasNoTrans, 1, m, v, 0, out);
}

static double dot(const gsl_vector *a, const gsl_vector *b)
{
	double x;
	gsl_blas_ddot(a, b, &x);
	return x;
}

static void mmpp_gaps(struct chain *c, struct arrival_stats *out)
{
	double mean = 1 / c->rate, second, product, variance;

	gsl_matrix_memcpy(c->work, c->q);
	gsl_matrix_scale(c->work, -1);
	for (size_t i = 0; i < c->n; i++)
		*gsl_matrix_ptr(c->work, i, i) += gsl_vector_get(c->rates, i);
	invert(c);                                  /* A */
	gsl_vector_set_all(c->x, 1);
	apply(c->inverse, c->x, c->y);              /* A e */
	apply(c->inverse, c->y, c->x);              /* A^2 e */
	second = 2 * dot(c->left, c->x) / c->rate;
	gsl_vector_mul(c->y, c->rates);             /* L A e */
	apply(c->inverse, c->y, c->x);
	apply(c->inverse, c->x, c->y);              /* A A L A e */
	product = dot(c->left, c->y) / c->rate;
	variance = second - mean * mean;
	out->cv = sqrt(variance) / mean;
	out->lag1 = (product - mean * mean) / variance;
	/* What is left of a difference that is 0 varies between machines. */
	if (fabs(out->lag1) < 1e-9)
		out->lag1 = 0;
}

/* t in the chain's units. */
static double mmpp_idc(struct chain *c, double t)
{
	double limit, finite = 0;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->n; k++)
			gsl_matrix_set(c->work, i, k, gsl_vector_get(c->p, k)
				- gsl_matrix_get(c->q, i, k));
	invert(c);
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->n; k++)
			*gsl_matrix_ptr(c->inverse, i, k) -=
				gsl_vector_get(c->p, k);
	apply(c->inverse, c->right, c->x);          /* D L e */
	limit = dot(c->left, c->x);
	if (isfinite(t)) {
		gsl_matrix_memcpy(c->work, c->q);
		gsl_matrix_scale(c->work, t);
		gsl_linalg_exponential_ss(c->work, c->exponential,
			GSL_PREC_DOUBLE);
		apply(c->exponential, c->x, c->y);
		gsl_vector_sub(c->x, c->y);         /* (I - e^Qt) D L e */
		apply(c->inverse, c->x, c->y);
		finite = dot(c->left, c->y) / t;
	}
	return 1 + 2 / c->rate * (limit - finite);
}

double arrival_mmpp_idc(const struct workload *w, double t_ns)
{
	struct chain c;
	double idc;

	chain_init(&c, w);
	idc = mmpp_idc(&c, t_ns / unit_ns(w));
	chain_fini(&c);
	return idc;
}

/* ---- All processes --------------------------------------------------------- */

void arrival_theory(const struct workload *w, struct arrival_stats *out)
{
	struct chain c;

	*out = (struct arrival_stats){ .rate_hz = NAN, .cv = NAN, .lag1 = NAN,
		.idc100 = NAN, .peak100 = NAN, .deadline_mean_ns = NAN,
		.load = NAN, .mandatory_load = NAN };
	switch (w->process) {
	case PROCESS_CLOSED:
		if (w->reissue == REISSUE_DEADLINE)
			out->rate_hz = w->clients / (w->mean_deadline_ns * 1e-9);
		return;
	case PROCESS_REPLAY:
		return;
	case PROCESS_PERIODIC:
		/* A gap is the period plus the difference of two uniform
		 * draws, of which successive gaps share one. */
		out->cv = (double)w->jitter_ns / sqrt(6) / w->gap_ns;
		if (w->jitter_ns)
			out->lag1 = -0.5;
		break;
	case PROCESS_POISSON:
		out->cv = 1;
		out->lag1 = 0;
		out->idc100 = 1;
		break;
	case PROCESS_GAMMA:
		out->cv = w->cv;
		out->lag1 = 0;
		break;
	case PROCESS_MMPP:
		chain_init(&c, w);
		mmpp_gaps(&c, out);
		out->idc100 = mmpp_idc(&c, WINDOW_GAPS / c.rate);
		chain_fini(&c);
		break;
	}
	out->rate_hz = w->rate_hz;
}
