#ifndef WENZHENG_CLIENT_SIDE_H
#define WENZHENG_CLIENT_SIDE_H

#include "client/loop.h"
#include "client/reading.h"

/* What every public object consists of, beside its session. */
struct side {
	struct loop loop;
	struct reading reading;
	struct wz_error error;
};

/* WZ_OK or WZ_INVALID with `error`. The session is borrowed. Good for side_close either way. */
enum wz_outcome side_open(
	struct side *self, const struct wz_connection_options *options, struct session *session);
void side_close(struct side *self);

int64_t side_resend_us(const struct wz_connection_options *options);

/* WZ_OK if one more request may be made, else WZ_FULL. */
enum wz_outcome side_has_room(struct side *self);

#define SIDE_ANY_KIND ((enum kind)0)

/* Waits for the answer to `ticket`, which must be of this kind. WZ_OK: it is in `reading`. On WZ_TIMEOUT and
 * WZ_KEY_REFUSED the request is given up. */
enum wz_outcome side_await(struct side *self, int64_t ticket, enum kind expected, int64_t timeout_ms);

/* Waits for whatever comes. WZ_OK: it is in `reading`, and is neither RESULT_TURNED_AWAY nor
 * RESULT_COMPLAINT, which are WZ_ERROR. */
enum wz_outcome side_next(struct side *self, int64_t timeout_ms);

/* Waits until nothing is in flight, then says BYE and waits for its answer. */
enum wz_outcome side_finish(struct side *self, int64_t timeout_ms);

#endif
