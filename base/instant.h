#ifndef WENZHENG_BASE_INSTANT_H
#define WENZHENG_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Points in time, wrapped so that the two clocks cannot be swapped.
 *
 * `struct instant` is the wall: microseconds since 1970-01-01T00:00:00Z. Deadlines live on it.
 * `struct mono` counts microseconds since the machine started, sleep included (CLOCK_BOOTTIME). Leases and
 * heartbeats live on it. Both are plain values; there is no "now" here, only hosts know the time.
 */

struct instant {
	int64_t us;
};

struct mono {
	int64_t us;
};

/* One moment on both clocks; every event carries one. */
struct moment {
	struct mono mono;
	struct instant wall;
};

#define US_PER_MS   INT64_C(1000)
#define US_PER_S    INT64_C(1000000)
#define US_PER_HOUR (3600 * US_PER_S)
#define US_PER_DAY  (24 * US_PER_HOUR)

/* "No such moment": later than every real one, so a minimum over moments needs no special case. */
#define INSTANT_NEVER ((struct instant){INT64_MAX})
#define MONO_NEVER    ((struct mono){INT64_MAX})

/* The wall moments that messages, stores and calendars may hold: the years 1970 to 9999. */
#define INSTANT_US_MAX INT64_C(253402300799999999)

static inline bool instant_is_never(struct instant t)
{
	return t.us == INT64_MAX;
}

static inline bool instant_before(struct instant a, struct instant b)
{
	return a.us < b.us;
}

static inline struct instant instant_min(struct instant a, struct instant b)
{
	return a.us < b.us ? a : b;
}

static inline bool mono_is_never(struct mono t)
{
	return t.us == INT64_MAX;
}

static inline bool mono_before(struct mono a, struct mono b)
{
	return a.us < b.us;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

/* `t` later by `us` microseconds; MONO_NEVER stays never. */
static inline struct mono mono_add(struct mono t, int64_t us)
{
	return mono_is_never(t) ? t : (struct mono){t.us + us};
}

#endif
