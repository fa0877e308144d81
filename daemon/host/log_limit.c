#include "daemon/host/log_limit.h"

#include <string.h>

#include "base/assert.h"

static struct log_source *source_of(struct log_limit *self, unsigned event, const char *principal)
{
	struct log_source *free = NULL;
	for (size_t i = 0; principal && i < LOG_SOURCES_MAX; i++) {
		struct log_source *source = &self->named[i];
		if (source->written == 0)
			free = free ? free : source;
		else if (source->event == event && strcmp(source->principal, principal) == 0)
			return source;
	}
	if (!free)
		return &self->nameless[event];
	ENSURE(span_copy(span_of_string(principal), free->principal, sizeof(free->principal)));
	return free;
}

bool log_limit_admits(struct log_limit *self, struct mono now, unsigned event, const char *principal)
{
	uint32_t most = log_event_info(event)->per_second;
	REQUIRE(most > 0);
	struct log_source *source = source_of(self, event, principal);
	if (source->written == 0) {
		source->event = event;
		source->since = now;
	}
	if (source->written == most) {
		source->left_out++;
		return false;
	}
	source->written++;
	return true;
}

/* Frees the source if its second is over; true if there is something to tell of it. */
static bool end(struct log_source *source, struct mono now, struct log_source *ret_source)
{
	if (source->written == 0 || now.us - source->since.us < US_PER_S)
		return false;
	bool has_more = source->left_out > 0;
	if (has_more)
		*ret_source = *source;
	*source = (struct log_source){.written = 0};
	return has_more;
}

bool log_limit_take(struct log_limit *self, struct mono now, struct log_source *ret_source)
{
	for (size_t i = 0; i < LOG_SOURCES_MAX; i++)
		if (end(&self->named[i], now, ret_source))
			return true;
	for (size_t i = 0; i < HOST_EVENT_END; i++)
		if (end(&self->nameless[i], now, ret_source))
			return true;
	return false;
}
