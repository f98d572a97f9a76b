/* Replays corpora: `fuzz-replay` alone runs every target over its own folder and
 * over FUZZ_MUTANTS (none, unless the environment says) changed copies of it, the
 * same ones for the same FUZZ_SEED; `fuzz-replay TARGET FILE...` these files.
 * Without libFuzzer, so that every compiler and valgrind can run the targets. An
 * input that breaks something is left in fuzz-broken-TARGET. */
#include "fuzz.h"
#include "mutate.h"

#include "../../sim/mem.h"

#include <dirent.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What sanitizers call before they end the process. */
void __sanitizer_set_death_callback(void (*call)(void)) __attribute__((weak));

static const struct fuzz_target *now;
static struct bytes input;

void fuzz_leave_input(void)
{
	char path[80];
	FILE *f;

	if (!input.at)
		return;
	(void)snprintf(path, sizeof path, "fuzz-broken-%s", now->name);
	f = fopen(path, "wb");
	if (f) {
		(void)fwrite(input.at, 1, input.n, f);
		(void)fclose(f);
		(void)fprintf(stderr, "fuzz-replay: the input is in %s\n", path);
	}
}

static void try(const struct fuzz_target *t, struct bytes b)
{
	now = t;
	input = b;
	fuzz_one(t, b.at, b.n);
	input.at = NULL;
}

/* An exact copy, so that a read beyond the end is seen. */
static struct bytes file_bytes(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct bytes b;
	struct text read;
	char part[4096];
	size_t n;

	FUZZ_HOLDS(f != NULL);
	text_init(&read);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		text_add_n(&read, part, n);
	FUZZ_HOLDS(!ferror(f));
	(void)fclose(f);
	b.n = read.length;
	b.at = mem_new(b.n ? b.n : 1, 1);
	memcpy(b.at, read.s, b.n);
	text_fini(&read);
	return b;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* The number of inputs kept. */
static int replay_folder(const struct fuzz_target *t, long mutants, uint64_t seed)
{
	char *folder = mem_printf("tests/fuzz/corpus/%s", t->name);
	uint64_t state = mutate_seed(t->name, seed);
	struct dirent **names = NULL;
	int n = scandir(folder, &names, visible, alphasort);
	struct bytes *kept = mem_new((size_t)(n > 0 ? n : 1), sizeof *kept);

	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", folder, names[i]->d_name);

		kept[i] = file_bytes(path);
		try(t, kept[i]);
		free(path);
		free(names[i]);
	}
	for (long i = 0; n > 0 && i < mutants; i++) {
		struct bytes b = mutate(kept[i % n],
			kept[(size_t)(state % (uint64_t)n)], t->longest, &state);

		try(t, b);
		free(b.at);
	}
	for (int i = 0; i < n; i++)
		free(kept[i].at);
	free(kept);
	free(names);
	free(folder);
	return n > 0 ? n : 0;
}

static long number(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtol(s, NULL, 10) : otherwise;
}

static int replay_files(int n, char **arguments)
{
	const struct fuzz_target *t = fuzz_find(arguments[0]);

	if (!t) {
		(void)fprintf(stderr, "fuzz-replay: no target '%s'\n", arguments[0]);
		return 2;
	}
	for (int i = 1; i < n; i++) {
		struct bytes b = file_bytes(arguments[i]);

		try(t, b);
		free(b.at);
	}
	fuzz_end();
	return 0;
}

int main(int argc, char **argv)
{
	int targets = 0, files = 0, empty = 0;
	long mutants = number("FUZZ_MUTANTS", 0);

	(void)gsl_set_error_handler_off();
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(fuzz_leave_input);
	if (argc > 1)
		return replay_files(argc - 1, argv + 1);
	for (const struct fuzz_target *t = fuzz_targets; t->name; t++) {
		int n = replay_folder(t, mutants, (uint64_t)number("FUZZ_SEED", 1));

		if (!n) {
			(void)fprintf(stderr, "fuzz-replay: no corpus for %s\n",
				t->name);
			empty = 1;
		}
		targets++;
		files += n;
	}
	fuzz_end();
	printf("fuzz-check: %d inputs and %ld changed ones through %d targets, each "
		"refused with one line or accepted\n", files, mutants * targets,
		targets);
	return empty;
}
