#ifndef WENZHENG_CTL_TALK_H
#define WENZHENG_CTL_TALK_H

#include "client/call.h"
#include "ctl/command_line.h"

/*
 * A command's conversation with the daemon. Whatever goes wrong is said on standard error, with the way out;
 * the functions return an exit status, CTL_DONE to go on.
 *
 *	int status = talk_open(&settings, &talk);
 *	writer_text(talk_begin(&talk, KIND_SHOW), FIELD_CASE, number);
 *	status = talk_ask(&talk, KIND_DOSSIER, &answer);
 *	talk_close(&talk);
 */
struct talk {
	const struct settings *settings; /* borrowed */
	struct caller *caller;
};

/* Good for talk_close either way. */
int talk_open(const struct settings *settings, struct talk *ret_talk);
void talk_close(struct talk *self);

/* Begins a request; its fields are written to what this returns. */
struct writer *talk_begin(struct talk *self, enum kind kind);

/* Sends it and waits for an answer of this kind, which lives until the next talk_begin. */
int talk_ask(struct talk *self, enum kind expected, const struct message **ret_answer);

/* The same with a patience of its own. */
int talk_ask_within(
	struct talk *self, enum kind expected, int64_t timeout_ms, const struct message **ret_answer);

/* Where to connect and as whom, as the settings say. */
struct wz_connection_options talk_options(const struct settings *settings);

/* May a person's word stand in this field? If not, says so. CTL_DONE or CTL_USAGE. */
int talk_check_text(const struct settings *settings, const char *what, enum field field, const char *text);

/* Likewise of a case number, with its check digit. */
int talk_check_case(const struct settings *settings, const char *number);

#endif
