#include "daemon/host/survey.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/memory.h"

static void close_folder(struct survey *self)
{
	if (self->folder)
		closedir(self->folder);
	self->folder = NULL;
}

void survey_deinit(struct survey *self)
{
	close_folder(self);
	free(self->oldest);
	*self = (struct survey){0};
}

static uint32_t count_departments(const struct core *core)
{
	struct department_view department;
	uint32_t count = 0;
	while (core_department_at(core, count, &department))
		count++;
	return count;
}

void survey_begin(struct survey *self, const struct shell *shell)
{
	close_folder(self);
	self->oldest_count = count_departments(shell_core(shell));
	if (self->oldest_count > self->oldest_capacity) {
		self->oldest_capacity = self->oldest_count;
		self->oldest = memory_resize(self->oldest, self->oldest_capacity, sizeof(*self->oldest));
	}
	for (uint32_t i = 0; i < self->oldest_count; i++)
		self->oldest[i] = INSTANT_NEVER;
	self->triage_oldest = INSTANT_NEVER;
	self->rollbacks = shell_counts(shell)->rollbacks;
	self->slot = 0;
	self->descriptors = 0;
	self->backup = (struct instant){0};
	self->stage = SURVEY_CASES;
}

/* A department that is new since the walk began has its turn in the next one. */
static void see_case(void *context, const struct core_surveyed *surveyed)
{
	struct survey *self = context;
	struct instant *oldest = &self->triage_oldest;
	if (surveyed->department != CORE_SURVEY_TRIAGE) {
		if (surveyed->department >= self->oldest_count)
			return;
		oldest = &self->oldest[surveyed->department];
	}
	*oldest = instant_min(*oldest, surveyed->received);
}

static void walk_cases(struct survey *self, const struct shell *shell)
{
	if (shell_counts(shell)->rollbacks != self->rollbacks)
		survey_begin(self, shell);
	self->slot = core_survey(shell_core(shell), self->slot, EXPOSITION_CASES_PER_TURN, see_case, self);
	if (self->slot == CORE_SURVEY_END)
		self->stage = SURVEY_DESCRIPTORS;
}

/* What a backup leaves behind when it is whole: a manifest beside its file. */
static bool is_manifest(const char *name)
{
	size_t size = strlen(name);
	return name[0] != '.' && size > 5 && strcmp(name + size - 5, ".json") == 0;
}

static void see_backup(struct survey *self, const struct dirent *entry)
{
	struct stat file;
	if (!is_manifest(entry->d_name) || fstatat(dirfd(self->folder), entry->d_name, &file, 0) != 0)
		return;
	struct instant made = {file.st_mtim.tv_sec * US_PER_S + file.st_mtim.tv_nsec / 1000};
	if (instant_before(self->backup, made))
		self->backup = made;
}

/* True when the folder has been read to its end, or cannot be. */
static bool walk_folder(
	struct survey *self, const char *path, void (*see)(struct survey *self, const struct dirent *entry))
{
	if (!self->folder)
		self->folder = opendir(path);
	for (int i = 0; self->folder && i < EXPOSITION_FILES_PER_TURN; i++) {
		const struct dirent *entry = readdir(self->folder);
		if (!entry)
			close_folder(self);
		else
			see(self, entry);
	}
	return !self->folder;
}

static void see_descriptor(struct survey *self, const struct dirent *entry)
{
	self->descriptors += entry->d_name[0] != '.';
}

bool survey_turn(struct survey *self, const struct shell *shell, const char *backups)
{
	switch (self->stage) {
	case SURVEY_CASES:
		walk_cases(self, shell);
		break;
	case SURVEY_DESCRIPTORS:
		/* The descriptor that the folder is read by is one of them. */
		if (walk_folder(self, "/proc/self/fd", see_descriptor)) {
			self->descriptors -= self->descriptors > 0;
			self->stage = SURVEY_BACKUPS;
		}
		break;
	case SURVEY_BACKUPS:
		if (walk_folder(self, backups, see_backup))
			self->stage = SURVEY_DONE;
		break;
	case SURVEY_DONE:
		break;
	}
	return self->stage == SURVEY_DONE;
}
