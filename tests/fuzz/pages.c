#include "pages.h"

#include "../../sim/mem.h"
#include "fuzz.h"
#include "kept.h"
#include "targets.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that the definitions of tables take, read through these pages; -1 if
 * they cannot be read. */
static int64_t definitions(struct pages *p)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db;
	int64_t bytes = -1;

	kept_file(p->bytes, p->n);
	FUZZ_HOLDS(sqlite3_open_v2("", &db, SQLITE_OPEN_READWRITE, NULL)
		== SQLITE_OK);
	kept_file(NULL, 0);
	if (!sqlite3_prepare_v2(db, "select sum(length(sql)) from sqlite_schema",
			-1, &st, NULL) && sqlite3_step(st) == SQLITE_ROW)
		bytes = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return bytes;
}

void pages_init(struct pages *p)
{
	char *bytes;
	int64_t whole;

	FUZZ_HOLDS(!__wrap_file_read(PAGES_BASE, 1 << 20, &bytes, &p->n));
	p->bytes = (unsigned char *)bytes;
	p->good = mem_new(p->n, 1);
	memcpy(p->good, p->bytes, p->n);
	p->page_size = (size_t)p->good[16] << 8 | p->good[17];
	p->pages = (int)(p->n / p->page_size);
	p->data_page = mem_new((size_t)p->pages, sizeof *p->data_page);
	p->data_pages = 0;
	whole = definitions(p);
	for (int i = 1; i < p->pages; i++) {
		memset(p->bytes + (size_t)i * p->page_size, 0, p->page_size);
		if (definitions(p) == whole)
			p->data_page[p->data_pages++] = i;
		pages_restore(p);
	}
	FUZZ_HOLDS(p->data_pages > 0);
}

void pages_fini(struct pages *p)
{
	free(p->bytes);
	free(p->good);
	free(p->data_page);
}

void pages_restore(struct pages *p)
{
	memcpy(p->bytes, p->good, p->n);
}

/* The place that a change is about, within its page. */
static size_t place_of(const struct pages *p, const unsigned char *page,
	const uint8_t change[4])
{
	const unsigned char *header = page == p->bytes ? page + 100 : page;
	size_t leaf = header[0] < 8 ? 12 : 8, cell;
	size_t cells = (size_t)header[3] << 8 | header[4];
	const unsigned char *list = header + leaf;

	switch (change[1] & 15) {
	case 0: case 1: case 2:
		return (size_t)(change[2] << 8 | change[3]);
	case 3:
		return (size_t)(header - page) + change[3] % leaf;
	}
	if (cells == 0 || (size_t)(list - page) + 2 * cells > p->page_size)
		return change[3];
	list += 2 * (change[2] % cells);
	if ((change[1] & 15) < 6)
		return (size_t)(list - page) + change[3] % 2;
	cell = (size_t)list[0] << 8 | list[1];
	return cell + change[3];
}

void pages_damage(struct pages *p, int any, const uint8_t *bytes, size_t n)
{
	enum { CHANGE = 4 };

	while (n > CHANGE) {
		int page = any ? bytes[0] % p->pages
			: p->data_page[bytes[0] % p->data_pages];
		unsigned char *at = p->bytes + (size_t)page * p->page_size;
		size_t place = place_of(p, at, bytes) % p->page_size;
		size_t size = (size_t)(bytes[1] >> 4) % 8 + 1;
		size = size < n - CHANGE ? size : n - CHANGE;
		size = size < p->page_size - place ? size : p->page_size - place;
		memcpy(at + place, bytes + CHANGE, size);
		bytes += CHANGE + size;
		n -= CHANGE + size;
	}
}
