#include "daemon/host/backup_prune.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "base/memory.h"

struct found {
	char manifest[MANIFEST_NAME_MAX];
	char file[MANIFEST_NAME_MAX];
};

struct prune {
	const struct archive_folder *folder;
	const struct manifest *newest;
	struct found *found;
	size_t count;
};

static bool is_same_store(const struct store_identity *a, const struct store_identity *b)
{
	return a->laboratory == b->laboratory && a->created.us == b->created.us;
}

/* "wenzheng-….json", and the manifest says "wenzheng-….db". */
static bool names_agree(const char *manifest, const char *file)
{
	size_t stem = strlen(manifest) - strlen(".json");
	return strncmp(manifest, file, stem) == 0 && strcmp(file + stem, ".db") == 0;
}

static bool is_named_so(const char *name)
{
	size_t size = strlen(name), prefix = strlen(BACKUP_PREFIX), suffix = strlen(".json");
	return size == prefix + ARCHIVE_STAMP_SIZE - 1 + suffix &&
	       strncmp(name, BACKUP_PREFIX, prefix) == 0 && strcmp(name + size - suffix, ".json") == 0;
}

/* A manifest whose file is gone was left by one who was interrupted while removing or naming it. */
static void look_at(struct prune *self, const char *name)
{
	struct manifest manifest;
	struct stat status;
	if (!is_named_so(name))
		return;
	CLEANUP(cleanup_free) char *path = archive_folder_join(self->folder, name);
	if (manifest_read(path, &manifest) != MANIFEST_READ || !names_agree(name, manifest.file) ||
		!is_same_store(&manifest.store, &self->newest->store) ||
		strcmp(manifest.file, self->newest->file) == 0)
		return;
	if (!archive_folder_has(self->folder, manifest.file)) {
		archive_folder_remove(self->folder, name);
		return;
	}
	if (fstatat(self->folder->fd, manifest.file, &status, 0) != 0 || status.st_size != manifest.size)
		return;
	self->found = memory_resize(self->found, self->count + 1, sizeof(*self->found));
	struct found *found = &self->found[self->count++];
	memcpy(found->file, manifest.file, sizeof(found->file));
	memcpy(found->manifest, name, strlen(name) + 1);
}

static int newest_first(const void *a, const void *b)
{
	return -strcmp(((const struct found *)a)->file, ((const struct found *)b)->file);
}

void backup_prune(const struct archive_folder *folder, const struct manifest *newest, int64_t keep, FILE *out)
{
	struct prune self = {.folder = folder, .newest = newest};
	DIR *entries = opendir(folder->path);
	for (struct dirent *entry; entries && (entry = readdir(entries));)
		look_at(&self, entry->d_name);
	if (entries)
		closedir(entries);
	if (self.count > 0)
		qsort(self.found, self.count, sizeof(*self.found), newest_first);
	for (size_t i = (size_t)keep - 1; i < self.count; i++) {
		/* The file first: a manifest without one is recognised the next time. */
		archive_folder_remove(folder, self.found[i].file);
		archive_folder_remove(folder, self.found[i].manifest);
		fprintf(out, _("removed     %s/%s\n"), folder->path, self.found[i].file);
	}
	free(self.found);
}
