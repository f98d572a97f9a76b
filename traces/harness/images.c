#include "images.h"

#include "net.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/sha256.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_BYTES ((size_t)1 << 31)
enum { CIFAR = 3073, CIFAR_SIDE = 32, CIFAR_CLASSES = 10 };

/* Unpack one or more gzip members; what follows them must be nothing. */
static int unpack(const char *path, unsigned char *packed, size_t n,
	unsigned char **out, size_t *length)
{
	z_stream z = { .next_in = packed };
	unsigned char *bytes = NULL;
	size_t have = 0, room = 0;
	int status = inflateInit2(&z, 16 + MAX_WBITS);

	while (status == Z_OK || status == Z_STREAM_END) {
		if (status == Z_STREAM_END) {
			if (z.next_in == packed + n || inflateReset(&z) != Z_OK)
				break;
		} else if (have > MAX_BYTES) {
			break;
		}
		if (have == room) {
			room = room ? 2 * room : 1 << 16;
			bytes = mem_resize(bytes, room, 1);
		}
		/* Both are under 4 GiB: so are the limits. */
		z.avail_in = (unsigned)(packed + n - z.next_in);
		z.avail_out = (unsigned)(room - have);
		z.next_out = bytes + have;
		status = inflate(&z, Z_NO_FLUSH);
		have = room - z.avail_out;
	}
	(void)inflateEnd(&z);
	if (status == Z_STREAM_END && have <= MAX_BYTES) {
		assert(bytes);
		*out = bytes;
		*length = have;
		return 0;
	}
	free(bytes);
	return status == Z_MEM_ERROR ? msg_fail("out of memory")
		: msg_bad(have > MAX_BYTES ? "%s: more than 2 GiB"
			: "%s: broken gzip file", path);
}

/* The bytes of a file, unpacked if it is gzip's; checked to end where gzip
 * says. */
static int read_unpacked(const char *path, unsigned char **out, size_t *length)
{
	static const unsigned char magic[] = { 31, 139 };
	char *bytes;
	int bad;

	if (file_read(path, MAX_BYTES, &bytes, length))
		return -1;
	if (*length < sizeof magic || memcmp(bytes, magic, sizeof magic)) {
		*out = (unsigned char *)bytes;
		return 0;
	}
	bad = unpack(path, (unsigned char *)bytes, *length, out, length);
	free(bytes);
	return bad;
}

static void take(struct images *im, int limit, size_t count)
{
	im->count = limit && (size_t)limit < count ? limit : (int)count;
}

static uint32_t big(const unsigned char *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16
		| (uint32_t)b[2] << 8 | b[3];
}

static int read_cifar(struct images *im, const char *path, int limit)
{
	unsigned char *bytes;
	size_t length, count, each = CIFAR - 1;

	if (read_unpacked(path, &bytes, &length))
		return -1;
	count = length / CIFAR;
	if (length >= 4 && big(bytes) >> 8 == 8) {
		free(bytes);
		return msg_bad("%s: an IDX file whose name does not say that it has "
			"images: FOLDER/...-images-idx3-ubyte[.gz], with "
			"...-labels-idx1-ubyte[.gz] beside it", path);
	}
	if (!count || length % CIFAR || count > INT_MAX) {
		free(bytes);
		return msg_bad("%s: %zu bytes are not whole CIFAR-10 records of "
			"%d", path, length, CIFAR);
	}
	take(im, limit, count);
	im->channels = 3;
	im->height = im->width = CIFAR_SIDE;
	im->pixels = mem_new((size_t)im->count, each);
	im->label = mem_new((size_t)im->count, 1);
	for (int i = 0; i < im->count; i++) {
		im->label[i] = bytes[(size_t)i * CIFAR];
		memcpy(im->pixels + (size_t)i * each,
			bytes + (size_t)i * CIFAR + 1, each);
		if (im->label[i] >= CIFAR_CLASSES) {
			int label = im->label[i];
			free(bytes);
			return msg_bad("%s: record %d: label %d, more than 9",
				path, i, label);
		}
	}
	free(bytes);
	return 0;
}

/* An IDX file of unsigned bytes with that many dimensions. */
static int read_idx(const char *path, unsigned dims, unsigned char **bytes,
	uint32_t *dim)
{
	size_t length, want = 4 + 4 * (size_t)dims;
	uint64_t body = 1;

	if (read_unpacked(path, bytes, &length))
		return -1;
	if (length < want || big(*bytes) != (0x0800u | dims)) {
		free(*bytes);
		return msg_bad("%s: not an IDX file of %s (magic 0x%08x)", path,
			dims == 3 ? "images" : "labels", 0x0800u | dims);
	}
	for (unsigned i = 0; i < dims; i++) {
		dim[i] = big(*bytes + 4 + 4 * i);
		if (!dim[i] || body > MAX_BYTES / dim[i]) {
			free(*bytes);
			return msg_bad("%s: impossible size in its head", path);
		}
		body *= dim[i];
	}
	if (length != want + body) {
		free(*bytes);
		return msg_bad("%s: %zu bytes, but its head promises %zu", path,
			length, want + (size_t)body);
	}
	return 0;
}

static int read_idx_pair(struct images *im, const char *path, int limit)
{
	const char *part = strstr(path, "images-idx3");
	unsigned char *images, *labels;
	uint32_t dim[3], count;
	char *other;
	size_t each;

	if (!part)
		return msg_bad("%s: an IDX file of images is called "
			"...images-idx3..., its labels ...labels-idx1...", path);
	other = mem_printf("%.*slabels-idx1%s", (int)(part - path), path,
		part + 11);
	if (read_idx(path, 3, &images, dim)) {
		free(other);
		return -1;
	}
	if (read_idx(other, 1, &labels, &count)) {
		free(images);
		free(other);
		return -1;
	}
	if (count != dim[0] || dim[1] > 4096 || dim[2] > 4096) {
		(void)msg_bad(count != dim[0] ? "%s: %u labels for %u images"
			: "%s: %u x %u pixels are too many", other,
			count != dim[0] ? count : dim[1],
			count != dim[0] ? dim[0] : dim[2]);
		free(images);
		free(labels);
		free(other);
		return -1;
	}
	take(im, limit, count);
	im->channels = 1;
	im->height = (int)dim[1];
	im->width = (int)dim[2];
	each = (size_t)dim[1] * dim[2];
	im->pixels = mem_new((size_t)im->count, each);
	im->label = mem_new((size_t)im->count, 1);
	memcpy(im->pixels, images + 16, (size_t)im->count * each);
	memcpy(im->label, labels + 8, (size_t)im->count);
	free(images);
	free(labels);
	free(other);
	return 0;
}

/* Numbered images: which one in the first four bytes. */
static int make_numbered(struct images *im, const char *dir, int limit,
	int channels, int height, int width)
{
	struct bundle *b = bundle_read(dir);
	size_t each = (size_t)(channels * height * width);

	if (!b)
		return -1;
	take(im, limit, (size_t)b->inputs);
	im->channels = channels;
	im->height = height;
	im->width = width;
	im->numbered = 1;
	im->pixels = mem_new((size_t)im->count, each);
	im->label = mem_new((size_t)im->count, 1);
	memcpy(im->sha256, b->sha256, sizeof im->sha256);
	for (int i = 0; i < im->count && each >= 4; i++) {
		for (int k = 0; k < 4; k++)
			im->pixels[(size_t)i * each + (size_t)k] =
				(unsigned char)(i >> 8 * k);
		im->label[i] = (unsigned char)(i % b->classes);
	}
	bundle_free(b);
	return each < 4 ? msg_bad("%s: images of %zu bytes cannot be numbered",
		dir, each) : 0;
}

static char *inside(const char *dir, const char *const *names)
{
	for (; *names; names++) {
		char *path = mem_printf("%s/%s", dir, *names);
		if (!access(path, F_OK))
			return path;
		free(path);
	}
	return NULL;
}

int images_read(struct images *im, const char *path, int limit, int channels,
	int height, int width)
{
	static const char *const known[] = { "trace.ini", "test_batch.bin",
		"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte", NULL };
	struct stat st;
	char *file = NULL;
	int bad;

	*im = (struct images){ 0 };
	if (stat(path, &st))
		return msg_bad("%s: cannot open: %s", path, strerror(errno));
	file = S_ISDIR(st.st_mode) ? inside(path, known) : mem_string(path);
	if (!file)
		return msg_bad("%s: no test_batch.bin, no "
			"t10k-images-idx3-ubyte[.gz] in it", path);
	if (S_ISDIR(st.st_mode) && strstr(file, "/trace.ini"))
		bad = make_numbered(im, path, limit, channels, height, width);
	else if (strstr(file, "idx3"))
		bad = read_idx_pair(im, file, limit);
	else
		bad = read_cifar(im, file, limit);
	im->file = file;
	if (!bad && !im->numbered)
		bad = sha256_file(file, im->sha256);
	for (int i = 0; !bad && i < im->count; i++)
		if (im->label[i] >= im->classes)
			im->classes = im->label[i] + 1;
	if (bad)
		images_fini(im);
	return bad ? -1 : 0;
}

void images_fini(struct images *im)
{
	free(im->pixels);
	free(im->label);
	free(im->file);
	*im = (struct images){ 0 };
}

int images_check(const struct images *im, const struct net *n)
{
	if (im->channels != n->channels || im->height != n->height
	    || im->width != n->width)
		return msg_bad("%s: images of %d x %d x %d, but network '%s' "
			"takes %d x %d x %d", im->file, im->channels, im->height,
			im->width, n->name, n->channels, n->height, n->width);
	if (im->classes > n->classes)
		return msg_bad("%s: labels up to %d, but network '%s' has %d "
			"classes", im->file, im->classes - 1, n->name,
			n->classes);
	return 0;
}
