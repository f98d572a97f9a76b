/* What a request that has not begun is worth on each network, if it is run with
 * care: its frontier of expected time against expected accuracy.
 *
 * A staged network need not be given a depth beforehand: how far to go is
 * decided from the confidence after each stage. At a price of time this is a
 * stopping problem over the profile's groups of inputs (profile_net.share,
 * .moves), solved backwards; solved for a range of prices it gives points
 * (expected time, expected accuracy) for each network and setting. Networks of
 * kind `single` give one point. The upper concave hull of all points is the
 * frontier: between two of its corners time buys accuracy at the best rate
 * there is. The network of a point is the one to begin for it.
 *
 * Energy enters as a price: each stage costs price x (watts above idle) x time,
 * taken off the accuracy. */
#ifndef LAXITY_FRONTIER_H
#define LAXITY_FRONTIER_H

#include "../sim/policy.h"
#include "chooser.h"
#include "stretch.h"

enum { FRONTIER_POINTS = 48 };

struct frontier_point {
	int32_t net, setting;
	double time_ns;      /* expected, stretched */
	double value;        /* expected accuracy, less energy */
};

struct frontier {
	int n;               /* at least 1 */
	struct frontier_point point[FRONTIER_POINTS]; /* both rise */
	struct rung rung[FRONTIER_POINTS]; /* from point to point */
	double overhead_ns;
	int32_t version;     /* of the stretch, for which it was made, */
	double price;        /* and the price */
	struct frontier_work *work;
};

/* Each stage takes overhead_ns besides its own time. */
void frontier_init(struct frontier *f, struct arena *a, double overhead_ns);

/* Make it anew if times or the price (accuracy per joule, 0: none) have moved by
 * more than 4 % since. */
void frontier_update(struct frontier *f, const struct stretch *s,
	double price_per_j);

#endif
