#include "support_sweep.h"

#include "../sim/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct sweep_place at;

const char sweep_experiment[] =
	"[workload]\n"
	"trace = traces/h100-cifar10\n"
	"networks = staged3\n"
	"requests = 300\n"
	"warmup = 10\n"
	"[arrivals]\n"
	"process = closed\n"
	"reissue = deadline\n"
	"[deadline]\n"
	"distribution = uniform\n"
	"min = 2T\n"
	"max = 22T\n"
	"[axis]\n"
	"arrivals.clients = 4, 16, 32\n"
	"deadline.max = 12T, 22T\n"
	"[sweep]\n"
	"policies = edf lcf imprecise:predictor=max,delta=0.1\n"
	"replications = 5\n";

void sweep_setup(void)
{
	at.dir = test_directory();
	at.ini = test_path(at.dir, "e.ini");
	at.db = test_path(at.dir, "a.db");
	test_write(at.ini, sweep_experiment);
}

void sweep_teardown(void)
{
	program_fini(&at.p);
	free(at.ini);
	free(at.db);
	test_directory_free(at.dir);
}

char *sweep_export(const char *file)
{
	struct program q = { 0 };
	char *text;

	program_line(&q, "export csv %s", file);
	ck_assert_msg(q.status == 0, "%s", q.err);
	text = mem_string(q.out);
	program_fini(&q);
	return text;
}

void sweep_ok(const char *options)
{
	program_line(&at.p, "sweep %s --db %s%s", at.ini, at.db, options);
	ck_assert_msg(at.p.status == 0, "%s", at.p.err);
}

char *sweep_reference(void)
{
	char *file = test_path(at.dir, "reference.db"), *text;

	program_line(&at.p, "sweep %s --db %s --jobs 1", at.ini, file);
	ck_assert_msg(at.p.status == 0, "%s", at.p.err);
	text = sweep_export(file);
	free(file);
	return text;
}

void sweep_policies(const char *policies)
{
	const char *rest = strstr(sweep_experiment, "policies");
	char *text = mem_printf("%.*spolicies = %s\nreplications = 5\n",
		(int)(rest - sweep_experiment), sweep_experiment, policies);

	test_write(at.ini, text);
	free(text);
}
