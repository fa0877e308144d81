#include "tests/unit/host/folder.h"

#include <syslog.h>

#include "daemon/host/log.h"
#include "proto/message.h"

/* What standard error got meanwhile. */
static int saved = -1;
static FILE *file;

static void listen_in(void)
{
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	file = tmpfile();
	assert_true(saved >= 0 && file && dup2(fileno(file), STDERR_FILENO) >= 0);
}

static const char *heard(void)
{
	static char text[1024];
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void what_is_less_important_than_asked_for_is_not_written(void **state)
{
	(void)state;
	struct log_entry entry = {.event = LOG_CONFIGURED};
	listen_in();
	log_entry_write(LOG_WARNING, &entry);
	log_line(LOG_WARNING, LOG_NOTICE, "x");
	assert_string_equal(heard(), "");
	listen_in();
	log_line(LOG_WARNING, LOG_WARNING, "x %d", 1);
	assert_string_equal(heard(), "<4>x 1\n");
}

static void a_line_has_what_the_entry_has_and_no_more(void **state)
{
	(void)state;
	struct log_entry bare = {.event = LOG_DISK_LOW};
	listen_in();
	log_entry_write(LOG_DEBUG, &bare);
	assert_null(strchr(heard(), '='));
	struct log_entry full = {.event = LOG_TEXT_DAMAGED,
		.principal = SPAN_LITERAL("web"),
		.department = SPAN_LITERAL("edu"),
		.case_id = INT64_C(20260930000001),
		.number = 7};
	listen_in();
	log_entry_write(LOG_DEBUG, &full);
	assert_non_null(strstr(heard(), " number=7 case=20260930-000001-7 department=edu principal=web\n"));
	struct log_entry refused = {.event = LOG_REFUSED, .number = ERROR_FORBIDDEN};
	listen_in();
	log_entry_write(LOG_DEBUG, &refused);
	assert_non_null(strstr(heard(), " error=forbidden\n"));
	listen_in();
	log_denied(LOG_DEBUG, "portal", "192.0.2.1", "none", 3);
	assert_non_null(strstr(heard(), "address=192.0.2.1 key=none (and 3 more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_less_important_than_asked_for_is_not_written),
		cmocka_unit_test(a_line_has_what_the_entry_has_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
