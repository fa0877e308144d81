#ifndef WENZHENG_TESTS_FUZZ_FEED_H
#define WENZHENG_TESTS_FUZZ_FEED_H

#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

/* A fuzzer's bytes, taken from the front as numbers and texts. What is asked for beyond the end is zero, or
 * empty: every feed means something. */
struct feed {
	const uint8_t *at;
	size_t left;
};

uint8_t feed_byte(struct feed *self);
uint32_t feed_u16(struct feed *self);	/* little-endian, as the next one */
int64_t feed_number(struct feed *self); /* eight bytes */
struct span feed_take(struct feed *self, size_t size);
struct span feed_rest(struct feed *self);

/* Two bytes of length, then the text. */
struct span feed_text(struct feed *self);

/* The bytes as a file that lives in memory, for readers that want a path. Closed by feed_file_close. */
struct feed_file {
	int fd;
	char path[32];
};
struct feed_file feed_file_of(struct span bytes, mode_t mode);
void feed_file_close(struct feed_file *self);

#endif
