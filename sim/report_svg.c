/* Figures as SVG, drawn here: lines of policies over an axis. Colours are CSS
 * variables, so one figure does for light and dark. */
#include "report.h"

#include "out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Colours ----------------------------------------------------------------------- */

/* On white, as in paper/style.gp (a test compares), and on black. */
static const struct { const char *policy, *light, *dark; } colours[] = {
	{ "edf", "#D55E00", "#FF8A3D" },
	{ "lcf", "#009E73", "#2FCB9E" },
	{ "rr", "#CC79A7", "#E39CC2" },
	{ "imprecise", "#0072B2", "#56AEE6" },
	{ "oracle", "#000000", "#EEEEEE" },
	{ "fifo", "#E69F00", "#F2B632" },
	{ "edf-mandatory-first", "#56B4E9", "#8CCBF2" },
	{ "llf", "#999999", "#AAAAAA" },
	{ "threshold", "#7F3C8D", "#B783C4" },
	{ "utility-density", "#8C6D31", "#C2A15A" },
	{ "joint", "#882255", "#D0689A" },
	{ "alert", "#117733", "#55B877" },
	{ "alert-oracle", "#222222", "#DDDDDD" },
	{ "oracle-static", "#666666", "#BBBBBB" },
	{ "app-only", "#AA6600", "#E0A040" },
	{ "sys-only", "#44AA99", "#7FD4C6" },
	{ "no-coord", "#AA4499", "#DB82CD" },
};
enum { COLOURS = sizeof colours / sizeof *colours };

static int colour_of_name(const char *text)
{
	size_t n = strcspn(text, ":");

	for (int i = 0; i < COLOURS; i++)
		if (strlen(colours[i].policy) == n
		    && !strncmp(colours[i].policy, text, n))
			return i;
	return -1;
}

/* A policy's own colour goes to its first variant; the others, and policies
 * from elsewhere, take what is left. */
static void choose_colours(const struct report *r, int *colour)
{
	const struct stored *d = r->stored;
	int used[COLOURS] = { 0 }, next = 0;

	for (int p = 0; p < d->policies; p++) {
		colour[p] = colour_of_name(d->policy[p].text);
		if (colour[p] >= 0 && used[colour[p]]++)
			colour[p] = -1;
	}
	for (int p = 0; p < d->policies; p++) {
		if (colour[p] >= 0)
			continue;
		for (int tries = 0; used[next % COLOURS] && tries < COLOURS; tries++)
			next++;
		colour[p] = next++ % COLOURS;
		used[colour[p]] = 1;
	}
}

void report_svg_style(const struct report *r, struct text *out)
{
	int n = r->stored->policies;
	int *colour = mem_new((size_t)n, sizeof *colour);

	choose_colours(r, colour);
	text_add(out, ":root{");
	for (int p = 0; p < n; p++)
		text_add(out, "--p%d:%s;", p, colours[colour[p]].light);
	text_add(out, "}\n@media(prefers-color-scheme:dark){:root{");
	for (int p = 0; p < n; p++)
		text_add(out, "--p%d:%s;", p, colours[colour[p]].dark);
	text_add(out, "}}\n");
	for (int p = 0; p < n; p++)
		text_add(out, ".p%d{stroke:var(--p%d);fill:var(--p%d)}\n", p, p, p);
	free(colour);
}

/* ---- Marks ------------------------------------------------------------------------- */

static void add_mark(struct text *out, int policy, double x, double y)
{
	switch (policy % 6) {
	case 0:
		text_add(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.4\"/>", x, y);
		break;
	case 1:
		text_add(out, "<path d=\"M%.1f %.1fh6v6h-6z\"/>", x - 3, y - 3);
		break;
	case 2:
		text_add(out, "<path d=\"M%.1f %.1fl4 7h-8z\"/>", x, y - 4.2);
		break;
	case 3:
		text_add(out, "<path d=\"M%.1f %.1fl4 -7h-8z\"/>", x, y + 4.2);
		break;
	case 4:
		text_add(out, "<path d=\"M%.1f %.1fl4 4l-4 4l-4 -4z\"/>", x, y - 4);
		break;
	default:
		text_add(out, "<path d=\"M%.1f %.1fl6 6m0 -6l-6 6\"/>", x - 3, y - 3);
	}
}

void report_svg_key(const struct report *r, struct text *out, int policy)
{
	text_add(out, "<svg class=\"key\" viewBox=\"0 0 36 12\" aria-hidden=\"true\">"
		"<g class=\"p%d\"><path class=\"line%s\" d=\"M1 6h34\"/>", policy,
		r->stored->policy[policy].clairvoyant ? " clairvoyant" : "");
	add_mark(out, policy, 18, 6);
	text_add(out, "</g></svg>");
}

/* ---- Scales ------------------------------------------------------------------------ */

struct scale { double low, high, step; };

/* 1, 2 or 5 times a power of ten, for about n steps. */
static double nice_step(double range, int n)
{
	double raw = range / n, power = pow(10, floor(log10(raw)));

	return raw <= 1.001 * power ? power : raw <= 2.001 * power ? 2 * power
		: raw <= 5.001 * power ? 5 * power : 10 * power;
}

static struct scale make_scale(double low, double high, int n)
{
	struct scale s;

	if (!(high > low)) {
		double room = low == 0 ? 1 : fabs(low) * 0.1;
		low -= room;
		high += room;
	}
	s.step = nice_step(high - low, n);
	s.low = floor(low / s.step + 1e-9) * s.step;
	s.high = ceil(high / s.step - 1e-9) * s.step;
	return s;
}

/* ---- A figure ---------------------------------------------------------------------- */

#define WIDTH 420.0
#define HEIGHT 270.0
#define LEFT 50.0
#define RIGHT 10.0
#define TOP 10.0
#define BOTTOM 44.0

struct figure {
	const struct report *r;
	struct text *out;
	const struct column *c;
	const int *point;           /* [n], the report's numbers */
	int n, axis;                /* axis < 0: points are side by side */
	double *x;                  /* [n] */
	struct estimate *e;         /* [policy * n + i] */
	struct scale sx, sy;
	int times;                  /* x is in ns, shown in ms */
};

static double place_x(const struct figure *f, double x)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (x - f->sx.low)
		/ (f->sx.high - f->sx.low);
}

static double place_y(const struct figure *f, double y)
{
	y = fmin(fmax(y, f->sy.low), f->sy.high);
	return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - f->sy.low)
		/ (f->sy.high - f->sy.low);
}

static void set_values(struct figure *f)
{
	int policies = f->r->stored->policies;
	double low = INFINITY, high = -INFINITY, x_low = INFINITY;
	double x_high = -INFINITY, scale = f->c->scale;

	for (int i = 0; i < f->n; i++) {
		int at = f->point[i];
		f->x[i] = f->axis < 0 ? i : stored_number(f->r->stored, at, f->axis);
		if (f->times)
			f->x[i] *= 1e-6;
		x_low = fmin(x_low, f->x[i]);
		x_high = fmax(x_high, f->x[i]);
		for (int p = 0; p < policies; p++) {
			struct estimate *e = &f->e[p * f->n + i];
			double half;
			*e = results_estimate(&f->r->results[at], p, f->c);
			half = isnan(e->half) ? 0 : e->half;
			low = fmin(low, scale * (e->mean - half));
			high = fmax(high, scale * (e->mean + half));
		}
	}
	/* No column is negative, and percentages end at 100. */
	if (low < 0)
		low = 0;
	if (!strcmp(f->c->unit, "%") && high > 100)
		high = 100;
	f->sy = isfinite(low) ? make_scale(low, high, 5) : make_scale(0, 1, 5);
	if (f->sy.low < 0)
		f->sy.low = 0;
	f->sx = make_scale(x_low, x_high, 6);
	if (f->axis < 0) {
		f->sx.low = -0.5;
		f->sx.high = f->n - 0.5;
	}
}

static void add_y_axis(const struct figure *f)
{
	int steps = (int)lround((f->sy.high - f->sy.low) / f->sy.step);
	char label[32];

	for (int i = 0; i <= steps; i++) {
		double v = f->sy.low + i * f->sy.step, y = place_y(f, v);
		text_add(f->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", LEFT,
			y, WIDTH - RIGHT);
		(void)snprintf(label, sizeof label, "%.6g", fabs(v) < 1e-9
			* f->sy.step ? 0 : v);
		text_add(f->out, "<text x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=\"end\">%s</text>", LEFT - 6, y + 4, label);
	}
}

static void add_x_label(const struct figure *f, double x, const char *label)
{
	text_add(f->out, "<path class=\"axis\" d=\"M%.1f %.1fv4\"/>"
		"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x,
		HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 17);
	report_escape(f->out, label);
	text_add(f->out, "</text>");
}

static void add_x_axis(const struct figure *f)
{
	int steps = (int)lround((f->sx.high - f->sx.low) / f->sx.step);
	char label[32];

	text_add(f->out, "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>", LEFT,
		TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
	for (int i = 0; f->axis >= 0 && i <= steps; i++) {
		double v = f->sx.low + i * f->sx.step;
		(void)snprintf(label, sizeof label, "%.6g", v);
		add_x_label(f, place_x(f, v), label);
	}
	/* Points without numbers have their numbers in the table instead. */
	for (int i = 0; f->axis < 0 && f->n > 1 && i < f->n; i++) {
		(void)snprintf(label, sizeof label, "%d", f->point[i] + 1);
		if (f->n <= 12 || i % ((f->n + 11) / 12) == 0)
			add_x_label(f, place_x(f, i), label);
	}
	text_add(f->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
		(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8);
	if (f->axis >= 0)
		report_escape(f->out, f->r->stored->axis[f->axis]);
	else if (f->n > 1)
		text_add(f->out, "point (row of the tables)");
	text_add(f->out, "%s</text>", f->times ? " (ms)" : "");
}

static void add_policy(const struct figure *f, int policy)
{
	const struct result_policy *p = &f->r->stored->policy[policy];
	int policies = f->r->stored->policies, begun = 0;
	/* Side by side where there is room. */
	double shift = f->axis < 0 ? 0.6 * ((policy + 0.5) / policies - 0.5) : 0;

	text_add(f->out, "\n<g class=\"p%d\"><title>", policy);
	report_escape(f->out, p->text);
	text_add(f->out, "</title>");
	for (int i = 0; f->axis >= 0 && i < f->n; i++) {
		double y = f->e[policy * f->n + i].mean * f->c->scale;
		if (isnan(y))
			continue;
		if (begun++ == 0)
			text_add(f->out, "<path class=\"line%s\" d=\"M",
				p->clairvoyant ? " clairvoyant" : "");
		else
			text_add(f->out, "L");
		text_add(f->out, "%.1f %.1f", place_x(f, f->x[i]), place_y(f, y));
	}
	if (begun)
		text_add(f->out, "\"/>");
	for (int i = 0; i < f->n; i++) {
		const struct estimate *e = &f->e[policy * f->n + i];
		double x = place_x(f, f->x[i] + shift), scale = f->c->scale;
		if (isnan(e->mean))
			continue;
		if (e->half > 0)
			text_add(f->out, "<path class=\"bar\" d=\"M%.1f %.1fV%.1f\"/>",
				x, place_y(f, scale * (e->mean - e->half)),
				place_y(f, scale * (e->mean + e->half)));
		add_mark(f->out, policy, x, place_y(f, scale * e->mean));
	}
	text_add(f->out, "</g>");
}

int report_x_axis(const struct report *r)
{
	const struct stored *d = r->stored;
	int best = -1, most = 1;

	for (int a = 0; a < d->axes; a++) {
		int different = 0, numbers = 1;
		for (int i = 0; i < d->points && numbers; i++) {
			double x = stored_number(d, i, a);
			int seen = 0;
			numbers = !isnan(x);
			/* Points are sorted by the first axes, so equal values
			 * of one may be far apart. */
			for (int k = 0; k < i && !seen; k++)
				seen = stored_number(d, k, a) == x;
			different += !seen;
		}
		if (numbers && different > most) {
			most = different;
			best = a;
		}
	}
	return best;
}

void report_svg(const struct report *r, struct text *out, const struct column *c,
	int axis, const int *points, int n, const char *title)
{
	int policies = r->stored->policies;
	struct figure f = { .r = r, .out = out, .c = c, .point = points, .n = n,
		.axis = axis };
	double plain;

	f.times = axis >= 0 && num_real(r->stored->point[points[0]].value[axis],
		&plain);
	f.x = mem_new((size_t)n, sizeof *f.x);
	f.e = mem_new((size_t)(n * policies), sizeof *f.e);
	set_values(&f);
	/* The title is text of the page: it breaks into lines where it must. */
	text_add(out, "<figure><figcaption>");
	report_escape(out, c->title);
	if (*c->unit)
		text_add(out, " (%s)", c->unit);
	if (*title) {
		text_add(out, ", ");
		report_escape(out, title);
	}
	text_add(out, "</figcaption>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\">"
		"<title>%s</title>", WIDTH, HEIGHT, c->title);
	add_y_axis(&f);
	add_x_axis(&f);
	for (int p = 0; p < policies; p++)
		add_policy(&f, p);
	text_add(out, "</svg></figure>\n");
	free(f.x);
	free(f.e);
}
