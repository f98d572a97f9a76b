/* The optimum of few requests: with preemption by branch and bound over the
 * relaxation of bounds_lp.h, without by dynamic programming. */
#include "bounds_lp.h"

#include "mem.h"
#include "num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values this close are taken for equal; utilities are about 1. */
#define EPSILON 1e-9

/* ---- Branch and bound ------------------------------------------------- */

/* Each request is confined to rungs from ... to of its ladder. The mixture found
 * splits request `at`, between rung and rung - 1 or lower. */
struct node {
	double bound;
	int64_t number, at, rung;
	int32_t *from, *to;
};

struct search {
	struct lp *lp;
	const struct ladders *ladders;
	int64_t nodes, room, made;
	struct node *heap;          /* best bound first, then the older one */
	double best;                /* value of the best solution found */
	double given_up;            /* largest bound not followed */
	int whole;                  /* all utilities are whole numbers */
};

static int before(const struct node *a, const struct node *b)
{
	if (a->bound != b->bound)
		return a->bound > b->bound;
	return a->number < b->number;
}

static void push(struct search *s, struct node new)
{
	int64_t k = s->nodes;

	MEM_ROOM(s->heap, s->nodes, s->room);
	s->nodes++;
	for (; k > 0 && before(&new, &s->heap[(k - 1) / 2]); k = (k - 1) / 2)
		s->heap[k] = s->heap[(k - 1) / 2];
	s->heap[k] = new;
}

static struct node pop(struct search *s)
{
	struct node top = s->heap[0], last = s->heap[--s->nodes];
	int64_t k = 0;

	for (int64_t child = 1; child < s->nodes; child = 2 * k + 1) {
		if (child + 1 < s->nodes
		    && before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &last))
			break;
		s->heap[k] = s->heap[child];
		k = child;
	}
	s->heap[k] = last;
	return top;
}

/* Rounding the mixture down is a solution, since less work fits too. */
static double rounded_down(const struct search *s)
{
	const struct ladders *l = s->ladders;
	double sum = 0;

	for (int64_t i = 0; i < l->requests; i++) {
		int64_t k = l->first[i + 1] - 1, work = lp_work(s->lp, i);

		while (l->time_ns[k] > work)
			k--;
		sum += l->utility[k];
	}
	return sum;
}

/* Where to branch: the partly filled piece with the most at stake. */
static void choose_split(const struct search *s, struct node *node)
{
	const struct ladders *l = s->ladders;
	double most = -1;

	for (int64_t i = 0; i < l->requests; i++) {
		const struct piece *q = lp_partial(s->lp, i);
		double share, stake;

		if (!q)
			continue;
		share = (double)q->filled_ns / (double)q->length_ns;
		stake = share * (1 - share) * (l->utility[l->first[i] + q->high]
			- l->utility[l->first[i] + q->low]);
		if (stake > most) {
			most = stake;
			node->at = i;
			node->rung = q->high;
		}
	}
}

/* Relax a node and keep it if it may hold something better; owns it. */
static void visit(struct search *s, struct node node, double limit)
{
	double value;

	node.bound = lp_solve(s->lp, node.from, node.to);
	if (node.bound < 0)
		goto drop;          /* what must be done does not fit */
	value = rounded_down(s);
	if (value > s->best)
		s->best = value;
	if (node.bound > limit)
		node.bound = limit; /* of its parent: rounding only */
	if (s->whole)               /* part of a whole number is of no use */
		node.bound = floor(node.bound + EPSILON);
	if (node.bound <= s->best + EPSILON) {
		if (node.bound > s->given_up)
			s->given_up = node.bound;
		goto drop;
	}
	choose_split(s, &node);
	node.number = s->made++;
	push(s, node);
	return;
drop:
	free(node.from);
	free(node.to);
}

static struct node node_copy(const struct node *node, int64_t n)
{
	struct node new = { 0 };

	new.from = mem_new((size_t)n, sizeof *new.from);
	new.to = mem_new((size_t)n, sizeof *new.to);
	if (node) {
		memcpy(new.from, node->from, (size_t)n * sizeof *new.from);
		memcpy(new.to, node->to, (size_t)n * sizeof *new.to);
	}
	return new;
}

double bounds_preempt(const struct bound_instance *in, const double *utility,
	int64_t steps, int *done)
{
	struct ladders ladders;
	struct search s = { .ladders = &ladders, .whole = 1 };
	struct node root = node_copy(NULL, in->requests);
	double value;

	ladders_init(&ladders, in, utility);
	s.lp = lp_new(in, &ladders);
	for (int64_t i = 0; i < in->requests; i++)
		root.to[i] = (int32_t)(ladders.first[i + 1] - ladders.first[i] - 1);
	for (int64_t k = 0; k < ladders.first[in->requests]; k++)
		s.whole &= ladders.utility[k] == floor(ladders.utility[k]);
	visit(&s, root, INFINITY);
	/* The first node has the largest bound of all. */
	for (; s.nodes && s.heap[0].bound > s.best + EPSILON && steps > 1;
	     steps -= 2) {
		struct node high = pop(&s);
		struct node low = node_copy(&high, in->requests);

		high.from[high.at] = (int32_t)high.rung;
		low.to[high.at] = (int32_t)high.rung - 1;
		visit(&s, low, high.bound);
		visit(&s, high, high.bound);
	}
	value = s.best > s.given_up ? s.best : s.given_up;
	if (s.nodes && s.heap[0].bound > value)
		value = s.heap[0].bound;
	*done = value <= s.best + EPSILON;
	for (int64_t k = 0; k < s.nodes; k++) {
		free(s.heap[k].from);
		free(s.heap[k].to);
	}
	free(s.heap);
	lp_free(s.lp);
	ladders_fini(&ladders);
	return value;
}

/* ---- Whole stages in any order ------------------------------------------ */

/* Progress of all requests is a number in mixed radix: request i is at 0 or
 * has done option k of its own, the k-th digit. Of all ways to the same
 * progress the one that ends first is as good as any, so the least end for
 * each suffices. Stages run as soon as they can: idling longer helps nothing,
 * waiting for a release is included. */
double bounds_exact(const struct bound_instance *in, const double *utility,
	int64_t states)
{
	int64_t total = 1, *weight, *end;
	double best = 0;

	if (in->devices != 1)
		return NAN;
	for (int64_t i = 0; i < in->requests; i++) {
		int64_t digits = in->first[i + 1] - in->first[i] + 1;

		if (digits > states / total)
			return NAN;
		total *= digits;
	}
	weight = mem_new((size_t)in->requests + 1, sizeof *weight);
	end = mem_new((size_t)total, sizeof *end);
	weight[0] = 1;
	for (int64_t i = 0; i < in->requests; i++)
		weight[i + 1] = weight[i] * (in->first[i + 1] - in->first[i] + 1);
	for (int64_t state = 1; state < total; state++) {
		double value = 0;

		end[state] = TIME_NEVER;
		for (int64_t i = 0; i < in->requests; i++) {
			int64_t digit = state % weight[i + 1] / weight[i];
			int64_t k = in->first[i] + digit - 1, back, begin, stage;

			if (!digit)
				continue;
			value += utility[k];
			back = in->depth[k] > 1 ? 1 : digit;
			begin = end[state - back * weight[i]];
			if (begin == TIME_NEVER)
				continue;
			stage = in->time_ns[k]
				- (in->depth[k] > 1 ? in->time_ns[k - 1] : 0);
			if (begin < in->release_ns[i])
				begin = in->release_ns[i];
			if (stage <= in->deadline_ns[i] - begin
			    && begin + stage < end[state])
				end[state] = begin + stage;
		}
		if (end[state] != TIME_NEVER && value > best)
			best = value;
	}
	free(weight);
	free(end);
	return best;
}
