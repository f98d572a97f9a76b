/* Backends in tests: loading one, running a stage, comparing with the oracle. */
#ifndef SUPPORT_BACKEND_H
#define SUPPORT_BACKEND_H

#include "support_onnx.h"

#include "../../traces/harness/backend.h"

/* backend-NAME.so of this build; NULL if it was not built. */
const struct backend *have_backend(const char *name);

/* Send, poll to the end; checks what comes back. */
struct outcome run_stage(const struct backend *b, struct plan *p, int stage,
	int slot, const unsigned char *image);

/* Largest difference to the oracle over some images, exits and slots (at most
 * two) whose stages take turns. */
double compare_backend(const struct backend *b, struct dev *d,
	const struct net *n, int units, int images, int slots);

struct net *make_net(const char *dir, const struct good *g);

#endif
