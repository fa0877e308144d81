#ifndef WENZHENG_HOST_BACKUP_PRUNE_H
#define WENZHENG_HOST_BACKUP_PRUNE_H

#include "daemon/host/manifest.h"

/* A backup's name is this, its moment, and ".db"; its manifest's ends with ".json". */
#define BACKUP_PREFIX "wenzheng-"

/*
 * Removes the oldest backups of the store that `newest` is of, until `keep` are left, `newest` among them,
 * and says which. Only what has its manifest beside it, the name and the size this one says, is a backup;
 * everything else in the folder is let be.
 */
void backup_prune(
	const struct archive_folder *folder, const struct manifest *newest, int64_t keep, FILE *out);

#endif
