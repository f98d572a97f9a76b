/* What a database answers to each question of a reader, recorded once from a
 * good one and given again with changes: any value in any place, rows that end
 * early, come twice or cannot be read. SQLite itself is left out, so a run costs
 * only what the reader does, and nothing that it would have noticed is missed.
 *
 * All calls of SQLite from the readers come here (--wrap); those that are about
 * other databases go on to it. */
#ifndef LAXITY_FUZZ_ANSWERS_H
#define LAXITY_FUZZ_ANSWERS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* Record what this connection answers from now on; it must give every answer
 * that is asked for later, in the same order for each text of SQL. */
void answers_record(sqlite3 *db);

/* From now on this other connection gives the answers recorded. */
void answers_give(sqlite3 *db);

/* Change them as these bytes say, until answers_restore. A change is five bytes
 * and a value: which question of all; which row of all its answers; which
 * column; what happens (0-15 nothing but the value, 16 the answer ends before
 * the row, 17 the row cannot be read, 18 it comes twice; modulo 19); type and
 * length of the value. */
void answers_change(const uint8_t *bytes, size_t n);
void answers_restore(void);

/* Questions begun and not finalized. */
int answers_open(void);

void answers_end(void);

#endif
