#include "mutate.h"

#include "../../sim/mem.h"
#include "../../sim/splitmix.h"

#include <stdlib.h>
#include <string.h>

static size_t below(uint64_t *state, size_t n)
{
	return n ? (size_t)(splitmix(state) % n) : 0;
}

uint64_t mutate_seed(const char *target, uint64_t seed)
{
	for (; *target; target++)
		seed = (seed ^ (unsigned char)*target) * 0x100000001b3u;
	return seed;
}

/* Replaces `out` bytes at `where` by `in` bytes from `piece`. */
static struct bytes put(struct bytes b, size_t where, size_t out,
	const uint8_t *piece, size_t in)
{
	struct bytes r = { mem_new(b.n - out + in + 1, 1), b.n - out + in };

	memcpy(r.at, b.at, where);
	if (in)
		memcpy(r.at + where, piece, in);
	memcpy(r.at + where + in, b.at + where + out, b.n - where - out);
	free(b.at);
	return r;
}

static struct bytes put_words(struct bytes b, size_t where, size_t out,
	uint64_t *state)
{
	static const char *const words[] = { "0", "-1", "1", "9", "00", "1e9", "-0",
		"1e308", "1e-308", "0.1", "nan", "inf", "9223372036854775807",
		"9223372036854775808", "-9223372036854775809", "1152921504606846976",
		"18446744073709551616", "4294967296", "2147483648", ",", ",,", "\n",
		"\r\n", " ", "=", "[", "]", "#", ";", "\"", ":", "|", "\xc3", "" };
	const char *w = words[below(state, sizeof words / sizeof *words)];

	return put(b, where, out, (const uint8_t *)w, strlen(w));
}

/* A number of the text, or what stands where one was looked for. */
static struct bytes change_number(struct bytes b, uint64_t *state)
{
	size_t at = below(state, b.n), end;

	while (at < b.n && (b.at[at] < '0' || b.at[at] > '9'))
		at++;
	for (end = at; end < b.n && b.at[end] >= '0' && b.at[end] <= '9';)
		end++;
	return put_words(b, at, end - at, state);
}

static struct bytes change(struct bytes b, struct bytes other, uint64_t *state)
{
	size_t at = below(state, b.n), rest = b.n - at;
	size_t some = rest ? 1 + below(state, rest < 40 ? rest : 40) : 0;

	switch (below(state, 9)) {
	case 0:
		if (b.n)
			b.at[at] ^= (uint8_t)(1u << below(state, 8));
		return b;
	case 1:
		if (b.n)
			b.at[at] = (uint8_t)splitmix(state);
		return b;
	case 2:
		return put(b, at, some, NULL, 0);
	case 3:
		return put_words(b, at, 0, state);
	case 4:
		return put_words(b, at, some, state);
	case 5:             /* a piece again, elsewhere */
		return put(b, below(state, b.n + 1), 0, b.at + at, some);
	case 6: {           /* a piece of the other, over or between ours */
		size_t from = below(state, other.n), left = other.n - from;
		size_t take = left ? 1 + below(state, left) : 0;
		size_t over = below(state, 2) ? some : 0;

		return put(b, at, over, other.at + from, take);
	}
	case 7:             /* all of it up to here */
		return below(state, 8) ? b : put(b, at, rest, NULL, 0);
	default:
		return change_number(b, state);
	}
}

struct bytes mutate(struct bytes from, struct bytes other, size_t longest,
	uint64_t *state)
{
	struct bytes b = { mem_new(from.n + 1, 1), from.n }, exact;

	memcpy(b.at, from.at, from.n);
	for (size_t n = 1 + below(state, 4); n; n--)
		b = change(b, other, state);
	exact.n = b.n < longest ? b.n : longest;
	exact.at = mem_new(exact.n ? exact.n : 1, 1);
	memcpy(exact.at, b.at, exact.n);
	free(b.at);
	return exact;
}
