/* tests/slurm, from the suite; what it prints is shown when it fails. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(slurm_array_gives_the_bytes_of_the_local_sweep)
{
	int status, code;
	pid_t child;

	if (getenv("LAXITY_QUICK"))
		return;
	(void)fflush(NULL);
	child = fork();
	ck_assert(child >= 0);
	if (child == 0) {
		(void)execl("tests/slurm", "tests/slurm", (char *)NULL);
		_exit(127);
	}
	ck_assert(waitpid(child, &status, 0) == child);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	ck_assert_msg(code == 0 || code == 77, "tests/slurm ended with %d", code);
}
END_TEST

Suite *test_slurm(void);
Suite *test_slurm(void)
{
	Suite *s = suite_create("slurm");
	TCase *t = tcase_create("slurm");

	tcase_set_timeout(t, 180);
	tcase_add_test(t, slurm_array_gives_the_bytes_of_the_local_sweep);
	suite_add_tcase(s, t);
	return s;
}
