#ifndef WENZHENG_CLIENT_READING_H
#define WENZHENG_CLIENT_READING_H

#include "client/session.h"
#include "client/wenzheng/wenzheng.h"

/*
 * A result as the public structs show it: texts that end in NUL, lists as arrays. What is handed out lives
 * until the next reading_begin.
 */
struct reading {
	struct result *result;
	char *texts;
	size_t used, capacity;
	void *list;
};

void reading_deinit(struct reading *self);

/* Takes the result over; NULL: none. */
void reading_begin(struct reading *self, struct result *result);

/* A text of the result's message or of one of its items; NULL if absent. */
const char *reading_text(struct reading *self, const struct message *message, enum field field);
int64_t reading_time(const struct message *message, enum field field);

/* Room for the items of the result's message, zeroed; NULL if there are none. */
void *reading_list(struct reading *self, size_t item_size, size_t *ret_count);

void reading_case(struct reading *self, const struct message *message, struct wz_case *ret_case);
void reading_event(struct reading *self, const struct message *message, struct wz_event *ret_event);

#endif
