#ifndef WENZHENG_TESTS_CRASH_DISK_INSIDE_H
#define WENZHENG_TESTS_CRASH_DISK_INSIDE_H

#include "tests/crash/disk.h"

/* What the VFS asks of the disk. A file's number, or -1: there is none of this name. */
int disk_open(struct disk *self, enum disk_name name, bool may_create);
void disk_delete(struct disk *self, enum disk_name name, bool sync_folder);
void disk_write(struct disk *self, int file, const void *data, size_t size, size_t at);
void disk_truncate(struct disk *self, int file, size_t size);
void disk_sync(struct disk *self, enum disk_name name, int file, bool sync_folder);

/* Writes the head of the shared memory to its file if it changed. */
void disk_note_shm(struct disk *self);

#endif
