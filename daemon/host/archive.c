#include "daemon/host/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/language.h"
#include "daemon/host/verify.h"

#define DATE_AND_TIME_SIZE 19 /* "2026-01-05T09:00:00" */

static const char *const words[ARCHIVE_ERROR_END] = {
	[ARCHIVE_CONFIGURATION] = "configuration",
	[ARCHIVE_FULL] = "full",
	[ARCHIVE_EXISTS] = "exists",
	[ARCHIVE_NOT_WRITABLE] = "not-writable",
	[ARCHIVE_NO_FOLDER] = "no-folder",
	[ARCHIVE_NO_FILE] = "no-file",
	[ARCHIVE_BUSY] = "busy",
	[ARCHIVE_INTERRUPTED] = "interrupted",
	[ARCHIVE_DAMAGED] = "damaged",
	[ARCHIVE_UNREADABLE] = "unreadable",
	[ARCHIVE_RUNNING] = "running",
	[ARCHIVE_NEWER] = "newer",
	[ARCHIVE_OTHER_HISTORY] = "other-history",
	[ARCHIVE_FAILED] = "failed",
};

bool archive_fault(struct fault *fault, enum archive_error error, const char *format, ...)
{
	REQUIRE(error >= 0 && error < ARCHIVE_ERROR_END);
	char sentence[sizeof(fault->text) - 16];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), _(format), arguments);
	va_end(arguments);
	/* The word is for programs, in every language. */
	snprintf(fault->text, sizeof(fault->text), "%s: %s", words[error], sentence);
	return false;
}

bool archive_fault_of_errno(struct fault *fault, const char *path, const char *what)
{
	static const struct {
		int number;
		enum archive_error error;
	} known[] = {
		{ENOSPC, ARCHIVE_FULL},
		{EDQUOT, ARCHIVE_FULL},
		{EEXIST, ARCHIVE_EXISTS},
		{EACCES, ARCHIVE_NOT_WRITABLE},
		{EPERM, ARCHIVE_NOT_WRITABLE},
		{EROFS, ARCHIVE_NOT_WRITABLE},
		{ENOENT, ARCHIVE_NO_FOLDER},
		{ENOTDIR, ARCHIVE_NO_FOLDER},
	};
	int number = errno;
	enum archive_error error = ARCHIVE_FAILED;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].number == number)
			error = known[i].error;
	return archive_fault(fault, error, "%s: %s: %s", path, _(what), language_error(number));
}

bool archive_begin(struct archive *self, const char *config_path, FILE *out, struct fault *fault)
{
	*self = (struct archive){.service = {.signal_fd = -1}, .out = out};
	progress_init(&self->progress);
	if (service_init(&self->service) < 0)
		return archive_fault(fault, ARCHIVE_FAILED, "signals cannot be set up");
	struct fault why;
	self->config = config_load(config_path, &why);
	if (self->config && policy_load(self->config, &self->policy, &why))
		return true;
	return archive_fault(fault, ARCHIVE_CONFIGURATION, "%s", why.text);
}

void archive_end(struct archive *self)
{
	policy_deinit(&self->policy);
	config_destroy(&self->config);
	service_deinit(&self->service);
}

int archive_is_interrupted(void *context)
{
	struct archive *self = context;
	self->is_interrupted = self->is_interrupted || service_signal(&self->service) != SERVICE_NONE;
	return self->is_interrupted;
}

bool archive_verify(struct archive *self, struct store *store, const char *path, struct fault *fault)
{
	struct verify_options options = {
		.policy = &self->policy,
		.progress = &self->progress,
		.out = self->out,
		.stop = archive_is_interrupted,
		.context = self,
	};
	struct fault why = FAULT_NONE;
	if (verify_handle(store, path, &options, &why))
		return true;
	if (self->is_interrupted)
		return archive_fault(fault, ARCHIVE_INTERRUPTED, "stopped by a signal; nothing was changed");
	return archive_fault(fault, ARCHIVE_DAMAGED,
		"%s: is not what was once written; what differs is said above, or by wenzhengd --verify",
		path);
}

struct instant archive_now(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return (struct instant){(int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000};
}

int64_t archive_clock_us(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

void archive_stamp(struct instant instant, char ret_stamp[static ARCHIVE_STAMP_SIZE])
{
	char text[CIVIL_INSTANT_SIZE];
	civil_print_instant(instant, (struct utc_offset){0}, text);
	/* 2026-11-27T15:09:09+00:00 */
	snprintf(ret_stamp, ARCHIVE_STAMP_SIZE, "%.4s%.2s%.5s%.2s%.2sZ", text, text + 5, text + 8, text + 14,
		text + 17);
}

void archive_moment(
	struct instant instant, struct utc_offset offset, char ret_text[static ARCHIVE_MOMENT_SIZE])
{
	char text[CIVIL_INSTANT_SIZE];
	char decimals[8] = "";
	int32_t fraction = (int32_t)(instant.us % US_PER_S);
	civil_print_instant(instant, offset, text);
	if (fraction > 0)
		snprintf(decimals, sizeof(decimals), ".%06" PRId32, fraction);
	snprintf(ret_text, ARCHIVE_MOMENT_SIZE, "%.*s%s%s", DATE_AND_TIME_SIZE, text, decimals,
		text + DATE_AND_TIME_SIZE);
}
