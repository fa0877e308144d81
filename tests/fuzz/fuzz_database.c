#include <string.h>

#include "base/assert.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/stored.h"

/*
 * Any bytes as the store's file. The first byte says what they are: 0: the file itself. 1: the WAL beside a
 * good file. Else: wounds of a good file, each a place in four bytes, a length in one and as many bytes; a
 * wound at a place beyond the end cuts the file there, modulo its size.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WOUNDS_MAX 64

static size_t wound(struct feed *feed, char *file, size_t size)
{
	size_t at = feed_u16(feed);
	at |= (size_t)feed_u16(feed) << 16;
	struct span bytes = feed_take(feed, feed_byte(feed));
	if (at >= size)
		return at % size;
	memcpy(file + at, bytes.size ? bytes.data : "", bytes.size < size - at ? bytes.size : size - at);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	stored_start();
	uint8_t what = feed_byte(&feed);
	if (what == 0) {
		stored_put(feed_rest(&feed), SPAN_EMPTY);
	} else if (what == 1) {
		stored_put(stored_file(), feed_rest(&feed));
	} else {
		struct buffer file = BUFFER_NULL;
		buffer_append_span(&file, stored_file());
		for (int i = 0; i < WOUNDS_MAX && feed.left > 0 && file.size > 0; i++)
			file.size = wound(&feed, file.data, file.size);
		stored_put(buffer_span(&file), SPAN_EMPTY);
		buffer_deinit(&file);
	}
	stored_examine();
	return 0;
}
