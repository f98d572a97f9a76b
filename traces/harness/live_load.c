/* Environments of a live run: the co-running loads that the workload's
 * timeline names. Each is made beforehand; during the run it is only switched
 * on and off, which keeps the executor busy for a moment (a late wake-up like
 * any other). */
#include "live_parts.h"

#include "../../sim/msg.h"

#include <stdlib.h>

static int open_one(struct live *l, const struct workload *w, int number)
{
	const char *name = w->bundle->environment[number];
	struct load_rate rate = { 0 };
	struct environment e;

	if (number == 0 || l->corunner[number])
		return 0;
	if (environment_parse(name, &e))
		return -1;
	e.load.seed = (uint32_t)number;
	l->corunner[number] = corunner_new(l->backend, l->dev, l->o.backend,
		l->o.device, &e);
	return corunner_start(l->corunner[number])
		|| corunner_stop(l->corunner[number], &rate) ? -1 : 0;
}

int live_loads_open(struct live *l, const struct workload *w)
{
	l->environments = w->bundle->environments;
	l->corunner = mem_new((size_t)l->environments, sizeof(struct corunner *));
	for (int i = 0; i < w->changes; i++)
		if (open_one(l, w, w->change[i].environment))
			return -1;
	return 0;
}

int live_load_change(struct live *l, int environment)
{
	struct load_rate rate = { 0 };
	int failed = 0;

	if (environment == l->environment)
		return 0;
	if (environment && !l->corunner[environment])
		return msg_bad("an environment that was not there when the device "
			"was opened");
	if (l->environment)
		failed = corunner_stop(l->corunner[l->environment], &rate);
	l->environment = 0;
	if (failed || !environment)
		return failed;
	live_unpin(l);
	failed = corunner_start(l->corunner[environment]);
	live_pin(l);
	if (!failed)
		l->environment = environment;
	return failed;
}

void live_loads_close(struct live *l)
{
	if (!l->corunner)
		return;
	(void)live_load_change(l, 0);
	for (int i = 0; i < l->environments; i++)
		corunner_free(l->corunner[i]);
	free(l->corunner);
}
