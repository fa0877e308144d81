#ifndef WENZHENG_HOST_SURVEY_H
#define WENZHENG_HOST_SURVEY_H

#include <dirent.h>

#include "base/instant.h"
#include "daemon/shell/shell.h"

/*
 * The figures that nobody keeps and that take a walk to find: the oldest open case of each department, how
 *many descriptors are in use, when the newest backup was made. The walk is made a part at a time.
 *
 *	survey_begin(&survey, shell);
 *	while (!survey_turn(&survey, shell, backups))
 *		… something else …
 *	… read it …
 *
 * Embedded: zeroed at first, survey_deinit at last.
 */
enum survey_stage {
	SURVEY_CASES,
	SURVEY_DESCRIPTORS,
	SURVEY_BACKUPS,
	SURVEY_DONE,
};

struct survey {
	enum survey_stage stage;
	uint32_t slot;
	uint64_t rollbacks; /* as they were: after one more there is another core, and the walk begins anew */
	struct instant *oldest; /* by department, INSTANT_NEVER: no open case */
	uint32_t oldest_count, oldest_capacity;
	struct instant triage_oldest;
	DIR *folder;
	int64_t descriptors;
	struct instant backup; /* us 0: none was found */
};

void survey_deinit(struct survey *self);
void survey_begin(struct survey *self, const struct shell *shell);

/* `backups`: the folder they are in, if it is there. True when all is found. */
bool survey_turn(struct survey *self, const struct shell *shell, const char *backups);

#endif
