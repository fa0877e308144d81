#ifndef WENZHENG_TESTS_FUZZ_STORED_H
#define WENZHENG_TESTS_FUZZ_STORED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * A store as a small place leaves it after some days, and everything that is ever done to read one. The
 * targets `row` and `database` damage it in between. What must hold: nobody aborts, reads beyond a value or
 * computes with what cannot be: the store is refused, a read fails, or the answers are within the protocol.
 */

/* Once: the folder, its configuration, the store. Returns the path of the store. */
const char *stored_start(void);

/* The file as the daemon left it, written back. */
struct span stored_file(void);

/* Puts these bytes in the place of the store's file, and of its WAL; an empty WAL is none. */
void stored_put(struct span file, struct span wal);

/* --verify; every read of both kinds of handle; the restart, and a day's questions to the new daemon. */
void stored_examine(void);

#endif
