/* Replays corpora: `fuzz-replay` alone runs every target over its own folder,
 * `fuzz-replay TARGET FILE...` these files. Without libFuzzer, so that every
 * compiler and valgrind can run the targets. */
#include "fuzz.h"

#include "../../sim/mem.h"

#include <dirent.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void replay_file(const struct fuzz_target *t, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct text bytes;
	char part[4096];
	size_t n;

	FUZZ_HOLDS(f != NULL);
	text_init(&bytes);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		text_add_n(&bytes, part, n);
	FUZZ_HOLDS(!ferror(f));
	(void)fclose(f);
	/* An exact copy, so that a read beyond the end is seen. */
	uint8_t *exact = malloc(bytes.length ? bytes.length : 1);
	FUZZ_HOLDS(exact != NULL);
	memcpy(exact, bytes.s, bytes.length);
	fuzz_one(t, exact, bytes.length);
	free(exact);
	text_fini(&bytes);
}

static int replay_folder(const struct fuzz_target *t)
{
	char *folder = mem_printf("tests/fuzz/corpus/%s", t->name);
	DIR *dir = opendir(folder);
	int n = 0;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		char *path = mem_printf("%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.') {
			replay_file(t, path);
			n++;
		}
		free(path);
	}
	if (dir)
		(void)closedir(dir);
	free(folder);
	return n;
}

int main(int argc, char **argv)
{
	int targets = 0, files = 0, empty = 0;

	(void)gsl_set_error_handler_off();
	if (argc > 1) {
		const struct fuzz_target *t = fuzz_find(argv[1]);
		if (!t) {
			(void)fprintf(stderr, "fuzz-replay: no target '%s'\n", argv[1]);
			return 2;
		}
		for (int i = 2; i < argc; i++)
			replay_file(t, argv[i]);
		fuzz_end();
		return 0;
	}
	for (const struct fuzz_target *t = fuzz_targets; t->name; t++) {
		int n = replay_folder(t);
		if (!n) {
			(void)fprintf(stderr, "fuzz-replay: no corpus for %s\n",
				t->name);
			empty = 1;
		}
		targets++;
		files += n;
	}
	fuzz_end();
	printf("fuzz-check: %d inputs through %d targets, each refused with one "
		"line or accepted\n", files, targets);
	return empty;
}
