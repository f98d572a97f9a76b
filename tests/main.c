/* All suites in one runner, so that `make check` ends with one summary.
 * Arguments choose suites by name. */
#include <check.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name) Suite *test_##name(void);
#include "suites.h"
#undef SUITE

static const struct { const char *name; Suite *(*make)(void); } suites[] = {
#define SUITE(name) { #name, test_##name },
#include "suites.h"
#undef SUITE
};

static int known(const char *name)
{
	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		if (!strcmp(name, suites[i].name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	(void)gsl_set_error_handler_off();
	/* Check's four seconds are few for a machine with other work. */
	(void)setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	for (int k = 1; k < argc; k++)
		if (!known(argv[k])) {
			(void)fprintf(stderr, "run-tests: no suite '%s'\n", argv[k]);
			return 2;
		}
	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
		int wanted = argc < 2;
		for (int k = 1; k < argc; k++)
			wanted |= !strcmp(argv[k], suites[i].name);
		if (wanted)
			srunner_add_suite(runner, suites[i].make());
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
