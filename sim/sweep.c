#include "sweep.h"

#include "clock.h"
#include "mem.h"
#include "msg.h"
#include "out.h"
#include "pool.h"
#include "splitmix.h"
#include "store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A commit waits for the disk. Finished runs are gathered until commits take
 * only this share of the time, or until there are so many. */
#define COMMIT_SHARE 0.05
#define COMMIT_RUNS 1000

struct point {
	char hash[SHA256_HEX];
	int wanted, issued;         /* replications */
	int under_way;              /* tasks given out and not stored */
	int present, skipped;       /* stored when counted; when given out */
	int thinned;                /* its rows depend on the seed */
	int precise;
};

struct finished {
	int64_t task;
	struct outcome outcome;
	struct outcome_bounds bounds;
	double took_s;
};

struct state {
	const struct sweep *s;
	struct store *store;
	struct point *point;
	/* Points with something to give out, in a ring: the one at `head` is
	 * being given out, from replication and column on. */
	int64_t *queue, head, length, replication;
	int column;
	int contended;              /* another sweep has been met */
	uint64_t noise;             /* to go elsewhere then */
	struct finished *finished;
	int finished_count;
	double committed_s, commit_took_s;
	/* Runs that were there; that were missing; of these stored since by
	 * this sweep, by others. */
	int64_t present, expected, stored, elsewhere;
	struct progress progress;
	const volatile int *stop;
	/* The workload used last, here or in a worker. */
	struct workload *workload;
	int64_t workload_point;
	uint32_t workload_seed;
};

/* ---- Tasks ------------------------------------------------------------------------ */

/* A task is (point, replication, column); column 0 is the bounds if there are
 * any, the others are the policies. */

static int columns(const struct sweep *s)
{
	return s->experiment->policies + s->bounds;
}

static int64_t task_of(const struct sweep *s, int64_t point, int64_t replication,
	int column)
{
	return (point * s->most + replication) * columns(s) + column;
}

static void split_task(const struct sweep *s, int64_t task, int64_t *point,
	int *replication, int *policy)
{
	int64_t rest = task / columns(s);

	*policy = (int)(task % columns(s)) - s->bounds;
	*replication = (int)(rest % s->most);
	*point = rest / s->most;
}

static uint32_t seed_of(const struct sweep *s, int replication)
{
	return s->experiment->seed + (uint32_t)replication;
}

static int is_ours(const struct sweep *s, int64_t point, int64_t replication)
{
	int64_t number = s->metric ? point
		: point * s->experiment->replications + replication;

	return number % s->shards == s->shard - 1;
}

static struct store_run describe(const struct state *t, int64_t point,
	int replication, int policy, double took_s)
{
	return (struct store_run){ .workload = t->workload,
		.workload_hash = t->point[point].hash,
		.choice = &t->s->choice[policy],
		.seed = seed_of(t->s, replication), .replication = replication,
		.kind = "simulated", .live_at = "", .ended = "done",
		.took_s = took_s };
}

static int is_stored(const struct state *t, int64_t point, int replication,
	int policy)
{
	struct store_key key;
	struct store_run run;

	if (policy < 0) {
		store_key_bounds(&key, t->point[point].hash,
			seed_of(t->s, replication));
		return store_has_bounds(t->store, &key);
	}
	run = describe(t, point, replication, policy, NAN);
	store_key(&key, &run);
	return store_has(t->store, &key);
}

static int use_workload(struct state *t, int64_t point, uint32_t seed)
{
	if (t->workload && t->workload_point == point
	    && (t->workload_seed == seed || !t->point[point].thinned))
		return 0;
	workload_free(t->workload);
	t->workload = experiment_workload(t->s->experiment, point, seed);
	t->workload_point = point;
	t->workload_seed = seed;
	return t->workload ? 0 : -1;
}

/* ---- In the workers ----------------------------------------------------------------- */

static int work(void *context, int64_t task, void *to)
{
	struct state *t = context;
	struct finished *f = to;
	int replication, policy, status;
	double begun = clock_seconds();
	int64_t point;
	uint32_t seed;
	struct run run;

	split_task(t->s, task, &point, &replication, &policy);
	seed = seed_of(t->s, replication);
	if (use_workload(t, point, seed))
		return -1;
	f->task = task;
	if (policy < 0)
		return outcome_bounds_of_run(t->workload, seed, &f->bounds);
	run = (struct run){ .workload = t->workload, .seed = seed,
		.choice = &t->s->choice[policy], .stop = t->stop };
	status = outcome_of_run(&run, &f->outcome);
	f->took_s = clock_since(begun);
	return status;
}

/* ---- Storing ------------------------------------------------------------------------- */

static int put(struct state *t, const struct finished *f)
{
	int replication, policy, stored;
	struct store_run run;
	int64_t point;

	split_task(t->s, f->task, &point, &replication, &policy);
	t->point[point].under_way--;
	stored = is_stored(t, point, replication, policy);
	if (stored) {
		t->contended = 1;
		t->elsewhere++;
		return stored < 0 ? -1 : 0;
	}
	if (use_workload(t, point, t->s->experiment->seed))
		return -1;
	t->stored++;
	if (policy < 0)
		return store_put_bounds(t->store, t->workload,
			t->point[point].hash, seed_of(t->s, replication), &f->bounds);
	run = describe(t, point, replication, policy, f->took_s);
	return store_put_run(t->store, &run, &f->outcome);
}

/* Is the metric known well enough at this point, from the first n replications? */
static int is_precise(struct state *t, int64_t point, int n)
{
	const struct sweep *s = t->s;
	double *x = mem_new((size_t)n, sizeof *x);
	int precise = 1;

	for (int k = 0; precise == 1 && k < s->experiment->policies; k++) {
		struct estimate e;
		double half;
		if (store_values(t->store, t->point[point].hash, &s->choice[k],
		    s->metric, s->experiment->seed, n, x)) {
			precise = -1;
			break;
		}
		e = stats_estimate(x, n, 0);
		half = e.half;
		/* A metric without a value, like energy without power data, is
		 * as well known as it will ever be. */
		precise = isnan(e.mean) || half <= s->precision;
	}
	free(x);
	return precise;
}

/* Count what is missing of replications first ... wanted - 1 of a point. */
static int count_missing(struct state *t, int64_t point, int first)
{
	struct point *p = &t->point[point];

	p->present = p->skipped = 0;
	for (int r = first; r < p->wanted; r++) {
		for (int k = 0; is_ours(t->s, point, r) && k < columns(t->s); k++) {
			int stored = is_stored(t, point, r, k - t->s->bounds);
			if (stored < 0)
				return -1;
			p->present += stored;
			t->expected += !stored;
		}
	}
	t->present += p->present;
	t->progress.total = t->expected;
	return 0;
}

static void enqueue(struct state *t, int64_t point)
{
	int64_t points = t->s->experiment->points;

	t->queue[(t->head + t->length++) % points] = point;
}

/* If everything given out of this point is stored: is it enough? */
static int extend(struct state *t, int64_t point)
{
	struct point *p = &t->point[point];
	int first = p->wanted, most = t->s->most;

	if (!t->s->metric || p->precise || p->under_way || p->issued < p->wanted)
		return 0;
	p->precise = p->wanted == most ? 1 : is_precise(t, point, p->wanted);
	if (p->precise)
		return p->precise < 0 ? -1 : 0;
	p->wanted += (p->wanted + 1) / 2;
	if (p->wanted > most)
		p->wanted = most;
	enqueue(t, point);
	return count_missing(t, point, first);
}

static int commit(struct state *t)
{
	int n = t->finished_count, replication, policy;
	double begun = clock_seconds();
	int64_t point;

	if (n == 0)
		return 0;
	t->finished_count = 0;
	if (store_begin(t->store))
		return -1;
	for (int i = 0; i < n; i++)
		if (put(t, &t->finished[i]))
			goto failed;
	if (store_commit(t->store))
		goto failed;
	t->committed_s = clock_seconds();
	t->commit_took_s = clock_since(begun);
	for (int i = 0; i < n; i++) {
		split_task(t->s, t->finished[i].task, &point, &replication, &policy);
		if (extend(t, point))
			return -1;
	}
	return 0;
failed:
	store_rollback(t->store);
	return -1;
}

static int tick(void *context)
{
	struct state *t = context;

	/* A clock that was turned back does not put it off. */
	double now = clock_seconds(), since = now - t->committed_s;

	return t->finished_count == COMMIT_RUNS || since < 0
		|| since >= t->commit_took_s / COMMIT_SHARE
		? commit(t) : 0;
}

static int done(void *context, int64_t task, const void *result)
{
	struct state *t = context;

	(void)task;
	if (t->finished_count == COMMIT_RUNS && commit(t))
		return -1;
	t->finished[t->finished_count++] = *(const struct finished *)result;
	progress_step(&t->progress, t->stored + t->elsewhere
		+ t->finished_count);
	return 0;
}

/* ---- Giving out ------------------------------------------------------------------------ */

/* Bring some other point to the head, if another sweep is at work here. */
static void go_elsewhere(struct state *t)
{
	int64_t points = t->s->experiment->points, other, at;

	if (!t->contended || t->length < 2)
		return;
	other = (t->head + (int64_t)(splitmix(&t->noise)
		% (uint64_t)t->length)) % points;
	at = t->queue[other];
	t->queue[other] = t->queue[t->head];
	t->queue[t->head] = at;
}

/* The next (replication, column) of the point at the head; 0: it has none. */
static int advance(struct state *t, struct point *p)
{
	if (++t->column < columns(t->s))
		return 1;
	t->column = 0;
	return ++t->replication < p->wanted;
}

static void finish_point(struct state *t)
{
	struct point *p = &t->point[t->queue[t->head]];

	p->issued = p->wanted;
	t->elsewhere += p->skipped - p->present;
	t->head = (t->head + 1) % t->s->experiment->points;
	t->length--;
	t->replication = -1;
}

static int next(void *context, int64_t *task)
{
	struct state *t = context;

	while (t->length) {
		int64_t point;
		struct point *p;
		int ours, stored = 1;
		if (t->replication < 0) {
			go_elsewhere(t);
			t->replication = t->point[t->queue[t->head]].issued;
			t->column = 0;
		}
		point = t->queue[t->head];
		p = &t->point[point];
		ours = is_ours(t->s, point, t->replication);
		if (ours)
			stored = is_stored(t, point, (int)t->replication,
				t->column - t->s->bounds);
		if (stored < 0)
			return -1;
		p->skipped += ours && stored;
		*task = task_of(t->s, point, t->replication, t->column);
		p->under_way += !stored;
		if (!advance(t, p)) {
			finish_point(t);
			/* All of it was there before: no commit will ask. */
			if (stored && !p->under_way && extend(t, point))
				return -1;
		}
		if (!stored)
			return 1;
	}
	/* Points may be waiting for their last runs to be stored. */
	return commit(t) ? -1 : t->length ? next(context, task) : 0;
}

/* ---- The whole ------------------------------------------------------------------------- */

/* Resolve every point once: faults show before anything has run, and the
 * workers are born with all traces in memory. */
static int check_points(struct state *t, int *measured)
{
	const struct sweep *s = t->s;
	struct experiment *e = s->experiment;

	for (int64_t i = 0; i < e->points; i++) {
		struct point *p = &t->point[i];
		struct workload *w = experiment_workload(e, i, e->seed);
		if (!w)
			return -1;
		if (i == 0)
			workload_remark(w);
		store_hash_workload(w, p->hash);
		p->thinned = w->process == PROCESS_REPLAY
			&& strstr(w->resolved, "\nkeep = ");
		*measured |= w->overhead == OVERHEAD_MEASURED;
		p->wanted = e->replications;
		if (s->metric && p->wanted < STATS_ENOUGH)
			p->wanted = STATS_ENOUGH;
		if (s->bounds && w->process == PROCESS_CLOSED
		    && w->reissue == REISSUE_RESPONSE) {
			workload_free(w);
			return msg_bad("sweep: --bounds: with reissue = response the "
				"requests depend on the policy, so nothing bounds "
				"them all");
		}
		workload_free(w);
	}
	return 0;
}

/* Fill the queue with the points that have something missing. */
static int find_missing(struct state *t)
{
	const struct sweep *s = t->s;

	for (int64_t i = 0; i < s->experiment->points; i++) {
		int64_t before = t->expected;
		if (count_missing(t, i, 0))
			return -1;
		/* Where precision is asked for, more may be missing. */
		if (t->expected > before || (s->metric && t->point[i].present))
			enqueue(t, i);
	}
	return 0;
}

static void state_fini(struct state *t)
{
	workload_free(t->workload);
	store_close(t->store);
	free(t->point);
	free(t->queue);
	free(t->finished);
}

static int state_init(struct state *t, const struct sweep *s)
{
	size_t points = (size_t)s->experiment->points;

	*t = (struct state){ .s = s, .replication = -1 };
	t->point = mem_new(points, sizeof *t->point);
	t->queue = mem_new(points, sizeof *t->queue);
	t->finished = mem_new(COMMIT_RUNS, sizeof *t->finished);
	return 0;
}

static int register_policies(struct state *t)
{
	/* Now, so that their order does not depend on which run ends first,
	 * and that a shard without runs has a file to be merged. */
	return store_begin(t->store)
		|| store_put_policies(t->store, t->s->experiment->policies,
			t->s->choice) || store_commit(t->store) ? -1 : 0;
}

static int run_missing(struct state *t, int measured)
{
	int jobs = t->s->jobs ? t->s->jobs : measured ? 1 : pool_processors();
	struct pool pool = { .context = t, .next = next, .work = work,
		.done = done, .tick = tick, .stop = t->stop,
		.result_size = sizeof(struct finished) };
	int failed;

	/* Where precision is asked for, more may follow. */
	pool.jobs = t->s->metric || t->expected > jobs ? jobs
		: t->expected ? (int)t->expected : 1;
	progress_begin(&t->progress, "sweep", t->expected);
	t->committed_s = clock_seconds();
	failed = pool_run(&pool);
	/* Also after a failure: what is finished is kept. */
	if (commit(t))
		failed = -1;
	return failed;
}

int sweep_run(const struct sweep *s)
{
	int measured = 0, failed;
	struct state t;

	failed = state_init(&t, s) || check_points(&t, &measured);
	t.noise = (uint64_t)time(NULL) ^ (uint64_t)(int64_t)(clock_seconds() * 1e9);
	if (!failed)
		failed = !(t.store = store_open(s->db, STORE_WRITE));
	if (!failed)
		failed = find_missing(&t) || register_policies(&t);
	if (!failed) {
		t.stop = pool_catch_signals();
		failed = run_missing(&t, measured);
		if (!failed && *t.stop && t.stored + t.elsewhere < t.expected)
			failed = msg_fail("interrupted: %lld of %lld missing runs "
				"are stored; the same command goes on",
				(long long)(t.stored + t.elsewhere),
				(long long)t.expected);
		if (!failed)
			msg_remark("%s: %lld runs stored, %lld were there", s->db,
				(long long)t.stored,
				(long long)(t.present + t.elsewhere));
	}
	state_fini(&t);
	return failed ? -1 : 0;
}

static void list_point(const struct state *t, int64_t point, struct text *out)
{
	const struct sweep *s = t->s;
	const struct experiment *e = s->experiment;

	for (int r = 0; r < t->point[point].wanted; r++) {
		for (int k = 0; is_ours(s, point, r) && k < columns(s); k++) {
			int policy = k - s->bounds;
			for (int a = 0; a < e->axes; a++) {
				out_csv_field(out, experiment_value(e, point, a));
				text_add(out, ",");
			}
			out_csv_field(out, policy < 0 ? "(bounds)"
				: s->choice[policy].text);
			text_add(out, ",%u,%d\n", seed_of(s, r), t->store
				&& is_stored(t, point, r, policy) == 1);
		}
	}
}

int sweep_list(const struct sweep *s)
{
	const struct experiment *e = s->experiment;
	int measured = 0, failed;
	struct state t;
	struct text out;

	text_init(&out);
	failed = state_init(&t, s) || check_points(&t, &measured);
	if (!failed && s->db && access(s->db, F_OK) == 0)
		failed = !(t.store = store_open(s->db, STORE_READ));
	if (!failed) {
		for (int a = 0; a < e->axes; a++)
			text_add(&out, "%s,", e->axis[a].key);
		text_add(&out, "policy,seed,finished\n");
		for (int64_t i = 0; i < e->points; i++)
			list_point(&t, i, &out);
		(void)fwrite(out.s, 1, out.length, stdout);
	}
	text_fini(&out);
	state_fini(&t);
	return failed ? -1 : 0;
}

/* ---- Policies --------------------------------------------------------------------------- */

int sweep_init(struct sweep *s, struct experiment *e)
{
	*s = (struct sweep){ .experiment = e, .shard = 1, .shards = 1,
		.most = e->replications };
	s->choice = mem_new((size_t)e->policies, sizeof *s->choice);
	for (int i = 0; i < e->policies; i++) {
		char *mine;
		if (choice_parse(&s->choice[i], e->policy[i]))
			goto failed;
		mine = choice_canonical(&s->choice[i]);
		for (int k = 0; k < i; k++) {
			char *other = choice_canonical(&s->choice[k]);
			int same = !strcmp(mine, other);
			free(other);
			if (!same)
				continue;
			free(mine);
			(void)msg_bad("%s: policies '%s' and '%s' are the same",
				e->file, e->policy[k], e->policy[i]);
			goto failed;
		}
		free(mine);
	}
	return 0;
failed:
	sweep_fini(s);
	return -1;
}

void sweep_fini(struct sweep *s)
{
	for (int i = 0; s->choice && i < s->experiment->policies; i++)
		if (s->choice[i].policy)
			choice_fini(&s->choice[i]);
	free(s->choice);
	*s = (struct sweep){ 0 };
}
