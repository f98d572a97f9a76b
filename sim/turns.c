#include "turns.h"

#include "mem.h"
#include "num.h"

#include <stdlib.h>

void turns_init(struct turns *t, int clients)
{
	t->places = 1;
	while (t->places < (uint32_t)clients)
		t->places *= 2;
	t->player = mem_new(2 * (size_t)t->places, sizeof *t->player);
	for (uint32_t i = 0; i < 2 * t->places; i++)
		t->player[i] = (turn)TIME_NEVER << 64;
	for (int k = 0; k < clients; k++)
		turns_set(t, k, TIME_NEVER);
}

void turns_fini(struct turns *t)
{
	free(t->player);
	*t = (struct turns){ 0 };
}
