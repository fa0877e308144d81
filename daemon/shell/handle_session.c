#include "daemon/shell/state.h"

/* BEAT and BYE, of workers and watchers alike. The turn has already counted the message as a beat. */

static bool is_known(const struct request *request)
{
	struct worker_view worker;
	return core_worker_by_peer(request->shell->core, request->peer, &worker) ||
	       streams_find(request->shell, request->peer);
}

int handle_beat(const struct request *request)
{
	if (!is_known(request)) {
		answer_error(request, ERROR_NOT_READY, FIELD_TOTAL,
			"this connection is not known: say READY or WATCH first");
		return 0;
	}
	struct writer writer;
	answer_begin(request, KIND_PULSE, &writer);
	writer_time(&writer, FIELD_NOW, request->shell->now.wall);
	answer_end(request, &writer);
	return 0;
}

int handle_bye(const struct request *request)
{
	bool known = is_known(request);
	core_worker_end(request->shell->core, request->peer, false);
	streams_end(request->shell, request->peer);
	if (request->req < 0)
		return 0;
	if (!known) {
		answer_error(request, ERROR_NOT_READY, FIELD_TOTAL, "this connection is not known");
		return 0;
	}
	struct writer writer;
	answer_begin(request, KIND_CONFIRM, &writer);
	answer_end(request, &writer);
	return 0;
}
