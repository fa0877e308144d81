#ifndef WENZHENG_TESTS_STORE_FULL_DISK_H
#define WENZHENG_TESTS_STORE_FULL_DISK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A disk that is full or fails when a test says so: an SQLite VFS before the real one. A file may be
 * rewritten where it has bytes already; what would make it longer is taken from the room that is left, as on
 * a real disk. The -shm file is not written through the VFS and so is never short of room.
 */
struct full_disk {
	int64_t room;	    /* bytes files may still grow by; < 0: no limit */
	int64_t fail_sync;  /* the n-th sync from now fails; 0: none */
	int64_t fail_write; /* the n-th write from now fails with an I/O error; 0: none */
	int64_t refused;    /* writes refused for want of room */
};

/* Becomes the process's default VFS; there is one at a time. */
void full_disk_mount(struct full_disk *disk);
void full_disk_unmount(void);

#endif
