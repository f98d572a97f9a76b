/* UTF-8, for whoever takes text from strangers or prints it. */
#ifndef LAXITY_UTF8_H
#define LAXITY_UTF8_H

#include <stddef.h>
#include <string.h>

/* Length of the well-formed sequence at s (Unicode 15, table 3-7), which has
 * `left` >= 1 bytes; 0 if there is none. */
static inline size_t utf8_sequence(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (left < n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

/* A sequence of n bytes that a terminal takes as an order: C0, DEL, C1. */
static inline int utf8_is_control(const unsigned char *s, size_t n)
{
	return n == 1 ? s[0] < ' ' || s[0] == 127
		: n == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

/* Every byte of a control character (line ends and tabs too) or of no character
 * at all becomes '?': for one line on a terminal. */
static inline void utf8_make_plain(char *string)
{
	unsigned char *s = (unsigned char *)string;

	for (size_t left = strlen(string); left;) {
		size_t n = utf8_sequence(s, left), step = n ? n : 1;
		if (!n || utf8_is_control(s, n))
			memset(s, '?', step);
		s += step;
		left -= step;
	}
}

#endif
