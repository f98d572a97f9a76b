/* The command: what it prints, and that its replay file releases the same. */
#include "../sim/mem.h"
#include "support_bundle.h"
#include "support_program.h"
#include "support_workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The program's path must outlive the change of directory. */
static void enter(void)
{
	const char *program = getenv("LAXITY_PROGRAM");
	char here[4096], path[8192];

	if (!program)
		program = "build/laxity";
	if (*program != '/') {
		ck_assert_ptr_nonnull(getcwd(here, sizeof here));
		(void)snprintf(path, sizeof path, "%s/%s", here, program);
		ck_assert_int_eq(setenv("LAXITY_PROGRAM", path, 1), 0);
	}
	place_enter();
}

#define W "[workload]\ntrace = t\nnetworks = a\nrequests = 300\nwarmup = 20\n"
#define D "[deadline]\ndistribution = uniform\nmin = 1T\nmax = 3T\n"

START_TEST(it_prints_the_resolved_file_and_remarks)
{
	struct program p = { 0 };
	struct workload *w;
	char *text;

	place_put("w.ini", W D "[arrivals]\nprocess = poisson\nload = 1\n");
	program_line(&p, "workload w.ini --set arrivals.load=0.5");
	ck_assert_int_eq(p.status, 0);
	text = tiny_get(".", "w.ini", NULL);
	w = workload_parse("w.ini", text, strlen(text), 1,
		(const char *[]){ "arrivals.load=0.5" }, 1);
	ck_assert_str_eq(p.out, w->resolved);
	ck_assert_ptr_eq(strstr(p.err, "laxity: note: arrivals: count 320, "),
		p.err);
	ck_assert_ptr_nonnull(strstr(p.err, " (theory 125000), cv "));
	ck_assert_ptr_nonnull(strstr(p.err, "\nlaxity: note: offered load 0.5 of "
		"capacity at full depth, 0.125 at the mandatory depth\n"));
	workload_free(w);
	free(text);
	program_fini(&p);
}
END_TEST

static const char *const process[] = {
	W D "[arrivals]\nprocess = poisson\nload = 1\n",
	W D "[arrivals]\nprocess = gamma\nload = 1\ncv = 3\n"
		"[inputs]\norder = bursts\n",
	W D "[arrivals]\nprocess = mmpp\nload = 1\nrates = 0, 1\n"
		"stay = 20T, 20T\n[inputs]\norder = shuffled\n",
	W D "[arrivals]\nprocess = periodic\nperiod = 1.1T\njitter = 1T\n",
	W D "[arrivals]\nprocess = closed\nclients = 7\nreissue = deadline\n",
	"[workload]\ntrace = t\nnetworks = a\n" D
		"[arrivals]\nprocess = replay\nfile = g.csv\n",
};

START_TEST(any_workload_can_be_turned_into_a_replay)
{
	char *text = mem_string(process[_i]);
	struct workload *a, *b;
	struct arrival *x, *y;
	struct program p = { 0 };
	int64_t n;

	place_put("g.csv", "release_ns,relative_deadline_ns,input,group\n"
		"0,50,1,two\n5,100,2,\n10,7,3,two\n20,,4,one\n49,,5,two\n");
	place_put("w.ini", text);
	program_line(&p, "workload w.ini --seed 5 --arrivals r.csv");
	ck_assert_msg(!p.status, "%s", p.err);
	a = workload_parse("w.ini", text, strlen(text), 0, NULL, 5);
	b = workload_parse("w.ini",
		"[workload]\ntrace = t\nnetworks = a\n"
		"[arrivals]\nprocess = replay\nfile = r.csv\n", strlen(
		"[workload]\ntrace = t\nnetworks = a\n"
		"[arrivals]\nprocess = replay\nfile = r.csv\n"), 0, NULL, 1);
	ck_assert(a && b);
	ck_assert_int_eq(b->replay_unchecked, 0);
	n = a->warmup + a->requests;
	ck_assert_int_eq(b->rows, n);
	x = source_all(a, 5);
	y = source_all(b, 1);
	for (int64_t i = 0; i < n; i++) {
		ck_assert_int_eq(x[i].number, y[i].number);
		ck_assert_int_eq(x[i].release_ns, y[i].release_ns);
		ck_assert_int_eq(x[i].deadline_ns, y[i].deadline_ns);
		ck_assert_int_eq(x[i].input, y[i].input);
		ck_assert_int_eq(x[i].group, y[i].group);
	}
	free(x);
	free(y);
	workload_free(a);
	workload_free(b);
	free(text);
	program_fini(&p);
}
END_TEST

START_TEST(bad_command_lines_and_impossible_wishes)
{
	place_put("w.ini", W D "[arrivals]\nprocess = closed\nclients = 2\n"
		"reissue = response\n");
	program_refuses("workload", 2, "laxity: workload: one FILE expected\n");
	program_refuses("workload a b", 2,
		"laxity: workload: one FILE expected\n");
	program_refuses("workload w.ini --sed 1", 2, "laxity: workload: unknown "
		"option '--sed'; options: --set, --seed, --arrivals\n");
	program_refuses("workload w.ini --set", 2,
		"laxity: workload: --set: a value is missing\n");
	program_refuses("workload w.ini --seed 4294967296", 2,
		"laxity: workload: --seed: '4294967296' is no whole number from 1 "
		"to 4294967295\n");
	program_refuses("workload none.ini", 2,
		"laxity: none.ini: cannot open: No such file or directory\n");
	program_refuses("workload w.ini --arrivals r.csv", 2,
		"laxity: --arrivals: with reissue = response the releases depend "
		"on the policy\n");
	program_refuses("workload w.ini --set arrivals.reissue=deadline "
		"--arrivals no/r.csv", 2, "laxity: no/r.csv: cannot write: "
		"No such file or directory\n");
	ck_assert_int_ne(access("r.csv", F_OK), 0);
}
END_TEST

Suite *test_cmd_workload(void);
Suite *test_cmd_workload(void)
{
	Suite *s = suite_create("cmd_workload");
	TCase *t = tcase_create("cmd_workload");

	tcase_add_checked_fixture(t, enter, place_leave);
	tcase_add_test(t, it_prints_the_resolved_file_and_remarks);
	tcase_add_loop_test(t, any_workload_can_be_turned_into_a_replay, 0,
		sizeof process / sizeof *process);
	tcase_add_test(t, bad_command_lines_and_impossible_wishes);
	suite_add_tcase(s, t);
	return s;
}
