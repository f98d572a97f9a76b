/* Labelled images from the files that people have: strict, no resizing.
 *
 * - A CIFAR-10 binary file (3073 bytes each: label, then the red, green and
 *   blue plane of 32 x 32), or a folder that holds test_batch.bin.
 * - An IDX file of images, plain or gzip (magic 0x0803, big-endian; one
 *   channel), with its labels beside it: the same name with `labels-idx1` for
 *   `images-idx3`; or a folder with t10k-images-idx3-ubyte[.gz], as Debian's
 *   dataset-fashion-mnist has.
 * - A bundle's folder: numbered images for the replay backend, one per input
 *   of the bundle. */
#ifndef LAXITY_IMAGES_H
#define LAXITY_IMAGES_H

#include <stddef.h>
#include <stdint.h>

struct images {
	int count, channels, height, width;
	int classes;            /* one more than the largest label */
	int numbered;           /* 1: made up for a bundle */
	unsigned char *pixels;  /* [count][channels][height][width] */
	unsigned char *label;   /* [count] */
	char *file;             /* where they come from */
	char sha256[65];        /* of the image file */
};

/* At most `limit` images from the front of the file, all if it is 0. Numbered
 * images get the shape given. -1 after one message. */
int images_read(struct images *im, const char *path, int limit, int channels,
	int height, int width);
void images_fini(struct images *im);

/* Do they fit a network? -1 after one message. */
struct net;
int images_check(const struct images *im, const struct net *n);

static inline const unsigned char *images_at(const struct images *im, int i)
{
	return im->pixels + (size_t)i * (size_t)(im->channels * im->height
		* im->width);
}

/* Which one a numbered image is. */
static inline int images_number(const unsigned char *image)
{
	return (int)(image[0] | (uint32_t)image[1] << 8
		| (uint32_t)image[2] << 16 | (uint32_t)(image[3] & 127) << 24);
}

#endif
