#include "bundle_write.h"
#include "bundle_parts.h"

#include "../sim/file.h"
#include "../sim/ini.h"
#include "../sim/msg.h"
#include "../sim/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Pieces ----------------------------------------------------------------------- */

/* An empty field for NAN. */
static void add_real(struct text *t, double x)
{
	char digits[40];

	if (isnan(x))
		return;
	for (int n = 15; n <= 17; n++) {
		(void)snprintf(digits, sizeof digits, "%.*g", n,
			x == 0 ? 0.0 : x);
		if (strtod(digits, NULL) == x)
			break;
	}
	text_add(t, "%s", digits);
}

static void begin_table(struct text *t, int table, const char *const *remarks)
{
	const char *const *column = bundle_table[table].columns;

	text_init(t);
	for (int i = 0; remarks && remarks[i]; i++)
		text_add(t, "# %s\n", remarks[i]);
	for (int i = 0; column[i]; i++)
		text_add(t, "%s%s", i ? "," : "", column[i]);
	text_add(t, "\n");
}

/* ---- Tables ----------------------------------------------------------------------- */

static void put_settings(struct text *t, const struct bundle *b)
{
	for (int i = 0; i < b->settings; i++) {
		const struct bundle_setting *s = &b->setting[i];
		const double value[] = { s->sm_count, s->power_cap_w,
			s->clock_mhz, s->idle_power_w };
		text_add(t, "%s", s->name);
		for (size_t k = 0; k < sizeof value / sizeof *value; k++) {
			text_add(t, ",");
			add_real(t, value[k]);
		}
		text_add(t, "\n");
	}
}

static void put_outcomes(struct text *t, const struct bundle *b)
{
	for (int n = 0; n < b->nets; n++) {
		const struct bundle_net *net = &b->net[n];
		for (int input = 0; input < b->inputs; input++) {
			for (int d = 0; d < net->depths; d++) {
				size_t k = (size_t)input * (size_t)net->depths
					+ (size_t)d;
				text_add(t, "%s,%d,%d,", net->name, input, d + 1);
				add_real(t, net->confidence[k]);
				text_add(t, ",%d\n", net->correct[k]);
			}
		}
	}
}

static void put_cell(struct text *t, const struct bundle *b, int net,
	int setting, int environment)
{
	const struct cell *cell = bundle_cell(b, net, setting, environment);
	int depths = b->net[net].depths;

	for (int s = 0; s < cell->samples; s++) {
		for (int d = 0; d < depths; d++) {
			size_t k = (size_t)s * (size_t)depths + (size_t)d;
			text_add(t, "%s,%s,%s,%d,%d,%lld,", b->net[net].name,
				b->setting[setting].name,
				b->environment[environment], s, d + 1,
				(long long)cell->duration_ns[k]);
			if (cell->device_ns && cell->device_ns[k] >= 0)
				text_add(t, "%lld",
					(long long)cell->device_ns[k]);
			text_add(t, "\n");
		}
	}
}

/* Environments are numbered by first appearance, so they come in order. */
static void put_timing(struct text *t, const struct bundle *b)
{
	for (int e = 0; e < b->environments; e++)
		for (int n = 0; n < b->nets; n++)
			for (int s = 0; s < b->settings; s++)
				put_cell(t, b, n, s, e);
}

static void put_power(struct text *t, const struct bundle *b)
{
	for (int n = 0; n < b->nets; n++) {
		for (int s = 0; s < b->settings; s++) {
			for (int d = 1; d <= b->net[n].depths; d++) {
				size_t k = (size_t)(n * b->settings + s)
					* BUNDLE_MAX_DEPTH + (size_t)d - 1;
				if (isnan(b->power_w[k]))
					continue;
				text_add(t, "%s,%s,%d,", b->net[n].name,
					b->setting[s].name, d);
				add_real(t, b->power_w[k]);
				text_add(t, ",");
				add_real(t, b->stderr_w ? b->stderr_w[k] : NAN);
				text_add(t, "\n");
			}
		}
	}
}

static void put_costs(struct text *t, const char *setting, const char *kind,
	int n, const int64_t *duration_ns)
{
	for (int i = 0; i < n; i++)
		text_add(t, "%s,%s,%d,%lld\n", setting, kind, i,
			(long long)duration_ns[i]);
}

static void put_overhead(struct text *t, const struct bundle *b)
{
	for (int s = 0; s < b->settings; s++) {
		const struct bundle_overhead *o = &b->overhead[s];
		const char *name = b->setting[s].name;
		put_costs(t, name, bundle_overhead_kinds[0], o->decisions,
			o->decision_ns);
		put_costs(t, name, bundle_overhead_kinds[1], o->launches,
			o->launch_ns);
		put_costs(t, name, bundle_overhead_kinds[2], o->boundaries,
			o->boundary_ns);
	}
}

static int has_overhead(const struct bundle *b)
{
	for (int s = 0; b->overhead && s < b->settings; s++)
		if (b->overhead[s].decisions || b->overhead[s].launches
		    || b->overhead[s].boundaries)
			return 1;
	return 0;
}

static void (*const put[TABLES])(struct text *, const struct bundle *) = {
	[TABLE_SETTINGS] = put_settings,
	[TABLE_OUTCOMES] = put_outcomes,
	[TABLE_TIMING] = put_timing,
	[TABLE_POWER] = put_power,
	[TABLE_OVERHEAD] = put_overhead,
};

/* ---- trace.ini -------------------------------------------------------------------- */

int bundle_check_value(const char *where, const char *key, const char *value)
{
	const char *what;
	size_t n = strlen(value);

	(void)file_check_text(value, n, &what);
	if (what || strchr(value, '\n'))
		return msg_bad("%s: %s: %s in the value", where, key,
			what ? what : "a line end");
	if (n && (strchr(" \t", value[0]) || strchr(" \t", value[n - 1])))
		return msg_bad("%s: %s: a blank at an end of the value", where,
			key);
	if (value[0] == ';' || strstr(value, " ;") || strstr(value, "\t;"))
		return msg_bad("%s: %s: ';' after a blank would begin a comment",
			where, key);
	if (n + strlen(key) + 3 > INI_LONGEST_LINE)
		return msg_bad("%s: %s: more than %d characters", where, key,
			INI_LONGEST_LINE);
	return 0;
}

static int check_name(const char *dir, const char *kind, const char *name,
	size_t longest)
{
	if (!num_is_name(name))
		return msg_bad("%s: %s '%s': letters, digits and . _ - expected",
			dir, kind, name);
	if (strlen(name) > longest)
		return msg_bad("%s: %s '%s': more than %zu characters", dir,
			kind, name, longest);
	return 0;
}

static int check_names(const char *dir, const struct bundle *b)
{
	int bad = 0;

	for (int i = 0; i < b->nets && !bad; i++)
		bad = check_name(dir, "network", b->net[i].name,
			INI_LONGEST_NAME - strlen("network "));
	for (int i = 0; i < b->settings && !bad; i++)
		bad = check_name(dir, "setting", b->setting[i].name, SIZE_MAX);
	for (int i = 0; i < b->environments && !bad; i++)
		bad = check_name(dir, "environment", b->environment[i],
			SIZE_MAX);
	if (!bad)
		bad = bundle_check_value(dir, "device", b->device)
			|| bundle_check_value(dir, "task", b->task);
	for (int i = 0; i < b->provenances && !bad; i++)
		bad = check_name(dir, "provenance key", b->provenance_key[i],
			INI_LONGEST_NAME)
			|| bundle_check_value(dir, b->provenance_key[i],
				b->provenance_value[i]);
	return bad ? -1 : 0;
}

static void put_ini(struct text *t, const struct bundle *b,
	char hash[TABLES][SHA256_HEX])
{
	text_add(t, "[trace]\nformat = 1\ndevice = %s\ntask = %s\n"
		"classes = %d\ninputs = %d\nmandatory_depth = %d\n\n",
		b->device, b->task, b->classes, b->inputs, b->mandatory_depth);
	for (int i = 0; i < b->nets; i++)
		text_add(t, "[network %s]\nkind = %s\ndepths = %d\n",
			b->net[i].name, bundle_net_kinds[b->net[i].kind],
			b->net[i].depths);
	text_add(t, "\n[provenance]\n");
	for (int i = 0; i < b->provenances; i++)
		text_add(t, "%s = %s\n", b->provenance_key[i],
			b->provenance_value[i]);
	text_add(t, "\n[files]\n");
	for (int i = 0; i < TABLES; i++)
		if (*hash[i])
			text_add(t, "%s = %s\n", bundle_table[i].file, hash[i]);
}

/* ---- All of it -------------------------------------------------------------------- */

int bundle_write(const char *dir, const struct bundle *b,
	const char *const *remarks)
{
	char hash[TABLES][SHA256_HEX] = { "" };
	struct file_dir out;
	struct text t;
	int status = 0;

	if (check_names(dir, b) || file_dir_open(&out, dir))
		return -1;
	for (int i = 0; i < TABLES && !status; i++) {
		if (bundle_table[i].optional && !has_overhead(b))
			continue;
		begin_table(&t, i, remarks);
		put[i](&t, b);
		sha256_hex(t.s, t.length, hash[i]);
		status = file_dir_add(&out, bundle_table[i].file, t.s, t.length);
		text_fini(&t);
	}
	if (!status) {
		text_init(&t);
		put_ini(&t, b, hash);
		status = file_dir_add(&out, "trace.ini", t.s, t.length);
		text_fini(&t);
	}
	if (status) {
		file_dir_abandon(&out);
		return -1;
	}
	return file_dir_commit(&out);
}
