#include "backend.h"

#include "../../sim/clock.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t backend_clock(void)
{
	return clock_ns();
}

void setting_name(struct setting *s, const struct dev_info *info)
{
	(void)snprintf(s->name, sizeof s->name, "%s%d", info->unit,
		s->units ? s->units : info->units);
}

static const struct backend *open_file(const char *path, int named)
{
	const struct backend *b;
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const char *why;

	if (!object) {
		why = dlerror();
		/* A file that was named is the user's; ours, which may lack
		 * libraries here, the machine's. */
		(void)(named ? msg_bad : msg_fail)("%s: cannot load: %s", path,
			why ? why : "?");
		return NULL;
	}
	b = dlsym(object, "backend");
	if (!b) {
		(void)msg_bad("%s: no `backend` in it", path);
	} else if (b->abi != BACKEND_ABI) {
		(void)msg_bad("%s: made for version %u of the table, not %d",
			path, b->abi, BACKEND_ABI);
		b = NULL;
	}
	if (!b)
		(void)dlclose(object);
	return b;
}

const struct backend *backend_load(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *build = getenv("LAXITY_BUILD");
	const struct backend *b = NULL;
	char *path[3];
	int tried = 0, places = build ? 3 : 2;

	if (strchr(name, '/'))
		return open_file(name, 1);
	self[n > 0 ? n : 0] = 0;
	if (strrchr(self, '/'))
		*strrchr(self, '/') = 0;
	path[0] = mem_printf("%s/backend-%s.so", self, name);
	/* The program in the root of the tree, what was built below it. */
	path[1] = mem_printf("%s/build/backend-%s.so", self, name);
	/* Never one that just lies in the working directory. */
	path[2] = mem_printf("%s/backend-%s.so", build ? build : "", name);
	while (tried < places && access(path[tried], F_OK))
		tried++;
	if (tried < places)
		b = open_file(path[tried], 0);
	else
		(void)msg_bad("backend '%s': neither %s nor %s is there "
			"(make harness builds them)", name, path[0], path[1]);
	for (int i = 0; i < 3; i++)
		free(path[i]);
	return b;
}
