#ifndef WENZHENG_CLIENT_ERROR_H
#define WENZHENG_CLIENT_ERROR_H

#include "base/fault.h"
#include "client/wenzheng/wenzheng.h"
#include "proto/message.h"

/* Filling the public struct wz_error. Each returns the outcome it wrote, so that one can `return
 * error_set(…)`. */

void error_clear(struct wz_error *error);

/* `code` is written without a format; the rest is the sentence. */
__attribute__((format(printf, 4, 5))) enum wz_outcome error_set(
	struct wz_error *error, enum wz_outcome outcome, const char *code, const char *format, ...);

/* An option or a file of the caller's is wrong. */
enum wz_outcome error_of_fault(struct wz_error *error, const struct fault *fault);

/* WZ_INVALID about a field. */
enum wz_outcome error_of_field(struct wz_error *error, enum field field, const char *text);

/* WZ_ERROR, from an ERROR message. */
enum wz_outcome error_of_message(struct wz_error *error, const struct message *message);

/* WZ_TIMEOUT or WZ_KEY_REFUSED, with what stands in the way. */
enum wz_outcome error_of_standing(
	struct wz_error *error, enum wz_outcome outcome, const struct wz_standing *standing);

#endif
