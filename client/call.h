#ifndef WENZHENG_CLIENT_CALL_H
#define WENZHENG_CLIENT_CALL_H

#include "client/wenzheng/wenzheng.h"
#include "proto/message.h"

/*
 * Any request of WZP/1, one at a time, and its answer as a decoded message: for the operator's tools, which
 * print what they get. Not part of the public library.
 *
 *	struct writer *writer = caller_begin(caller, KIND_SHOW);
 *	writer_text(writer, FIELD_CASE, number);
 *	if (caller_run(caller, 5000, &answer) == WZ_OK) …
 */
struct caller;

/* Starts connecting. WZ_OK, or WZ_INVALID with `ret_error`. */
enum wz_outcome caller_new(
	const struct wz_connection_options *options, struct caller **ret_caller, struct wz_error *ret_error);
void caller_destroy(struct caller **self);

/* Begins a request; `req` is written. The writer is ours and lives until caller_run. What a person gave is
 * asked of field_check_text before it is written: the writer asserts. */
struct writer *caller_begin(struct caller *self, enum kind kind);

/* Sends it, again after a new connection, and waits for the answer, which lives until the next caller_begin
 * and is neither BUSY nor ERROR. WZ_OK, WZ_TIMEOUT, WZ_KEY_REFUSED, WZ_ERROR, WZ_FATAL. */
enum wz_outcome caller_run(struct caller *self, int64_t timeout_ms, const struct message **ret_answer);

/* Why the last caller_run did not give WZ_OK. */
const struct wz_error *caller_error(const struct caller *self);

#endif
