/* Tables and views of schema 2. A change of any text here is a new schema:
 * raise STORE_SCHEMA, and migrate or refuse what is older (store.c). Columns of
 * results come from outcome_columns, so a change there is one too.
 *
 * SQLite keeps the text as written from the name on, after CREATE TABLE or
 * CREATE VIEW in capitals; opening compares it, so that a file with other
 * tables is refused with a word instead of failing somewhere later. */
#include "store_schema.h"

#include "outcome.h"

#include <stdlib.h>

static const char *const trace_table =
"CREATE TABLE trace (\n"
"  id integer primary key,\n"
"  sha256 text not null unique,    -- of every file of the bundle that counts\n"
"  path text not null,             -- as given\n"
"  device text not null,\n"
"  task text not null,\n"
"  modelled integer not null       -- 1: its numbers are not all measured\n"
") strict";

static const char *const workload_table =
"CREATE TABLE workload (\n"
"  id integer primary key,\n"
"  sha256 text not null unique,    -- of trace, text and replayed file\n"
"  trace integer not null references trace,\n"
"  text text not null              -- every key, defaults filled in\n"
") strict";

static const char *const workload_key_table =
"CREATE TABLE workload_key (\n"
"  workload integer not null references workload,\n"
"  place integer not null,         -- in the text\n"
"  name text not null,             -- section.key\n"
"  value text not null,\n"
"  primary key (workload, name)\n"
") strict, without rowid";

static const char *const policy_table_sql =
"CREATE TABLE policy (\n"
"  id integer primary key,\n"
"  canonical text not null unique, -- with every parameter\n"
"  text text not null,             -- as given to -p\n"
"  clairvoyant integer not null,   -- 1: sees the future, a reference only\n"
"  position integer not null       -- the least is compared with\n"
") strict";

static const char *const run_table =
"CREATE TABLE run (\n"
"  id integer primary key,\n"
"  key text not null unique,       -- subject and program\n"
"  subject text not null unique,   -- workload, policy, seed\n"
"  workload integer not null references workload,\n"
"  policy integer not null references policy,\n"
"  seed integer not null,\n"
"  replication integer not null,   -- seed - first seed of the set\n"
"  kind text not null,             -- simulated, replayed, live\n"
"  ended text not null,            -- done, interrupted\n"
"  made_at text not null,          -- UTC\n"
"  took_s real,                    -- wall time\n"
"  version text not null,          -- of laxity\n"
"  revision text not null,         -- commit; + at the end: changed since\n"
"  code text not null";            /* then the columns of results */

static const char *const bound_table =
"CREATE TABLE bound (\n"
"  id integer primary key,\n"
"  key text not null unique,\n"
"  subject text not null unique,\n"
"  workload integer not null references workload,\n"
"  seed integer not null,\n"
"  name text not null,             -- of the bound on accuracy\n"
"  accuracy real,\n"
"  confidence real,\n"
"  missed real,                    -- least share of misses\n"
"  made_at text not null,\n"
"  version text not null,\n"
"  revision text not null,\n"
"  code text not null,\n"
"  unique (workload, seed)\n"
") strict";

/* Names of the numbers in request and stage. */
static const char *const candidate_table =
"CREATE TABLE candidate (\n"
"  workload integer not null references workload,\n"
"  kind text not null,             -- network, setting, environment\n"
"  number integer not null,\n"
"  name text not null,\n"
"  primary key (workload, kind, number)\n"
") strict, without rowid";

/* Rows by the million: numbers in place of names and times from the release
 * on, which take half the bytes; no strict types, which take a tenth of the
 * time. The views give names and instants. */
static const char *const request_table =
"CREATE TABLE request (\n"
"  id integer primary key,         -- run << 40 | number\n"
"  client integer,\n"
"  input integer not null,\n"
"  network integer,\n"
"  setting integer,\n"
"  release_ns integer not null,\n"
"  relative_deadline_ns integer not null,\n"
"  wait_ns integer,                -- until its first stage; null: none\n"
"  response_ns integer not null,\n"
"  depth integer not null,\n"
"  confidence real,\n"
"  correct integer not null,\n"
"  missed integer not null,\n"
"  energy_j real,\n"
"  busy_ns integer not null,       -- sum of its stages' durations\n"
"  environment integer,            -- in force when its first stage was decided\n"
"  slowdown_mean real,             -- as the policy estimated it then\n"
"  slowdown_variance real\n"
")";

static const char *const stage_table =
"CREATE TABLE stage (\n"
"  id integer primary key,         -- run << 40 | order of ending\n"
"  request integer not null,       -- number\n"
"  device integer not null,\n"
"  network integer not null,\n"
"  setting integer not null,\n"
"  depth integer not null,         -- that it leads to\n"
"  environment integer not null,\n"
"  sample integer,\n"
"  decided_ns integer not null,\n"
"  start_ns integer not null,\n"
"  end_ns integer not null,\n"
"  counted integer not null        -- 1: ended in time for its request\n"
")";

/* Of live runs: where and how they were made. */
static const char *const fact_table =
"CREATE TABLE fact (\n"
"  run integer not null references run,\n"
"  name text not null,             -- device, backend, began, wait, ...\n"
"  value text not null,\n"
"  primary key (run, name)\n"
") strict, without rowid";

/* Live runs against simulation: live - simulated is the sum of the parts
 * (paper/spec/measurement.md, section 15). */
static const char *const validation_table =
"CREATE TABLE validation (\n"
"  run integer not null references run, -- the live one\n"
"  metric text not null,\n"
"  live real,\n"
"  simulated real,\n"
"  workload real,                  -- part of late wake-ups\n"
"  dispatch real,                  -- of the times from pick to send\n"
"  stage_time real,                -- of the stages' times\n"
"  other real,                     -- of outcomes; for energy, of watts\n"
"  primary key (run, metric)\n"
") strict, without rowid";

#define NAMED(kind, column) \
	"(select name from candidate c where c.workload = r.workload\n" \
	"    and kind = '" kind "' and number = " column ") as " kind

static const char *const requests_view =
"CREATE VIEW requests as\n"
"select q.id >> 40 as run, q.id & 0xffffffffff as request, client, input,\n"
"  " NAMED("network", "q.network") ",\n"
"  " NAMED("setting", "q.setting") ",\n"
"  release_ns, release_ns + relative_deadline_ns as deadline_ns,\n"
"  release_ns + wait_ns as start_ns, release_ns + response_ns as leave_ns,\n"
"  response_ns, depth, confidence, q.correct, q.missed, q.energy_j,\n"
"  q.busy_ns, " NAMED("environment", "q.environment") ",\n"
"  slowdown_mean, slowdown_variance\n"
"from request q join run r on r.id = q.id >> 40";

static const char *const stages_view =
"CREATE VIEW stages as\n"
"select g.id >> 40 as run, request, device,\n"
"  " NAMED("network", "g.network") ",\n"
"  " NAMED("setting", "g.setting") ",\n"
"  depth, " NAMED("environment", "g.environment") ",\n"
"  sample, decided_ns, start_ns, end_ns, end_ns - start_ns as duration_ns,\n"
"  counted\n"
"from stage g join run r on r.id = g.id >> 40";

/* Keys whose values differ between the workloads of the store. */
static const char *const axes_view =
"CREATE VIEW axes as\n"
"select workload, name, value from workload_key\n"
"where name in (select name from workload_key\n"
"  where workload in (select workload from run)\n"
"  group by name having count(distinct value) > 1\n"
"    or count(*) < (select count(distinct workload) from run))";

/* One row a run, with names instead of numbers and its bounds beside it. */
static char *runs_view(void)
{
	struct text t;

	text_init(&t);
	text_add(&t, "CREATE VIEW runs as\n"
		"select r.id as run, p.text as policy, p.clairvoyant, r.workload,\n"
		"  (select value from workload_key k where k.workload = r.workload\n"
		"    and name = 'workload.networks') as networks,\n"
		"  (select value from workload_key k where k.workload = r.workload\n"
		"    and name = 'arrivals.process') as process,\n"
		"  (select cast(value as integer) from workload_key k\n"
		"    where k.workload = r.workload\n"
		"    and name = 'arrivals.clients') as clients,\n"
		"  t.path as trace, t.device, t.modelled, r.seed, r.replication,\n"
		"  r.kind, r.ended");
	for (const struct column *c = outcome_columns; c->name; c++)
		if (!c->of_bounds)
			text_add(&t, ",\n  r.%s", c->name);
	text_add(&t, ",\n"
		"  b.accuracy as bound,\n"
		"  b.accuracy - r.accuracy as regret,\n"
		"  b.confidence as bound_confidence,\n"
		"  b.confidence - coalesce(r.mean_confidence, 0)\n"
		"    * r.answered / r.requests as regret_confidence,\n"
		"  b.missed as bound_missed,\n"
		"  r.miss_ratio - b.missed as regret_missed,\n"
		"  b.name as bound_name,\n"
		"  r.took_s, r.made_at, r.version, r.revision\n"
		"from run r join workload w on w.id = r.workload\n"
		"join trace t on t.id = w.trace join policy p on p.id = r.policy\n"
		"left join bound b on b.workload = r.workload and b.seed = r.seed");
	return t.s;
}

/* One row a run and metric, for questions that are the same for all. */
static char *metrics_view(void)
{
	const char *join = "CREATE VIEW metrics as\n";
	struct text t;

	text_init(&t);
	for (const struct column *c = outcome_columns; c->name; c++) {
		text_add(&t, "%sselect run, policy, workload, seed, kind, "
			"'%s' as metric, %s as value from runs", join, c->name,
			c->name);
		join = "\nunion all ";
	}
	return t.s;
}

/* Each simulated run against the first policy's of the same workload and
 * seed. */
static const char *const paired_view =
"CREATE VIEW paired as\n"
"select m.run, m.policy, m.workload, m.seed, m.metric, m.value,\n"
"  f.policy as against, f.value as against_value,\n"
"  m.value - f.value as difference\n"
"from metrics m join metrics f on f.workload = m.workload\n"
"  and f.seed = m.seed and f.metric = m.metric and f.policy <> m.policy\n"
"where m.kind = 'simulated' and f.kind = m.kind\n"
"  and f.policy = (select text from policy where id in\n"
"  (select policy from run) order by position, id limit 1)";

static char *run_sql(void)
{
	struct text t;

	text_init(&t);
	text_add(&t, "%s", run_table);
	for (const struct column *c = outcome_columns; c->name; c++)
		if (!c->of_bounds)
			text_add(&t, ",\n  %s %s", c->name,
				c->is_double ? "real" : "integer");
	text_add(&t, "\n) strict");
	return t.s;
}

static void add(struct schema *s, const char *name, char *sql)
{
	s->object[s->n].name = mem_string(name);
	s->object[s->n++].sql = sql;
}

void schema_init(struct schema *s)
{
	s->n = 0;
	add(s, "trace", mem_string(trace_table));
	add(s, "workload", mem_string(workload_table));
	add(s, "workload_key", mem_string(workload_key_table));
	add(s, "policy", mem_string(policy_table_sql));
	add(s, "run", run_sql());
	add(s, "run_place", mem_string("CREATE INDEX run_place on run "
		"(workload, policy, seed)"));
	add(s, "bound", mem_string(bound_table));
	add(s, "candidate", mem_string(candidate_table));
	add(s, "request", mem_string(request_table));
	add(s, "stage", mem_string(stage_table));
	add(s, "fact", mem_string(fact_table));
	add(s, "validation", mem_string(validation_table));
	add(s, "runs", runs_view());
	add(s, "metrics", metrics_view());
	add(s, "paired", mem_string(paired_view));
	add(s, "requests", mem_string(requests_view));
	add(s, "stages", mem_string(stages_view));
	add(s, "axes", mem_string(axes_view));
}

void schema_fini(struct schema *s)
{
	for (int i = 0; i < s->n; i++) {
		free(s->object[i].name);
		free(s->object[i].sql);
	}
	s->n = 0;
}
