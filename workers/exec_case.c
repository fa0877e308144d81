#include "workers/exec_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "workers/as_json.h"
#include "workers/exec_text.h"

/* Exit statuses of a command (sysexits.h has the same numbers): everything else but 0 is a failure. */
#define STATUS_RETURN 69
#define STATUS_RETRY  75

struct exec_case *exec_case_new(const struct tool *tool, const struct wz_case *of)
{
	struct exec_case *self = memory_new(1, sizeof(*self));
	*self = (struct exec_case){
		.number = memory_copy_string(of->case_number),
		.epoch = of->epoch,
		.input = as_json_case(tool, of),
		.run = {.pid = -1, .fds = {-1, -1, -1, -1}},
		.words = BUFFER_NULL,
	};
	return self;
}

void exec_case_destroy(struct exec_case **self)
{
	if (!*self)
		return;
	exec_run_deinit(&(*self)->run);
	buffer_deinit(&(*self)->words);
	json_decref((*self)->input);
	free((*self)->number);
	free(*self);
	*self = NULL;
}

char *exec_case_input(struct exec_case *self)
{
	ENSURE(json_object_set_new(self->input, "attempt", json_integer(++self->attempt)) == 0);
	return as_json_line(self->input);
}

static bool fail(struct exec_case *self, const char *prefix, const char *otherwise)
{
	self->act = WZ_ACT_FAIL;
	exec_text_reason(&self->words, prefix, buffer_span(&self->run.errors), otherwise);
	return true;
}

static bool conclude_reply(struct exec_case *self)
{
	struct span reply = exec_text_trim(buffer_span(&self->run.output));
	if (reply.size == 0)
		return fail(self, "the command gave an empty reply: ", "it said nothing");
	if (memchr(reply.data, '\0', reply.size))
		return fail(self, "the command's reply has a NUL byte: ", "it said nothing of it");
	self->act = WZ_ACT_REPLY;
	buffer_clear(&self->words);
	buffer_append_span(&self->words, reply);
	return true;
}

static bool conclude_exit(struct exec_case *self)
{
	char prefix[64];
	switch (self->run.status) {
	case 0:
		return conclude_reply(self);
	case STATUS_RETRY:
		return false;
	case STATUS_RETURN:
		self->act = WZ_ACT_RETURN;
		exec_text_reason(&self->words, "", buffer_span(&self->run.errors), "no reason was given");
		return true;
	default:
		snprintf(prefix, sizeof(prefix), "the command ended with status %d: ", self->run.status);
		return fail(self, prefix, "it said nothing");
	}
}

bool exec_case_conclude(struct exec_case *self)
{
	char prefix[96];
	switch (self->run.end) {
	case EXEC_EXITED:
		return conclude_exit(self);
	case EXEC_SIGNALLED:
		snprintf(prefix, sizeof(prefix),
			"the command was ended by signal %d (%s): ", self->run.status,
			strsignal(self->run.status));
		return fail(self, prefix, "it said nothing");
	case EXEC_TOO_LONG:
		snprintf(prefix, sizeof(prefix), "the command took longer than %lld s: ",
			(long long)self->run.command->timeout_ms / 1000);
		return fail(self, prefix, "it said nothing");
	case EXEC_TOO_MUCH:
		snprintf(prefix, sizeof(prefix), "the command wrote more than %d bytes: ", EXEC_OUTPUT_MAX);
		return fail(self, prefix, "it said nothing of it");
	case EXEC_RUNNING:
	case EXEC_STOPPED:
		break;
	}
	UNREACHABLE();
}

bool exec_case_fall_back(struct exec_case *self, const struct wz_error *error)
{
	char prefix[96];
	struct buffer said = BUFFER_NULL;
	bool refused_return = self->act == WZ_ACT_RETURN && strcmp(error->code, "return-limit") == 0;
	bool bad_reply = self->act == WZ_ACT_REPLY && error->outcome == WZ_INVALID;
	if (!refused_return && !bad_reply)
		return false;
	snprintf(prefix, sizeof(prefix), refused_return ? "may not be returned: " : "the command's ");
	buffer_append_span(&said, refused_return ? buffer_span(&self->words) : span_of_string(error->text));
	self->act = WZ_ACT_FAIL;
	exec_text_reason(&self->words, prefix, buffer_span(&said), "");
	buffer_deinit(&said);
	return true;
}
