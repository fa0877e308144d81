#include "tests/crash/disk.h"
#include "tests/crash/disk_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

void disk_file_resize(struct disk_file *self, size_t size)
{
	if (size > self->capacity) {
		self->capacity = size + size / 2 + 4096;
		self->bytes = memory_resize(self->bytes, self->capacity, 1);
	}
	if (size > self->size)
		memset(self->bytes + self->size, 0, size - self->size);
	self->size = size;
}

void disk_init(struct disk *self)
{
	memset(self, 0, sizeof(*self));
	disk_clear(self);
}

void disk_clear(struct disk *self)
{
	self->file_count = 0;
	self->op_count = 0;
	self->data.size = 0;
	self->records = false;
	self->fault = (struct disk_fault){0};
	memset(self->shm_head, 0, sizeof(self->shm_head));
	memset(self->lies_about, 0, sizeof(self->lies_about));
	for (int i = 0; i < DISK_NAMES; i++)
		self->names[i] = -1;
}

void disk_deinit(struct disk *self)
{
	for (int i = 0; i < DISK_FILES_MAX; i++)
		free(self->files[i].bytes);
	for (int i = 0; i < DISK_SHM_PAGES; i++)
		free(self->shm[i]);
	free(self->ops);
	free(self->data.bytes);
}

void disk_copy(const struct disk *from, struct disk *to)
{
	disk_clear(to);
	to->file_count = from->file_count;
	memcpy(to->names, from->names, sizeof(to->names));
	for (int i = 0; i < from->file_count; i++) {
		to->files[i].size = 0;
		disk_file_resize(&to->files[i], from->files[i].size);
		if (from->files[i].size > 0)
			memcpy(to->files[i].bytes, from->files[i].bytes, from->files[i].size);
	}
}

static struct disk_op *log_op(struct disk *self, enum disk_op_kind kind)
{
	static struct disk_op nowhere;
	if (!self->records)
		return &nowhere;
	if (self->op_count == self->op_capacity) {
		self->op_capacity = self->op_capacity ? self->op_capacity * 2 : 1024;
		self->ops = memory_resize(self->ops, self->op_capacity, sizeof(*self->ops));
	}
	struct disk_op *op = &self->ops[self->op_count++];
	*op = (struct disk_op){.kind = kind, .file = -1};
	return op;
}

static int create(struct disk *self, enum disk_name name)
{
	ENSURE(self->file_count < DISK_FILES_MAX);
	int file = self->file_count++;
	self->files[file].size = 0;
	self->names[name] = file;
	struct disk_op *op = log_op(self, DISK_CREATE);
	op->name = name;
	op->file = file;
	return file;
}

static void write_file(struct disk *self, int file, const void *data, size_t size, size_t at)
{
	struct disk_file *to = &self->files[file];
	if (at + size > to->size)
		disk_file_resize(to, at + size);
	memcpy(to->bytes + at, data, size);
	if (!self->records)
		return;
	struct disk_op *op = log_op(self, DISK_WRITE);
	op->file = file;
	op->at = at;
	op->size = size;
	op->data = self->data.size;
	disk_file_resize(&self->data, self->data.size + size);
	memcpy(self->data.bytes + op->data, data, size);
}

void disk_note_shm(struct disk *self)
{
	if (!self->shm[0] || memcmp(self->shm[0], self->shm_head, DISK_SHM_HEAD) == 0)
		return;
	memcpy(self->shm_head, self->shm[0], DISK_SHM_HEAD);
	int file = self->names[DISK_SHM] >= 0 ? self->names[DISK_SHM] : create(self, DISK_SHM);
	write_file(self, file, self->shm_head, DISK_SHM_HEAD, 0);
}

void disk_mark(struct disk *self, size_t what)
{
	disk_note_shm(self);
	log_op(self, DISK_MARK)->at = what;
}

/* ---- what the VFS asks ---- */

int disk_open(struct disk *self, enum disk_name name, bool may_create)
{
	if (self->names[name] >= 0)
		return self->names[name];
	return may_create ? create(self, name) : -1;
}

void disk_delete(struct disk *self, enum disk_name name, bool sync_folder)
{
	self->names[name] = -1;
	struct disk_op *op = log_op(self, DISK_CREATE);
	op->name = name;
	op->file = -1;
	if (sync_folder)
		log_op(self, DISK_SYNC_FOLDER);
}

void disk_write(struct disk *self, int file, const void *data, size_t size, size_t at)
{
	disk_note_shm(self);
	write_file(self, file, data, size, at);
}

void disk_truncate(struct disk *self, int file, size_t size)
{
	disk_file_resize(&self->files[file], size);
	struct disk_op *op = log_op(self, DISK_TRUNCATE);
	op->file = file;
	op->at = size;
}

void disk_sync(struct disk *self, enum disk_name name, int file, bool sync_folder)
{
	disk_note_shm(self);
	if (!self->lies_about[name])
		log_op(self, DISK_SYNC)->file = file;
	if (sync_folder)
		log_op(self, DISK_SYNC_FOLDER);
}
