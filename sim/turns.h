/* When each client of a closed loop sends its next request, and whose turn is
 * next: a tournament among the clients, in which the earlier instant wins, and
 * among equal ones the lower client. One client's new instant replays its
 * matches on the way up; which way they go changes values, not the path, so
 * that no branch depends on them. */
#ifndef LAXITY_TURNS_H
#define LAXITY_TURNS_H

#include <stdint.h>

/* Instant and client in one number, so that one comparison does. */
__extension__ typedef unsigned __int128 turn;

struct turns {
	turn *player;               /* player[1]: the winner; 2 i and 2 i + 1
	                             * play for i; player[places + k]: client k */
	uint32_t places;            /* clients, up to a power of two */
};

/* All clients at TIME_NEVER. turns_fini of zeros does nothing. */
void turns_init(struct turns *t, int clients);
void turns_fini(struct turns *t);

/* The earliest instant, and whose it is. */
static inline int64_t turns_next_ns(const struct turns *t)
{
	return (int64_t)(t->player[1] >> 64);
}

static inline int32_t turns_next(const struct turns *t)
{
	return (int32_t)t->player[1];
}

/* The client's next instant, >= 0. */
static inline void turns_set(struct turns *t, int32_t client, int64_t at_ns)
{
	turn x = (turn)at_ns << 64 | (turn)client;
	uint32_t i = t->places + (uint32_t)client;

	for (t->player[i] = x; i > 1; t->player[i] = x) {
		turn rival = t->player[i ^ 1];
		x = rival < x ? rival : x;
		i /= 2;
	}
}

#endif
