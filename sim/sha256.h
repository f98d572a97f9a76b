/* SHA-256 as 64 hexadecimal digits in lower case. */
#ifndef LAXITY_SHA256_H
#define LAXITY_SHA256_H

#include <stddef.h>

#define SHA256_HEX 65           /* with the NUL behind them */

void sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX]);

/* Of a regular file; -1 after one message. */
int sha256_file(const char *path, char hex[SHA256_HEX]);

/* 1 if s is 64 hexadecimal digits in lower case. */
int sha256_is_hex(const char *s);

#endif
