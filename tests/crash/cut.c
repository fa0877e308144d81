#include "tests/crash/cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

#define SECTOR 512

void cut_init(struct cut *self, const struct disk *base, const struct disk *log)
{
	memset(self, 0, sizeof(*self));
	self->log = log;
	disk_init(&self->durable);
	disk_copy(base, &self->durable);
}

void cut_deinit(struct cut *self)
{
	disk_deinit(&self->durable);
	free(self->pending);
}

static void write_bytes(struct disk_file *file, const char *data, size_t size, size_t at)
{
	if (at + size > file->size)
		disk_file_resize(file, at + size);
	memcpy(file->bytes + at, data, size);
}

static void apply(const struct disk *log, const struct disk_op *op, struct disk *to)
{
	if (op->kind == DISK_WRITE)
		write_bytes(&to->files[op->file], log->data.bytes + op->data, op->size, op->at);
	else if (op->kind == DISK_TRUNCATE)
		disk_file_resize(&to->files[op->file], op->at);
	else
		to->names[op->name] = op->file;
}

static bool is_name(const struct disk_op *op)
{
	return op->kind == DISK_CREATE;
}

/* What one sync makes durable leaves the list. */
static void settle(struct cut *self, const struct disk_op *sync)
{
	size_t kept = 0;
	for (size_t i = 0; i < self->pending_count; i++) {
		const struct disk_op *op = &self->log->ops[self->pending[i]];
		bool is_settled =
			sync->kind == DISK_SYNC_FOLDER ? is_name(op) : !is_name(op) && op->file == sync->file;
		if (is_settled)
			apply(self->log, op, &self->durable);
		else
			self->pending[kept++] = self->pending[i];
	}
	self->pending_count = kept;
}

bool cut_advance(struct cut *self)
{
	if (self->place == self->log->op_count)
		return false;
	const struct disk_op *op = &self->log->ops[self->place];
	if (op->kind == DISK_MARK) {
		self->told = op->at;
	} else if (op->kind == DISK_SYNC || op->kind == DISK_SYNC_FOLDER) {
		settle(self, op);
	} else {
		if (self->pending_count == self->pending_capacity) {
			self->pending_capacity = self->pending_capacity ? self->pending_capacity * 2 : 256;
			self->pending =
				memory_resize(self->pending, self->pending_capacity, sizeof(*self->pending));
		}
		self->pending[self->pending_count++] = self->place;
		if (op->kind == DISK_CREATE && op->file >= self->durable.file_count) {
			self->durable.file_count = op->file + 1;
			self->durable.files[op->file].size = 0;
		}
	}
	self->place++;
	return true;
}

/* Of each sector the write's part is there, or is not, or the whole of it is nonsense. */
static void tear(
	const struct disk *log, const struct disk_op *op, bool nonsense, struct prng *prng, struct disk *to)
{
	struct disk_file *file = &to->files[op->file];
	const char *data = log->data.bytes + op->data;
	if (op->at + op->size > file->size)
		disk_file_resize(file, op->at + op->size);
	for (size_t done = 0; done < op->size;) {
		size_t part = SECTOR - (op->at + done) % SECTOR;
		if (part > op->size - done)
			part = op->size - done;
		if (prng_chance(prng, 50))
			memcpy(file->bytes + op->at + done, data + done, part);
		else if (nonsense && part == SECTOR)
			for (size_t i = 0; i < part; i++)
				file->bytes[op->at + done + i] = (char)prng_next(prng);
		done += part;
	}
}

static void damage_one(const struct disk *log, const struct disk_op *op, enum cut_damage damage,
	struct prng *prng, struct disk *to)
{
	bool whole = op->kind == DISK_TRUNCATE || damage == CUT_SUBSET;
	if (whole && prng_chance(prng, 50))
		apply(log, op, to);
	else if (!whole)
		tear(log, op, damage == CUT_NONSENSE, prng, to);
}

void cut_make(const struct cut *self, enum cut_damage damage, struct prng *prng, struct disk *to)
{
	disk_copy(&self->durable, to);
	if (damage == CUT_NONE)
		return;
	size_t count = self->pending_count, names = SIZE_MAX;
	if (damage == CUT_PREFIX)
		count = prng_below(prng, count + 1);
	else if (damage != CUT_ALL && prng_chance(prng, 50))
		names = prng_below(prng, 3);
	for (size_t i = 0; i < count; i++) {
		const struct disk_op *op = &self->log->ops[self->pending[i]];
		if (is_name(op)) {
			if (names > 0)
				apply(self->log, op, to);
			names -= names > 0 && names != SIZE_MAX;
		} else if (damage == CUT_ALL || (damage == CUT_PREFIX && i + 1 < count)) {
			apply(self->log, op, to);
		} else {
			damage_one(self->log, op, damage == CUT_PREFIX ? CUT_TORN : damage, prng, to);
		}
	}
}
