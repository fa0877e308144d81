#include "daemon/host/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "base/assert.h"
#include "daemon/core/case.h"
#include "proto/message.h"

static const struct {
	int level;
	const char *text;
} events[LOG_EVENT_END] = {
	[LOG_STARTED] = {LOG_NOTICE, "started; open cases"},
	[LOG_WORKER_READY] = {LOG_INFO, "a worker is ready"},
	[LOG_REFUSED] = {LOG_WARNING, "a principal asked for what it may not have"},
	[LOG_STRANGER] = {LOG_WARNING, "a message came with a key that is no longer admitted"},
	[LOG_PARKED] = {LOG_ERR, "a case is parked at triage"},
	[LOG_ESCALATED] = {LOG_NOTICE, "a case is overdue; rung"},
	[LOG_CLOCK_HELD] = {LOG_ALERT,
		"the clock is not plausible: reminders and escalations wait until it is right, or `wenzhengctl clock accept`"},
	[LOG_CLOCK_RESUMED] = {LOG_NOTICE, "the clock is right again: reminders and escalations go on"},
	[LOG_DISK_LOW] = {LOG_ALERT,
		"the store's disk is below its reserve: new messages are refused with BUSY(disk)"},
	[LOG_DISK_OK] = {LOG_NOTICE, "the store's disk has room again"},
	[LOG_STORE_FULL] = {LOG_ALERT, "the store's disk is full: nothing is written until there is room"},
	[LOG_TEXT_DAMAGED] = {LOG_CRIT,
		"a stored text does not match its hash and is not served; run `wenzhengd --verify`"},
	[LOG_CONFIGURED] = {LOG_NOTICE, "new configuration is in force"},
	[LOG_CONTACT_OPENED] = {LOG_NOTICE,
		"sealed contact details were handed out; the history says what for"},
	[LOG_REVOKED] = {LOG_WARNING, "a key is out of force from now on"},
};

void log_entry_write(int level_max, const struct log_entry *entry)
{
	REQUIRE(entry->event < LOG_EVENT_END);
	int level = events[entry->event].level;
	if (level > level_max)
		return;
	char line[512], number[CASE_NUMBER_SIZE];
	int size = snprintf(line, sizeof(line), "<%d>%s", level, events[entry->event].text);
	if (entry->event == LOG_REFUSED)
		size += snprintf(line + size, sizeof(line) - (size_t)size, " error=%s",
			error_code_text((enum error_code)entry->number));
	else if (entry->number)
		size += snprintf(line + size, sizeof(line) - (size_t)size, " number=%" PRId64, entry->number);
	if (entry->case_id) {
		case_number_print(entry->case_id, number);
		size += snprintf(line + size, sizeof(line) - (size_t)size, " case=%s", number);
	}
	if (entry->department.size)
		size += snprintf(line + size, sizeof(line) - (size_t)size, " department=%.*s",
			SPAN_PRINT(entry->department));
	if (entry->principal.size)
		size += snprintf(line + size, sizeof(line) - (size_t)size, " principal=%.*s",
			SPAN_PRINT(entry->principal));
	ENSURE(size > 0 && (size_t)size < sizeof(line));
	fprintf(stderr, "%s\n", line);
}

void log_denied(
	int level_max, const char *zone, const char *address, const char *fingerprint, uint64_t unlogged)
{
	log_line(level_max, LOG_WARNING,
		"turned away at the %s zone: address=%s key=%s (and %" PRIu64 " more since the last line)",
		zone, address, fingerprint, unlogged);
}

void log_line(int level_max, int level, const char *format, ...)
{
	if (level > level_max)
		return;
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "<%d>%s\n", level, line);
}
