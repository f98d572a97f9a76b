#include "support_live.h"

#include "support_onnx.h"

#include "../support_bundle.h"
#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../traces/harness/recorded.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct { char *dir, *source; int back; } place;

static const char three[] =
	"input x 1,1,4,4\n"
	"const w1 2,1,3,3\nconst f1 2,3\nnode Conv c1 x,w1 c1 pads=1,1,1,1\n"
	"node Relu r1 c1 r1\nnode ReduceMean m1 r1 m1 axes=2,3 keepdims=0\n"
	"node MatMul g1 m1,f1 g1\nnode Softmax s1 g1 p1\n"
	"const w2 3,2,3,3\nconst f2 3,3\nnode Conv c2 r1,w2 c2 pads=1,1,1,1\n"
	"node Relu r2 c2 r2\nnode ReduceMean m2 r2 m2 axes=2,3 keepdims=0\n"
	"node MatMul g2 m2,f2 g2\nnode Softmax s2 g2 p2\n"
	"const w3 4,3,3,3\nconst f3 4,3\nnode Conv c3 r2,w3 c3 pads=1,1,1,1\n"
	"node Relu r3 c3 r3\nnode ReduceMean m3 r3 m3 axes=2,3 keepdims=0\n"
	"node MatMul g3 m3,f3 g3\nnode Softmax s3 g3 p3\n"
	"output p1\noutput p2\noutput p3\n";

static const char one[] =
	"input x 1,1,4,4\nconst w 2,1,3,3\nconst f 2,3\n"
	"node Conv c x,w c pads=1,1,1,1\nnode Relu r c r\n"
	"node ReduceMean m r m axes=2,3 keepdims=0\nnode MatMul g m,f g\n"
	"node Softmax s g p\noutput p\n";

static void write_net(const char *name, const char *text, const char *kind)
{
	char *ini = make_ini(kind, 3, 1);

	free(make_onnx("net", name, text, ini));
	free(ini);
}

static void write_bundle(void)
{
	struct tiny_net nets[] = {
		{ "a", NET_STAGED, 3, NULL, NULL, "3000 2000 4000  3500 2500 4500",
			"150 160 170" },
		{ "b", NET_SINGLE, 1, "0.7", "1 0 1", "2500 2600", "140" },
	};
	struct tiny t = { .nets = 2, .net = nets, .inputs = 20, .classes = 3,
		.settings = "s1 s2", .idle = "100 90",
		.environments = "compute-stream slow",
		.overhead = "500 700 600 800" };
	struct text confidences, correct;

	text_init(&confidences);
	text_init(&correct);
	for (int i = 0; i < 20; i++) {
		text_add(&confidences, "%.2f %.2f %.2f ", 0.35 + 0.03
			* (7 * i % 20), 0.5 + 0.02 * (3 * i % 20), 0.9);
		text_add(&correct, "%d %d 1 ", i % 3 > 0, i % 5 > 0);
	}
	nets[0].confidences = confidences.s;
	nets[0].correct = correct.s;
	tiny_write(&t, "t");
	text_fini(&confidences);
	text_fini(&correct);
}

char *live_source_path(const char *name)
{
	return mem_printf("%s/%s", place.source, name);
}

char *live_build_path(const char *name)
{
	const char *build = getenv("LAXITY_BUILD");

	if (build && *build == '/')
		return mem_printf("%s/%s", build, name);
	return mem_printf("%s/%s/%s", place.source, build ? build : "build",
		name);
}

void live_place_cifar(int images)
{
	static const struct tiny_net nets[] = { { "resnet8", NET_SINGLE, 1,
		"0.6", "1 0", "3000000 3500000", "50" } };
	const struct tiny t = { .nets = 1, .net = nets, .inputs = images,
		.settings = "core1", .idle = "20" };
	size_t n = 3073 * (size_t)images;
	unsigned char *bytes = mem_new(n, 1);

	fill_image(bytes, n, 5);
	for (int i = 0; i < images; i++)
		bytes[3073 * i] = (unsigned char)(i % 10);
	tiny_put(".", "cifar.bin", (const char *)bytes, n);
	free(bytes);
	tiny_write(&t, "c");
}

/* The program is found by a path from the source tree. */
static void fix_program(void)
{
	const char *given = getenv("LAXITY_PROGRAM");
	char *path;

	if (given && *given == '/')
		return;
	path = live_source_path(given ? given : "build/laxity");
	ck_assert_int_eq(setenv("LAXITY_PROGRAM", path, 1), 0);
	free(path);
}

void live_place_enter(void)
{
	char source[PATH_MAX];

	ck_assert_ptr_nonnull(getcwd(source, sizeof source));
	place.source = mem_string(source);
	fix_program();
	place.dir = test_directory();
	place.back = open(".", O_RDONLY);
	ck_assert_int_ge(place.back, 0);
	ck_assert_int_eq(chdir(place.dir), 0);
	ck_assert_int_eq(mkdir("net", 0777), 0);
	write_net("a", three, "staged");
	write_net("b", one, "single");
	write_bundle();
}

void live_place_leave(void)
{
	ck_assert_int_eq(fchdir(place.back), 0);
	(void)close(place.back);
	test_directory_free(place.dir);
	free(place.source);
}

char *live_text(const char *networks, int requests, const char *rest)
{
	return mem_printf("[workload]\ntrace = t\nnetworks = %s\nrequests = %d\n"
		"warmup = 5\n%s%s", networks ? networks : "a", requests,
		strstr(rest, "[deadline]") ? "" : "[deadline]\n"
			"distribution = uniform\nmin = 2T\nmax = 12T\n", rest);
}

struct workload *live_workload(const char *networks, int requests,
	const char *rest)
{
	char *text = live_text(networks, requests, rest);
	struct workload *w = workload_parse("w.ini", text, strlen(text), 0, NULL,
		1);

	ck_assert_ptr_nonnull(w);
	free(text);
	return w;
}

/* ---- Runs ------------------------------------------------------------------------ */

struct live_options live_place_options(const char *backend, const char *device,
	const char *data)
{
	return (struct live_options){ .backend = backend, .device = device,
		.networks = "net", .data = data, .core = -1,
		.timeout_ns = 10000000000, .slots = 1024 };
}

static void expect_same(const struct metrics *a, const struct metrics *b)
{
	ck_assert_int_eq(a->requests, b->requests);
	ck_assert_int_eq(a->missed, b->missed);
	ck_assert_int_eq(a->correct, b->correct);
	ck_assert_int_eq(a->response_p50_ns, b->response_p50_ns);
	ck_assert_int_eq(a->response_p99_ns, b->response_p99_ns);
	ck_assert_int_eq(a->decisions, b->decisions);
	ck_assert_int_eq(a->busy_ns, b->busy_ns);
	ck_assert_int_eq(a->idle_ns, b->idle_ns);
	ck_assert_int_eq(a->run_end_ns, b->run_end_ns);
	ck_assert(a->response_sum_ns == b->response_sum_ns);
	ck_assert(a->mean_confidence == b->mean_confidence
		|| (isnan(a->mean_confidence) && isnan(b->mean_confidence)));
}

struct live_log *live_run_and_repeat(struct live *l, const struct workload *w,
	const char *policy, const volatile int *stop, enum live_end *end,
	struct metrics *m)
{
	struct recorded_check check;
	struct metrics again;
	struct live_log *log;
	struct choice c;
	struct run run = { .workload = w, .choice = &c, .seed = 7 };

	ck_assert_int_eq(choice_parse(&c, policy), 0);
	ck_assert_int_eq(live_run(l, w, &c, 7, stop, m, &log, end), 0);
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &again, &check), 0);
	if (check.differs)
		ck_abort_msg("%s: %s", policy, recorded_difference(&check, w));
	ck_assert_int_eq(check.compared, log->decisions);
	expect_same(m, &again);
	choice_fini(&c);
	return log;
}
