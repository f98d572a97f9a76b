/* Scripts that start laxity elsewhere or for long: names that a shell would take
 * apart, tasks that were lost, runs that were interrupted. A pretended sbatch runs
 * what it is given at once, but for task 2 where $LOSE says so. */
#include "support_program.h"

#include "../sim/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char sbatch[] =
	"#!/bin/bash\n"
	"for last in \"$@\"; do :; done\n"
	"array=$(printf '%s\\n' \"$@\" | sed -n 's/^--array=1-//p')\n"
	"if [ -z \"$array\" ]; then bash \"$last\" >&2 || exit 1; fi\n"
	"for i in $(seq 1 ${array:-0}); do\n"
	"	[ \"$LOSE\" = yes ] && [ $i = 2 ] && continue\n"
	"	SLURM_ARRAY_TASK_ID=$i bash \"$last\" >&2 || exit 1\n"
	"done\n"
	"echo $$\n";

static char *dir;

static void setup(void)
{
	char *path;

	dir = test_directory();
	path = test_path(dir, "sbatch");
	test_write(path, sbatch);
	ck_assert_int_eq(chmod(path, 0755), 0);
	free(path);
}

static void teardown(void)
{
	test_directory_free(dir);
}

/* A shell command with $D the directory; its status, what it says in `said`. */
static int shell(const char *command)
{
	char *line = mem_printf("D='%s'; export PATH=\"$D:$PATH\"; { %s; } "
		">\"$D/said\" 2>&1", dir, command);
	char *script = test_path(dir, "script");
	char *run;
	int status;

	test_write(script, line);
	run = mem_printf("bash %s", script);
	status = system(run);
	free(run);
	free(script);
	free(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(int status, const char *command)
{
	int got = shell(command);
	char *path = test_path(dir, "said"), *said = test_read(path, NULL);

	ck_assert_msg(got == status, "status %d, not %d: %s\n%s", got, status,
		command, said);
	free(said);
	free(path);
}

#define ODD "\"$D/it's \\\"a\\\" \\$(date) %a;.db\""

/* The same rows as a sweep without Slurm, whatever the files are called, also if a
 * task was lost. */
START_TEST(a_sweep_by_tasks_survives_odd_names_and_lost_tasks)
{
	expect(0, "P=${LAXITY_PROGRAM:-./laxity}\n"
		"sed 's/^requests = .*/requests = 20/' tests/faults/experiment.ini "
		">\"$D/an experiment's.ini\"\n"
		"$P sweep \"$D/an experiment's.ini\" --set workload.warmup=1 "
		"--db $D/local.db || exit 1\n"
		"$P export csv $D/local.db >$D/local.csv\n"
		"export LOSE=no\n"
		"scripts/sweep-slurm \"$D/an experiment's.ini\" 3 --set "
		"workload.warmup=1 --db " ODD " || exit 1\n"
		"$P export csv " ODD " >$D/slurm.csv && cmp $D/local.csv "
		"$D/slurm.csv || exit 1\n"
		"LOSE=yes scripts/sweep-slurm \"$D/an experiment's.ini\" 3 --set "
		"workload.warmup=1 --db $D/lost.db || exit 1\n"
		"$P export csv $D/lost.db >$D/lost.csv && cmp $D/local.csv "
		"$D/lost.csv || exit 1\n"
		"[ $(wc -l <$D/local.csv) -gt 4 ]");
}
END_TEST

START_TEST(a_sweep_by_tasks_is_refused_before_anything_is_queued)
{
	expect(2, "scripts/sweep-slurm tests/faults/experiment.ini 0");
	expect(2, "scripts/sweep-slurm tests/faults/experiment.ini 2x");
	expect(2, "scripts/sweep-slurm $D/none.ini 2");
	expect(2, "scripts/sweep-slurm tests/faults/experiment.ini 2 --db $D/a.db "
		"--shard 1/2");
	expect(2, "scripts/sweep-slurm tests/faults/experiment.ini 2 --db $D/a.db "
		"--set workload.requests=none");
	expect(0, "[ ! -e $D/a.db.shards ] && [ ! -e $D/a.db ]");
}
END_TEST

#define VALIDATE "BACKEND=replay DEVICE=traces/h100-cifar10 scripts/gpu-validate " \
	"traces/h100-cifar10 traces/h100-cifar10 \"$D/o 'u' t\" --replications 1 " \
	"--seconds 0 --loads 0.3 --set workload.requests=20 --set workload.warmup=0"

/* What is there already is not measured again and stays as it is. Ends with 3,
 * since so few requests deviate. */
START_TEST(a_validation_goes_on_where_it_was_interrupted)
{
	if (getenv("LAXITY_QUICK") || access("laxity", X_OK)
	    || shell("./laxity devices --backend replay --device "
		"traces/h100-cifar10"))
		return;
	expect(75, "LIMIT=1 " VALIDATE);
	expect(3, VALIDATE);
	expect(0, "cd \"$D/o 'u' t\" && tar -tzf logs.tar.gz | grep -c csv >$D/n && "
		"[ $(cat $D/n) = 13 ] && sha256sum \"../o 'u' t.work\"/logs/* "
		"validation.csv >$D/sums");
	expect(3, VALIDATE);
	expect(0, "cd \"$D/o 'u' t\" && sha256sum --quiet -c $D/sums");
	expect(2, "scripts/gpu-validate traces/h100-cifar10");
}
END_TEST

Suite *test_scripts(void);
Suite *test_scripts(void)
{
	Suite *s = suite_create("scripts");
	TCase *t = tcase_create("scripts");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 180);
	tcase_add_test(t, a_sweep_by_tasks_survives_odd_names_and_lost_tasks);
	tcase_add_test(t, a_sweep_by_tasks_is_refused_before_anything_is_queued);
	tcase_add_test(t, a_validation_goes_on_where_it_was_interrupted);
	suite_add_tcase(s, t);
	return s;
}
