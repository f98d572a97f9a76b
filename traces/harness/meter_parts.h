/* Inside the meters: the table behind struct meter. NULL: cannot. */
#ifndef LAXITY_METER_PARTS_H
#define LAXITY_METER_PARTS_H

#include "meter.h"

struct meter {
	const char *name;
	int (*energy)(struct meter *m, double *joules, double *extra);
	void (*state)(struct meter *m, struct meter_state *out);
	void (*facts)(struct meter *m, struct text *out);
	int (*get_limit)(struct meter *m, int *now_w, int *min_w, int *max_w);
	int (*set_limit)(struct meter *m, int watts);
	int (*max_clock)(struct meter *m, int *mhz);
	int (*set_clock)(struct meter *m, int mhz);
	void (*close)(struct meter *m);
};

#endif
