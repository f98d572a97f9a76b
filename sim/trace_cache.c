#include "mem.h"
#include "workload_build.h"

#include <stdlib.h>
#include <string.h>

struct cached_bundle { char *dir; struct bundle *bundle; };

struct cached_profile {
	const struct bundle *bundle;
	int nets, settings, *numbers; /* networks, then settings */
	struct profile *profile;
};

struct trace_cache {
	int bundles, profiles, bundle_room, profile_room;
	struct cached_bundle *bundle;
	struct cached_profile *profile;
};

struct trace_cache *trace_cache_new(void)
{
	return mem_new(1, sizeof(struct trace_cache));
}

void trace_cache_free(struct trace_cache *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->profiles; i++) {
		profile_free(c->profile[i].profile);
		free(c->profile[i].numbers);
	}
	for (int i = 0; i < c->bundles; i++) {
		bundle_free(c->bundle[i].bundle);
		free(c->bundle[i].dir);
	}
	free(c->profile);
	free(c->bundle);
	free(c);
}

struct bundle *trace_cache_bundle(struct trace_cache *c, const char *dir)
{
	struct bundle *b;

	for (int i = 0; i < c->bundles; i++)
		if (!strcmp(c->bundle[i].dir, dir))
			return c->bundle[i].bundle;
	b = bundle_read(dir);
	if (!b)
		return NULL;
	MEM_ROOM(c->bundle, c->bundles, c->bundle_room);
	c->bundle[c->bundles++] = (struct cached_bundle){ mem_string(dir), b };
	return b;
}

static int is_same(const struct cached_profile *p, const struct bundle *b,
	int nets, const int *net, int settings, const int *setting)
{
	return p->bundle == b && p->nets == nets && p->settings == settings
		&& !memcmp(p->numbers, net, (size_t)nets * sizeof *net)
		&& !memcmp(p->numbers + nets, setting,
			(size_t)settings * sizeof *setting);
}

struct profile *trace_cache_profile(struct trace_cache *c,
	const struct bundle *b, int nets, const int *net, int settings,
	const int *setting)
{
	struct cached_profile new = { b, nets, settings, NULL, NULL };

	for (int i = 0; i < c->profiles; i++)
		if (is_same(&c->profile[i], b, nets, net, settings, setting))
			return c->profile[i].profile;
	new.profile = profile_new(b, nets, net, settings, setting);
	if (!new.profile)
		return NULL;
	new.numbers = mem_new((size_t)(nets + settings), sizeof *new.numbers);
	memcpy(new.numbers, net, (size_t)nets * sizeof *net);
	memcpy(new.numbers + nets, setting, (size_t)settings * sizeof *setting);
	MEM_ROOM(c->profile, c->profiles, c->profile_room);
	c->profile[c->profiles++] = new;
	return new.profile;
}
