#include "support_backend.h"

#include "support_onnx.h"

#include "../support_program.h"

#include "../../sim/mem.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

struct outcome run_stage(const struct backend *b, struct plan *p,
	int stage, int slot, const unsigned char *image)
{
	struct outcome out;
	int got;

	ck_assert_int_eq(b->send(p, stage, slot, image), 0);
	while (!(got = b->poll(p, &out)))
		;
	ck_assert_int_eq(got, 1);
	ck_assert_int_eq(out.stage, stage);
	ck_assert_int_eq(out.slot, slot);
	return out;
}

const struct backend *have_backend(const char *name)
{
	char *file = mem_printf("backend-%s.so", name), *path = test_built(file);
	const struct backend *b = access(path, F_OK) ? NULL
		: backend_load(path);

	free(path);
	free(file);
	return b;
}

double compare_backend(const struct backend *b, struct dev *d,
	const struct net *n, int units, int images, int slots)
{
	struct setting s = { .units = units };
	struct oracle *o = oracle_new(n, 2);
	size_t pixels = (size_t)(n->channels * n->height * n->width);
	unsigned char *image = mem_new(2 * pixels, 1);
	float p[64], q[64];
	struct plan *plan;
	double worst = 0;

	ck_assert_int_eq(b->plan(d, n, &s, 2, &plan), 0);
	for (int k = 0; k < images; k++) {
		fill_image(image, pixels, (uint32_t)k);
		fill_image(image + pixels, pixels, (uint32_t)k + 100);
		for (int stage = 1; stage <= n->depths; stage++)
			for (int slot = 0; slot < slots; slot++) {
				const unsigned char *x = image
					+ (size_t)slot * pixels;
				struct outcome out = run_stage(b, plan, stage,
					slot, stage == 1 ? x : NULL);
				float confidence;
				oracle_stage(o, slot, stage, x, q);
				ck_assert_int_eq(b->probabilities(plan, slot, p),
					0);
				for (int c = 0; c < n->classes; c++)
					worst = fmax(worst, fabs((double)p[c]
						- (double)q[c]));
				ck_assert_int_eq(out.prediction, net_answer(p,
					n->classes, &confidence));
				ck_assert(out.confidence == confidence);
			}
	}
	b->plan_free(plan);
	oracle_free(o);
	free(image);
	return worst;
}

struct net *make_net(const char *dir, const struct good *g)
{
	char *ini = make_ini("single", g->classes, g->channels);
	char *path = make_onnx(dir, "a", g->text, ini);
	struct net *n = net_read(path);

	ck_assert_msg(n, "%s", g->what);
	free(ini);
	free(path);
	return n;
}
