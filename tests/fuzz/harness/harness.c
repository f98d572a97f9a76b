/* The targets of the profiling harness: networks and images. */
#include "../fuzz.h"
#include "../targets.h"

#include "../../../sim/mem.h"
#include "../../../sim/msg.h"
#include "../../../traces/harness/images.h"
#include "../../../sim/choice.h"
#include "../../../traces/harness/net.h"
#include "../../../traces/harness/recorded.h"

#include <stdlib.h>
#include <string.h>

#define NETWORK "tests/fuzz/network"

/* A network that was accepted can be run: by the slow oracle, if it is small. */
static void run_network(const struct net *n)
{
	size_t image = (size_t)(n->channels * n->height * n->width);
	int64_t work = 0;
	unsigned char *pixels;
	struct oracle *o;
	float *p;

	for (int i = 0; i < n->ops; i++)
		work += n->op[i].macs;
	if (image > 4096 || work > 200000 || n->ops > 200)
		return;
	pixels = mem_new(image, 1);
	p = mem_new((size_t)n->classes, sizeof *p);
	o = oracle_new(n, 1);
	for (int d = 1; d <= n->depths; d++) {
		(void)net_boundary_at(n, d);
		oracle_stage(o, 0, d, pixels, p);
	}
	oracle_free(o);
	free(p);
	free(pixels);
}

static int read_network(const char *path)
{
	struct net *n = net_read(path);

	if (!n)
		return -1;
	FUZZ_HOLDS(n->depths >= 1 && n->depths <= BUNDLE_MAX_DEPTH);
	run_network(n);
	net_free(n);
	return 0;
}

/* The ini beside it is made to fit what the file turns out to be, so that a
 * mutated network is not refused for its ini alone. */
int fuzz_onnx(const uint8_t *bytes, size_t n)
{
	int channels = 3, classes = 3, exits = 1, refused = -1, fits = 0;
	const char *said, *at;

	fuzz_file("n.onnx", bytes, n);
	while (!fits) {
		char *ini = mem_printf("[network]\nkind = %s\nclasses = %d\n"
			"mean = %s\ndeviation = %s\n",
			exits == 1 ? "single" : "staged", classes,
			channels == 1 ? "0.5" : "0.4,0.5,0.6",
			channels == 1 ? "0.5" : "0.25,0.3,0.2");
		fuzz_file("n.ini", ini, strlen(ini));
		free(ini);
		msg_capture(1);
		refused = read_network("n.onnx");
		said = msg_captured();
		fits = 1;
		if (refused && exits == 1 && strstr(said, "but the network has "))
			exits = fits = 0;
		at = strstr(said, "but the exits have ");
		if (refused && at && atoi(at + 19) >= 2
		    && atoi(at + 19) != classes) {
			classes = atoi(at + 19);
			fits = 0;
		}
		if (refused && channels == 3 && strstr(said, "n.ini:4: mean")) {
			channels = 1;
			fits = 0;
		}
	}
	return refused;
}

int fuzz_network_ini(const uint8_t *bytes, size_t n)
{
	fuzz_file(NETWORK ".ini", bytes, n);
	return read_network(NETWORK ".onnx");
}

static int read_images(const char *path, size_t n)
{
	struct images im;

	if (images_read(&im, path, n % 3 ? 0 : 1, 1, 28, 28))
		return -1;
	FUZZ_HOLDS(im.count >= 1 && im.classes >= 1);
	for (int i = 0; i < im.count; i++)
		FUZZ_HOLDS(im.label[i] < im.classes && images_at(&im, i));
	images_fini(&im);
	return 0;
}

/* A file whose name must be there and whose bytes are read by file_read. */
static const char *shadow(const char **path, const char *suffix,
	const uint8_t *bytes, size_t n)
{
	if (!*path)
		*path = fuzz_real_file(suffix, "", 0);
	fuzz_file(*path, bytes, n);
	return *path;
}

/* Three images and their labels, one of the two files replaced. */
static int read_pair(const uint8_t *images, size_t n, const uint8_t *labels,
	size_t m)
{
	static const uint8_t good_images[] = { 0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2,
		0, 0, 0, 1, 1, 2, 3, 4, 5, 6 };
	static const uint8_t good_labels[] = { 0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9 };
	static const char *of_images, *of_labels;

	(void)shadow(&of_images, "-images-idx3", images ? images : good_images,
		images ? n : sizeof good_images);
	(void)shadow(&of_labels, "-labels-idx1", labels ? labels : good_labels,
		labels ? m : sizeof good_labels);
	return read_images(of_images, n + m);
}

int fuzz_idx(const uint8_t *bytes, size_t n)
{
	return read_pair(bytes, n, NULL, 0);
}

int fuzz_idx_labels(const uint8_t *bytes, size_t n)
{
	return read_pair(NULL, 0, bytes, n);
}

int fuzz_cifar(const uint8_t *bytes, size_t n)
{
	static const char *path;

	return read_images(shadow(&path, ".bin", bytes, n), n);
}

/* A log that was accepted can be repeated, if it is not too long; what differs
 * is said, not trusted. */
static void repeat_log(struct live_log *log, const struct workload *w)
{
	static const unsigned given[] = { RECORDED_ALL, RECORDED_NOTHING,
		RECORDED_WAKES, RECORDED_WAKES | RECORDED_DISPATCH };
	struct choice choice;

	if (w->warmup + w->requests > 200 || w->clients > 200
	    || w->devices > 1)
		return;
	FUZZ_HOLDS(!choice_parse(&choice, "edf"));
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		const struct run run = { .workload = w, .seed = 1,
			.choice = &choice };
		struct recorded_check check;
		struct metrics m;
		if (!recorded_run(&run, log, given[i], &m, &check)
		    && check.differs)
			free(recorded_difference(&check, w));
	}
	/* A run may fail where the log makes no sense. */
	msg_capture(1);
	choice_fini(&choice);
}

int fuzz_live_log(const uint8_t *bytes, size_t n)
{
	struct workload *w;
	struct live_log *log;
	struct live_lateness late;

	fuzz_file("log.csv", bytes, n);
	log = live_log_read("log.csv", &w);
	if (!log)
		return -1;
	live_log_wake_lateness(log, &late);
	live_log_notice_lateness(log, &late);
	live_log_dispatch(log, &late);
	repeat_log(log, w);
	live_log_free(log);
	workload_free(w);
	return 0;
}
