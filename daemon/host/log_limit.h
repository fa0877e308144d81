#ifndef WENZHENG_HOST_LOG_LIMIT_H
#define WENZHENG_HOST_LOG_LIMIT_H

#include <stdbool.h>

#include "base/instant.h"
#include "base/limits.h"
#include "daemon/host/log_events.h"

/*
 * So many lines a second, and a count of the rest: for events that somebody outside can cause at will.
 *
 * Whoever has a name is counted by himself, so that one who floods hides nobody else. There is room for
 * LOG_SOURCES_MAX names within a second; those beyond, and those without a name, are counted together.
 */
#define LOG_SOURCES_MAX 64

struct log_source {
	unsigned event;
	char principal[PRINCIPAL_NAME_SIZE_MAX + 1]; /* "": those who have no name or found no room */
	struct mono since;			     /* when its second began */
	uint32_t written;			     /* in that second; 0: this source is not in use */
	uint64_t left_out;
};

struct log_limit {
	struct log_source named[LOG_SOURCES_MAX];
	struct log_source nameless[HOST_EVENT_END];
};

/* True if the line may be written; else it is counted. Seconds that are over must have been taken.
 * `principal` NULL: nobody is named. */
bool log_limit_admits(struct log_limit *self, struct mono now, unsigned event, const char *principal);

/* Ends a second that is over by `now` and in which lines were left out; false: there is none. */
bool log_limit_take(struct log_limit *self, struct mono now, struct log_source *ret_source);

#endif
