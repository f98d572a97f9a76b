/* The result store: one SQLite file with runs and everything they came from.
 *
 * The tables and the views that are there for questions by hand (`runs`,
 * `metrics`, `paired`, `axes`, `requests`, `stages`) are described in
 * store_schema.c; `laxity export --help` shows examples.
 *
 * Two hashes name a run. The *subject* covers what was run: the trace's
 * files, the resolved workload with its replayed arrivals, the policy with
 * every parameter, the seed. The *key* covers also the program: its version
 * and the hash of its sources (laxity_code, which the commit only stands for: a
 * changed tree has another code, an edited README has not). A store holds one
 * run per subject. A run is finished if its key is there; storing a run whose
 * subject is there under another key, that is, made by another program,
 * replaces it. Live runs are subjects of their own by the time they began.
 *
 * Several processes may write at once: transactions are short, and a writer
 * waits for a minute. The journal is a rollback journal, not a write-ahead
 * log, which needs shared memory and fails on network file systems. Every
 * commit is flushed to the disk, so what was committed survives SIGKILL and
 * power cuts.
 *
 * A file is made for the first transaction and goes again if that fails, so a
 * refused run leaves none. One killed in that transaction leaves an empty file,
 * perhaps with a journal: readers say that it holds no results, the next writer
 * goes on with it. (Under a temporary name it would stay as well, and two who
 * make the same file would not find each other.) */
#ifndef LAXITY_STORE_H
#define LAXITY_STORE_H

#include "outcome.h"
#include "sha256.h"

#define STORE_SCHEMA 2

enum store_mode {
	STORE_READ,                 /* the file must be there, with results */
	STORE_WRITE,                /* made if missing */
};

struct store;

/* NULL after one message: unreadable, read-only, no database, damaged, or of
 * a schema this program does not know (exit 2). */
struct store *store_open(const char *path, enum store_mode mode);
/* Rolls back what is not committed. store_close(NULL) does nothing. */
void store_close(struct store *s);

/* 1 if the file existed, or a commit has made it. */
int store_exists(const struct store *s);

/* ---- Keys ------------------------------------------------------------------ */

/* Hash of the workload: trace, resolved text, replayed file. */
void store_hash_workload(const struct workload *w, char hex[SHA256_HEX]);

/* A run as it is stored. */
struct store_run {
	const struct workload *workload;
	const char *workload_hash;  /* of store_hash_workload */
	const struct choice *choice;
	uint32_t seed;
	int32_t replication;        /* seed - the first seed of its set */
	const char *kind;           /* "simulated", "live", "replayed" */
	const char *live_at;        /* "" unless live: when it began, UTC */
	const char *ended;          /* "done", "interrupted" */
	double took_s;              /* wall time; NAN: not known */
};

struct store_key { char subject[SHA256_HEX], key[SHA256_HEX]; };

/* ended and took_s do not count. */
void store_key(struct store_key *k, const struct store_run *r);
/* Of the bounds of a workload and seed. */
void store_key_bounds(struct store_key *k, const char *workload_hash,
	uint32_t seed);

/* 1: a run (or bounds) with this key is stored; 0: no; -1 after a message. */
int store_has(struct store *s, const struct store_key *k);
int store_has_bounds(struct store *s, const struct store_key *k);

/* ---- Writing ---------------------------------------------------------------- */

/* All of these return 0, or -1 after one message; after a failure the caller
 * rolls back (or closes). Runs are stored in transactions: any number of
 * puts between begin and commit. */
int store_begin(struct store *s);
int store_commit(struct store *s);
void store_rollback(struct store *s);

/* Remember the policies in this order, the first being the one that others
 * are compared with. Known ones keep their place. */
int store_put_policies(struct store *s, int n, const struct choice *choices);

/* Store a run, replacing what is stored of its subject. */
int store_put_run(struct store *s, const struct store_run *r,
	const struct outcome *o);

/* The same in two steps: between them, in the same transaction, rows of its
 * requests and stages may be put under its *id. */
int store_put_start(struct store *s, const struct store_run *r, int64_t *id);
int store_put_outcome(struct store *s, int64_t id, const char *ended,
	double took_s, const struct outcome *o);

/* About a microsecond each, fastest in rising order of number. They wait until
 * some tens of them are there, or store_put_outcome: failures show late. */
int store_put_request(struct store *s, int64_t id, const struct request_record *r);
int store_put_stage(struct store *s, int64_t id, const struct stage_record *r);

/* Of a live run: where and how it was made; a name given again replaces. */
int store_put_fact(struct store *s, int64_t id, const char *name,
	const char *value);

/* A live run's metric against the simulated one, and the parts of the
 * difference; NAN where there is none. */
struct store_validation {
	const char *metric;
	double live, simulated, workload, dispatch, stage_time, other;
};
int store_put_validation(struct store *s, int64_t id,
	const struct store_validation *v);

int store_put_bounds(struct store *s, const struct workload *w,
	const char *workload_hash, uint32_t seed, const struct outcome_bounds *b);

/* ---- Reading ---------------------------------------------------------------- */

/* x[i] = the column's value of the run with this workload, policy and seed
 * first + i, by whichever program, NAN if there is none. */
int store_values(struct store *s, const char *workload_hash,
	const struct choice *c, const struct column *column, uint32_t first, int n,
	double *x);

/* ---- Joining ---------------------------------------------------------------- */

/* Add everything of `from` to s, between begin and commit. A subject that both
 * have with different results is an error that shows both sides (exit 2); with
 * equal results the first stays. */
int store_merge(struct store *s, struct store *from);

#endif
