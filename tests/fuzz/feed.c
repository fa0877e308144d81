#include "tests/fuzz/feed.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"

struct span feed_take(struct feed *self, size_t size)
{
	struct span taken = span_of(self->at, size < self->left ? size : self->left);
	if (taken.size == 0)
		return SPAN_EMPTY;
	self->at += taken.size;
	self->left -= taken.size;
	return taken;
}

static uint64_t take_little_endian(struct feed *self, size_t size)
{
	struct span bytes = feed_take(self, size);
	uint64_t value = 0;
	for (size_t i = bytes.size; i > 0; i--)
		value = value << 8 | (uint8_t)bytes.data[i - 1];
	return value;
}

uint8_t feed_byte(struct feed *self)
{
	return (uint8_t)take_little_endian(self, 1);
}

uint32_t feed_u16(struct feed *self)
{
	return (uint32_t)take_little_endian(self, 2);
}

int64_t feed_number(struct feed *self)
{
	return (int64_t)take_little_endian(self, 8);
}

struct span feed_rest(struct feed *self)
{
	return feed_take(self, self->left);
}

struct span feed_text(struct feed *self)
{
	return feed_take(self, feed_u16(self));
}

struct feed_file feed_file_of(struct span bytes, mode_t mode)
{
	struct feed_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
	ENSURE(file.fd >= 0 && fchmod(file.fd, mode) == 0);
	ENSURE(pwrite(file.fd, bytes.size ? bytes.data : "", bytes.size, 0) == (ssize_t)bytes.size);
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

void feed_file_close(struct feed_file *self)
{
	close(self->fd);
	self->fd = -1;
}
