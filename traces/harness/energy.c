#include "energy.h"

#include "../../sim/mem.h"

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>

/* Ratio of the largest to the smallest singular value of the columns. */
static double condition_of(const gsl_matrix *x)
{
	gsl_matrix *a = gsl_matrix_alloc(x->size1, x->size2);
	gsl_matrix *v = gsl_matrix_alloc(x->size2, x->size2);
	gsl_vector *s = gsl_vector_alloc(x->size2);
	double result = INFINITY;

	if (a && v && s) {
		(void)gsl_matrix_memcpy(a, x);
		for (size_t k = 0; k < x->size2; k++) {
			double square = 0;
			for (size_t i = 0; i < x->size1; i++)
				square += pow(gsl_matrix_get(a, i, k), 2);
			for (size_t i = 0; square > 0 && i < x->size1; i++)
				gsl_matrix_set(a, i, k, gsl_matrix_get(a, i, k)
					/ sqrt(square));
		}
		if (!gsl_linalg_SV_decomp_jacobi(a, v, s)
		    && gsl_vector_get(s, x->size2 - 1) > 0)
			result = gsl_vector_get(s, 0)
				/ gsl_vector_get(s, x->size2 - 1);
	}
	gsl_matrix_free(a);
	gsl_matrix_free(v);
	gsl_vector_free(s);
	return result;
}

static double predict(const struct energy_fit *f, const struct window *w)
{
	double e = f->p0_w * w->seconds;

	for (int k = 1; k <= f->stages; k++)
		e += (double)w->runs[k] * f->e_j[k];
	return e;
}

/* Mean duration of each stage in the windows, which is the duration that the
 * simulator will multiply the power by. */
static int mean_times(const struct window *w, int windows,
	struct energy_fit *f)
{
	for (int k = 1; k <= f->stages; k++) {
		double runs = 0, busy = 0;
		for (int i = 0; i < windows; i++) {
			runs += (double)w[i].runs[k];
			busy += w[i].busy_s[k];
		}
		if (runs < 1 || busy <= 0)
			return -1;
		f->t_s[k] = busy / runs;
	}
	return 0;
}

static void fill(const struct window *w, int windows, int stages,
	gsl_matrix *x, gsl_vector *y, gsl_vector *weight)
{
	size_t row = 0;

	for (int i = 0; i < windows; i++) {
		if (w[i].closure)
			continue;
		gsl_matrix_set(x, row, 0, w[i].seconds);
		for (int k = 1; k <= stages; k++)
			gsl_matrix_set(x, row, (size_t)k, (double)w[i].runs[k]);
		gsl_vector_set(y, row, w[i].joules);
		gsl_vector_set(weight, row, w[i].sigma_j > 0
			? 1 / (w[i].sigma_j * w[i].sigma_j) : 1);
		row++;
	}
}

/* power = P0 + e/t, and its variance from the covariance. Where the windows
 * scatter more than their ends explain, the scatter is believed. */
static void finish(struct energy_fit *f, const gsl_vector *c,
	const gsl_matrix *cov, double chi2, int freedom)
{
	double scale;

	f->lack_of_fit = freedom > 0 ? chi2 / freedom : 0;
	scale = f->lack_of_fit > 1 ? f->lack_of_fit : 1;
	f->p0_w = gsl_vector_get(c, 0);
	f->p0_stderr_w = sqrt(scale * gsl_matrix_get(cov, 0, 0));
	for (int k = 1; k <= f->stages; k++) {
		size_t j = (size_t)k;
		double t = f->t_s[k];
		f->e_j[k] = gsl_vector_get(c, j);
		f->e_stderr_j[k] = sqrt(scale * gsl_matrix_get(cov, j, j));
		f->power_w[k] = f->p0_w + f->e_j[k] / t;
		f->stderr_w[k] = sqrt(scale * (gsl_matrix_get(cov, 0, 0)
			+ gsl_matrix_get(cov, j, j) / (t * t)
			+ 2 * gsl_matrix_get(cov, 0, j) / t));
	}
}

int energy_fit(const struct window *w, int windows, int stages,
	struct energy_fit *out, const char **why)
{
	struct energy_fit f = { .stages = stages, .closure = NAN };
	size_t columns = (size_t)stages + 1, rows = 0;
	gsl_multifit_linear_workspace *work;
	gsl_matrix *x, *cov;
	gsl_vector *y, *weight, *c;
	double chi2 = 0;
	int bad;

	for (int i = 0; i < windows; i++)
		rows += !w[i].closure;
	f.windows = (int)rows;
	*why = "too few windows";
	if (rows < 2 * columns)
		return -1;
	*why = "a stage never ran in the windows";
	if (mean_times(w, windows, &f))
		return -1;
	x = gsl_matrix_alloc(rows, columns);
	cov = gsl_matrix_alloc(columns, columns);
	y = gsl_vector_alloc(rows);
	weight = gsl_vector_alloc(rows);
	c = gsl_vector_alloc(columns);
	work = gsl_multifit_linear_alloc(rows, columns);
	*why = "the windows do not tell the stages apart";
	bad = !x || !cov || !y || !weight || !c || !work;
	if (!bad) {
		fill(w, windows, stages, x, y, weight);
		f.condition = condition_of(x);
		bad = f.condition > 1e6 || gsl_multifit_wlinear(x, weight, y, c,
			cov, &chi2, work);
	}
	if (!bad)
		finish(&f, c, cov, chi2, (int)(rows - columns));
	gsl_matrix_free(x);
	gsl_matrix_free(cov);
	gsl_vector_free(y);
	gsl_vector_free(weight);
	gsl_vector_free(c);
	gsl_multifit_linear_free(work);
	if (bad)
		return -1;
	for (int i = 0; i < windows; i++)
		if (w[i].closure) {
			double e = fabs(predict(&f, &w[i]) / w[i].joules - 1);
			f.closure = isnan(f.closure) || e > f.closure ? e
				: f.closure;
		}
	*why = "a stage would give energy back";
	for (int k = 1; k <= stages; k++)
		if (f.e_j[k] < 0)
			return -1;
	*out = f;
	return 0;
}
