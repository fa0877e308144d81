#ifndef WENZHENG_HOST_RESTORE_PLACE_H
#define WENZHENG_HOST_RESTORE_PLACE_H

#include "daemon/host/archive_folder.h"
#include "daemon/store/store.h"

/*
 * The place of the store while nobody has it open: what stands there, and how something else comes to stand
 * there. Its lock is held from open to close.
 */
struct restore_place {
	struct archive_folder folder;
	char *name; /* of the store in its folder */
	char *path; /* as the configuration has it */
	int lock;
	bool is_there;	   /* something of a store is */
	bool has_database; /* and not only what stood beside one */
	bool is_readable;  /* and it can be opened; else `why` not */
	struct fault why;
	int64_t records; /* of a readable one */
	struct digest head;
	char *kept; /* the name in the folder that what was there has now, with the endings of
		       store_sqlite_beside for those; NULL: nothing was put here, or nothing was */
};

#define RESTORE_PLACE_NONE ((struct restore_place){.folder = ARCHIVE_FOLDER_NONE, .lock = -1})

/* RUNNING, or the folder's trouble. Close in any case. */
bool restore_place_open(struct restore_place *self, const char *path, struct fault *fault);
void restore_place_close(struct restore_place *self);

/* Learns what is there and where its journal ends, without changing it. `ret_head` is that of record `at`,
 * zero if it has none. True: something is there. */
bool restore_place_look(struct restore_place *self, int64_t at, struct digest *ret_head);

/* An empty file beside the store under a name of work, which `restore_place_put` takes; -1 with the fault
 * set. */
int restore_place_make(struct restore_place *self, struct fault *fault);
char *restore_place_work(const struct restore_place *self); /* its path, the caller's */
void restore_place_remove_work(const struct restore_place *self);

/*
 * Puts the file of work, synced by the caller, in the store's place; what was there is `kept`, with its WAL
 * and its witness if no daemon could have opened it. On return it is on stable storage. BUSY if another
 * program still has the store open.
 */
bool restore_place_put(struct restore_place *self, struct fault *fault);

#endif
