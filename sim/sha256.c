#include "sha256.h"

#include "file.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

void sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX])
{
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_init(&context);
	sha256_update(&context, length, bytes);
	sha256_digest(&context, sizeof digest, digest);
	base16_encode_update(hex, sizeof digest, digest);
	hex[2 * sizeof digest] = 0;
}

int sha256_file(const char *path, char hex[SHA256_HEX])
{
	char *bytes;
	size_t length;

	/* Tables, networks, images and shared objects are all smaller. */
	if (file_read(path, (size_t)2 << 30, &bytes, &length))
		return -1;
	sha256_hex(bytes, length, hex);
	free(bytes);
	return 0;
}

int sha256_is_hex(const char *s)
{
	return strlen(s) == SHA256_HEX - 1
		&& strspn(s, "0123456789abcdef") == SHA256_HEX - 1;
}
