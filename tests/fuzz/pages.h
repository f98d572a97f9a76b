/* A small store as a file of pages, damaged where a program reads it and not in
 * the gaps between, where most bytes of a mutated file fall. */
#ifndef LAXITY_FUZZ_PAGES_H
#define LAXITY_FUZZ_PAGES_H

#include <stddef.h>
#include <stdint.h>

#define PAGES_BASE "tests/fuzz/small.db"

struct pages {
	unsigned char *bytes, *good; /* as damaged, as it was */
	size_t n, page_size;
	int pages, data_pages;
	int *data_page;             /* those that say nothing of tables */
};

void pages_init(struct pages *p);
void pages_fini(struct pages *p);

/* The file as it was. */
void pages_restore(struct pages *p);

/* Damage it as these bytes say. A change is four bytes and its value:
 *   0  which page: of all with `any`, else of those with data
 *   1  low nibble: where, 0-2 at the place in it, 3 in its header, 4-5 in the
 *      list of cells, else in a cell; high nibble: bytes of value, less 1
 *   2  which cell, or high byte of the place
 *   3  which byte of it, or low byte of the place */
void pages_damage(struct pages *p, int any, const uint8_t *bytes, size_t n);

#endif
