/* Inside `laxity validate`: cmd_validate.c reads the command line and reports,
 * validate_live.c makes the live runs. */
#ifndef LAXITY_VALIDATE_COMMAND_H
#define LAXITY_VALIDATE_COMMAND_H

#include "live.h"
#include "validate.h"
#include "validate_workloads.h"

#include "../../sim/msg.h"
#include "../../sim/store.h"

struct validate_options {
	struct live_options live;
	struct validate_source source;
	const char *logs, *out, *db;
	struct option_list policies, limits, files;
	int64_t replications;
	int format, policy_check;
};

struct command_validate {
	struct validate_options o;
	struct validation validation;
	struct choice *choice;
	int choices;
	struct live *live;
	struct validate_loads loads;
	/* [load * choices + choice]: with what its decisions cost; NULL: not
	 * measured yet. */
	struct workload **costed;
	struct store *store;
	struct progress progress;
	int64_t done;
	const volatile int *stop;
	struct text stages;         /* of the policy check; "" without */
	/* The live run that is under way, should the executor be lost. */
	const struct run *run;
	const char *path;
};

/* Put a run and its simulation into the database, if there is one. -1 after
 * one message. */
int validate_store(struct command_validate *c, const struct run *r,
	const struct live_log *log, const struct validate_run *v);

/* Make ready for the live runs. */
int validate_open_device(struct command_validate *c);
/* All live runs that have no log yet, compared with their simulations. -1 after
 * one message, which may be that it was interrupted. */
int validate_run_all(struct command_validate *c);
/* Take a log that was made before. 1: it is incomplete, and left out. */
int validate_take_log(struct command_validate *c, const char *path);

/* For validate_live.c: print what is finished, as it may be all there will
 * be. */
int validate_report(struct command_validate *c);

#endif
