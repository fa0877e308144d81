#include "workers/submit_run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "workers/as_json.h"

#define LOOK_MS 500 /* how often the bar says how the connection stands */

struct waiting {
	uint64_t ticket; /* 0: free */
	int64_t line;
	char *id;
};

struct submit_run {
	const struct submit_run_options *options;
	struct wz_portal *portal;
	struct submit_input *input;
	struct progress progress;
	struct waiting *waiting;
	int64_t in_flight, confirmed, failed;
	bool input_ended;
	int64_t heard_ms; /* when the last answer came */
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- printing ---- */

static const char *or_dash(const char *text)
{
	return text && text[0] ? text : "-";
}

static void print_receipt(const struct submit_run_options *options, const struct wz_receipt *receipt)
{
	if (options->json) {
		json_t *object = as_json_receipt(options->tool, receipt);
		char *line CLEANUP(cleanup_free) = as_json_line(object);
		json_decref(object);
		puts(line);
		return;
	}
	char due[CIVIL_INSTANT_SIZE];
	tool_print_time(options->tool, receipt->due_us, due);
	printf("%s\t%s\t%s\t%s\t%s\n", receipt->case_number, receipt->query_code,
		or_dash(receipt->department), or_dash(due), receipt->id);
}

/* `line` 0: not from a file. */
static void print_refusal(
	const struct submit_run *self, int64_t line, const char *id, const struct wz_error *error)
{
	const struct submit_run_options *options = self->options;
	if (self->input)
		tool_say(options->tool, "%s:%lld: %s: %s: %s", submit_input_name(self->input),
			(long long)line, or_dash(id), or_dash(error->code), _(error->text));
	else
		tool_say(options->tool, "%s: %s", or_dash(error->code), _(error->text));
	if (!options->json)
		return;
	json_t *object = json_object();
	as_json_text(object, "id", id);
	as_json_text(object, "error", or_dash(error->code));
	as_json_text(object, "text", error->text);
	as_json_text(object, "field", error->field[0] ? error->field : NULL);
	char *text CLEANUP(cleanup_free) = as_json_line(object);
	json_decref(object);
	puts(text);
}

static int finish_output(const struct submit_run_options *options, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	tool_say(options->tool, _("cannot write all receipts to standard output"));
	return TOOL_FAILED;
}

/* ---- one ---- */

int submit_run_one(const struct submit_run_options *options, const struct wz_message *message)
{
	struct submit_run self = {.options = options};
	struct wz_receipt receipt;
	struct wz_error error;
	int status = TOOL_DONE;
	if (wz_portal_new(&options->tool->where, &self.portal, &error) != WZ_OK)
		return tool_failed(options->tool, &error);
	switch (wz_portal_submit(self.portal, message, options->timeout_ms, &receipt)) {
	case WZ_OK:
		print_receipt(options, &receipt);
		break;
	case WZ_ERROR:
	case WZ_INVALID:
		print_refusal(&self, 0, message->id, wz_portal_error(self.portal));
		status = TOOL_FAILED;
		break;
	default:
		status = tool_failed(options->tool, wz_portal_error(self.portal));
		if (status != TOOL_UNREACHABLE)
			break;
		tool_say(options->tool,
			_("it may have been accepted or not: the same command with --id %s says which"),
			message->id);
	}
	wz_portal_destroy(&self.portal);
	return finish_output(options, status);
}

/* ---- many ---- */

static struct waiting *find_waiting(struct submit_run *self, uint64_t ticket)
{
	for (int64_t i = 0; i < self->options->in_flight; i++)
		if (self->waiting[i].ticket == ticket)
			return &self->waiting[i];
	return NULL;
}

/* One line of the input on its way, if it is good. */
static void send_line(struct submit_run *self, const struct submit_line *line)
{
	struct waiting *waiting = find_waiting(self, 0);
	ENSURE(waiting);
	if (wz_portal_send_submit(self->portal, &line->message, &waiting->ticket) != WZ_OK) {
		print_refusal(self, line->number, line->message.id, wz_portal_error(self->portal));
		self->failed++;
		return;
	}
	waiting->line = line->number;
	waiting->id = memory_copy_string(line->message.id);
	self->in_flight++;
}

static void fill(struct submit_run *self)
{
	struct submit_line line;
	while (!self->input_ended && self->in_flight < self->options->in_flight) {
		switch (submit_input_next(self->input, &line)) {
		case SUBMIT_READ:
			send_line(self, &line);
			submit_line_deinit(&line);
			break;
		case SUBMIT_READ_BAD:
			self->failed++;
			break;
		case SUBMIT_READ_END:
			self->input_ended = true;
		}
	}
}

static void settle(struct submit_run *self, const struct wz_portal_news *news)
{
	struct waiting *waiting = find_waiting(self, news->ticket);
	if (news->type == WZ_PORTAL_EVENT || !waiting)
		return;
	progress_wipe(&self->progress);
	if (news->type == WZ_PORTAL_RECEIPT) {
		print_receipt(self->options, &news->receipt);
		self->confirmed++;
	} else {
		print_refusal(self, waiting->line, waiting->id, news->error);
		self->failed++;
	}
	free(waiting->id);
	*waiting = (struct waiting){0};
	self->in_flight--;
	self->heard_ms = now_ms();
}

static void show(struct submit_run *self)
{
	struct wz_standing standing;
	wz_portal_standing(self->portal, &standing);
	bool fine = standing.obstacle == WZ_OBSTACLE_NONE;
	progress_show(&self->progress, self->confirmed + self->failed, submit_input_total(self->input),
		fine ? "" : _(standing.text));
	if (!self->progress.is_on && now_ms() - self->heard_ms > LOOK_MS)
		tool_tell_standing(self->options->tool, &standing);
}

/* What is left when the daemon cannot be had: the same file again goes on where this ended. */
static int give_up(struct submit_run *self)
{
	progress_wipe(&self->progress);
	int status = tool_failed(self->options->tool, wz_portal_error(self->portal));
	tool_say(self->options->tool,
		_("%lld confirmed; %lld without an answer, which may have been accepted or not: the same file again\n"
		  "gives every receipt once more and goes on"),
		(long long)self->confirmed, (long long)self->in_flight);
	return status;
}

/* -1: go on. */
static int step(struct submit_run *self)
{
	struct wz_portal_news news;
	switch (wz_portal_next(self->portal, LOOK_MS, &news)) {
	case WZ_OK:
		settle(self, &news);
		return -1;
	case WZ_TIMEOUT:
		return now_ms() - self->heard_ms < self->options->timeout_ms ? -1 : give_up(self);
	default:
		return give_up(self);
	}
}

static int run(struct submit_run *self)
{
	self->heard_ms = now_ms();
	for (;;) {
		fill(self);
		if (self->in_flight == 0)
			return self->failed > 0 ? TOOL_FAILED : TOOL_DONE;
		int status = step(self);
		if (status >= 0)
			return status;
		show(self);
	}
}

int submit_run_file(const struct submit_run_options *options, struct submit_input *input)
{
	struct submit_run self = {.options = options, .input = input};
	struct wz_error error;
	REQUIRE(options->in_flight >= 1 && options->in_flight <= WZ_IN_FLIGHT_MAX);
	if (wz_portal_new(&options->tool->where, &self.portal, &error) != WZ_OK)
		return tool_failed(options->tool, &error);
	self.waiting = memory_new((size_t)options->in_flight, sizeof(*self.waiting));
	progress_init(&self.progress, !options->quiet);
	int status = run(&self);
	progress_wipe(&self.progress);
	if (status <= TOOL_FAILED && !options->quiet)
		tool_say(options->tool, _("%lld confirmed, %lld failed"), (long long)self.confirmed,
			(long long)self.failed);
	for (int64_t i = 0; i < options->in_flight; i++)
		free(self.waiting[i].id);
	free(self.waiting);
	wz_portal_destroy(&self.portal);
	return finish_output(options, status);
}
