#include "tests/unit/host/folder.h"

#include <sys/socket.h>
#include <syslog.h>

#include "daemon/host/log.h"
#include "proto/message.h"

/* A log and both places it may write to: standard error, which is a file, and a journal that is ourselves. */
struct stand {
	struct folder folder;
	struct log log;
	int journal;
	char journal_path[128];
	int saved_stderr;
	FILE *file;
};

static const struct mono NOW = {INT64_C(1000000000)};

static void open_log(struct stand *stand, const char *stream)
{
	struct log_options options = {.journal_stream = stream, .journal_socket = stand->journal_path};
	log_init(&stand->log, &options);
}

static int set_up(void **state)
{
	static struct stand stand;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	folder_init(&stand.folder);
	snprintf(stand.journal_path, sizeof(stand.journal_path), "%s", folder_path(&stand.folder, "journal"));
	memcpy(address.sun_path, stand.journal_path, strlen(stand.journal_path) + 1);
	stand.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(stand.journal, (struct sockaddr *)&address, sizeof(address)), 0);
	fflush(stderr);
	stand.saved_stderr = dup(STDERR_FILENO);
	stand.file = tmpfile();
	assert_true(stand.saved_stderr >= 0 && stand.file &&
		    dup2(fileno(stand.file), STDERR_FILENO) == STDERR_FILENO);
	open_log(&stand, NULL);
	*state = &stand;
	return 0;
}

static int tear_down(void **state)
{
	struct stand *stand = *state;
	log_deinit(&stand->log);
	assert_true(dup2(stand->saved_stderr, STDERR_FILENO) == STDERR_FILENO);
	close(stand->saved_stderr);
	fclose(stand->file);
	close(stand->journal);
	folder_deinit(&stand->folder);
	return 0;
}

/* From here on standard error is the journal's stream, as systemd would have it. */
static void connect_to_journal(struct stand *stand)
{
	char stream[48];
	struct stat status;
	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	log_deinit(&stand->log);
	open_log(stand, stream);
}

/* What standard error got since the last question. */
static const char *on_stderr(struct stand *stand)
{
	static char text[8192];
	fflush(stderr);
	rewind(stand->file);
	text[fread(text, 1, sizeof(text) - 1, stand->file)] = '\0';
	rewind(stand->file);
	assert_int_equal(ftruncate(fileno(stand->file), 0), 0);
	return text;
}

/* The journal's next record; "" if there is none. */
static const char *in_journal(struct stand *stand)
{
	static char text[4096];
	ssize_t size = recv(stand->journal, text, sizeof(text) - 1, 0);
	text[size > 0 ? size : 0] = '\0';
	return text;
}

static const struct log_entry overdue = {.event = LOG_ESCALATED,
	.department = {"edu", 3},
	.portal = {"web", 3},
	.case_id = INT64_C(20260930000001),
	.number = 2};

/* ---- standard error ---- */

static void what_is_less_important_than_asked_for_is_not_written(void **state)
{
	struct stand *stand = *state;
	stand->log.level_max = LOG_WARNING;
	log_write(&stand->log, NOW, &(struct log_record){.event = HOST_RELOADED});
	assert_string_equal(on_stderr(stand), "");
	log_write(&stand->log, NOW, &(struct log_record){.event = HOST_LABORATORY});
	assert_non_null(strstr(on_stderr(stand), "<4>this store is a LABORATORY"));
}

static void a_line_has_what_the_event_says_and_no_more(void **state)
{
	struct stand *stand = *state;
	log_write_entry(&stand->log, NOW, &(struct log_entry){.event = LOG_DISK_LOW});
	assert_null(strchr(on_stderr(stand), '='));
	log_write_entry(&stand->log, NOW, &overdue);
	assert_string_equal(on_stderr(stand),
		"<5>a case is overdue: rung 2 case=20260930-000001-7 department=edu portal=web\n");
	log_write_entry(&stand->log, NOW,
		&(struct log_entry){
			.event = LOG_REFUSED, .principal = SPAN_LITERAL("edu-a"), .number = ERROR_FORBIDDEN});
	assert_string_equal(on_stderr(stand),
		"<4>a principal asked for what it may not have: forbidden principal=edu-a\n");
	log_write_entry(&stand->log, NOW, &(struct log_entry){.event = LOG_STARTED});
	assert_string_equal(on_stderr(stand), "<5>started with 0 open cases\n");
	struct log_record stranger = {.event = HOST_TURNED_AWAY,
		.values = {[LOGGED_ZONE] = "portal", [LOGGED_ADDRESS] = "192.0.2.1", [LOGGED_KEY] = "none"}};
	log_write(&stand->log, NOW, &stranger);
	assert_string_equal(
		on_stderr(stand), "<4>turned away at the portal zone: address=192.0.2.1 key=none\n");
}

static void a_file_with_lines_in_its_name_cannot_forge_one(void **state)
{
	struct stand *stand = *state;
	struct log_record record = {
		.event = HOST_NOT_RELOADED, .values = {[LOGGED_ERROR] = "a\n<0>b\tc: 不好"}};
	log_write(&stand->log, NOW, &record);
	assert_string_equal(
		on_stderr(stand), "<3>not reloaded, the old configuration stays: a <0>b c: 不好\n");
	connect_to_journal(stand);
	log_write(&stand->log, NOW, &record);
	assert_non_null(strstr(in_journal(stand), "\nERROR=a <0>b c: 不好\n"));
}

/* ---- the journal ---- */

static void a_record_has_its_id_its_priority_and_its_fields(void **state)
{
	struct stand *stand = *state;
	connect_to_journal(stand);
	log_write_entry(&stand->log, NOW, &overdue);
	assert_string_equal(in_journal(stand),
		"MESSAGE=a case is overdue: rung 2 case=20260930-000001-7 department=edu portal=web\n"
		"MESSAGE_ID=b4a6511766ee4dd19e8add3b16dfa0f4\n"
		"PRIORITY=5\n"
		"SYSLOG_IDENTIFIER=wenzhengd\n"
		"EVENT=escalated\n"
		"CASE=20260930-000001-7\n"
		"DEPARTMENT=edu\n"
		"PORTAL=web\n"
		"RUNG=2\n");
	assert_string_equal(on_stderr(stand), "");
}

static void the_journal_is_spoken_to_only_if_standard_error_is_its_stream(void **state)
{
	struct stand *stand = *state;
	static const char *streams[] = {NULL, "", "1:1", ":", "no stream"};
	for (size_t i = 0; i < COUNT_OF(streams); i++) {
		log_deinit(&stand->log);
		open_log(stand, streams[i]);
		log_write_entry(&stand->log, NOW, &overdue);
		assert_string_equal(in_journal(stand), "");
		assert_non_null(strstr(on_stderr(stand), "<5>a case is overdue"));
	}
}

static void where_no_journal_listens_standard_error_has_it(void **state)
{
	struct stand *stand = *state;
	connect_to_journal(stand);
	assert_int_equal(unlink(stand->journal_path), 0);
	log_write_entry(&stand->log, NOW, &overdue);
	assert_non_null(strstr(on_stderr(stand), "<5>a case is overdue"));
}

static void a_journal_that_does_not_read_holds_nobody_up_and_learns_what_is_missing(void **state)
{
	struct stand *stand = *state;
	int taken = 0;
	connect_to_journal(stand);
	while (stand->log.lost == 0) {
		log_write_entry(&stand->log, NOW, &overdue);
		assert_in_range(++taken, 1, 1 << 20);
	}
	log_turned(&stand->log, NOW);
	log_write_entry(&stand->log, NOW, &overdue);
	assert_int_equal(stand->log.lost, 2);
	assert_string_equal(on_stderr(stand), "");
	for (int i = 1; i < taken; i++)
		assert_non_null(strstr(in_journal(stand), "EVENT=escalated"));
	assert_string_equal(in_journal(stand), "");
	log_write_entry(&stand->log, NOW, &overdue);
	assert_non_null(strstr(in_journal(stand), "MESSAGE=2 records are missing before this one"));
	assert_non_null(strstr(in_journal(stand), "EVENT=escalated"));
	assert_string_equal(in_journal(stand), "");
}

/* ---- floods ---- */

static void refuse(struct stand *stand, int64_t after_us, const char *principal)
{
	struct log_entry entry = {
		.event = LOG_REFUSED, .principal = span_of_string(principal), .number = ERROR_NOT_YOURS};
	log_write_entry(&stand->log, (struct mono){NOW.us + after_us}, &entry);
}

static void who_floods_the_log_is_counted_and_hides_nobody_else(void **state)
{
	struct stand *stand = *state;
	for (int i = 0; i < 1000; i++)
		refuse(stand, i, "edu-a");
	refuse(stand, 1000, "edu-b");
	assert_string_equal(on_stderr(stand),
		"<4>a principal asked for what it may not have: not-yours principal=edu-a\n"
		"<4>a principal asked for what it may not have: not-yours principal=edu-b\n");
	log_turned(&stand->log, (struct mono){NOW.us + US_PER_S - 1});
	assert_string_equal(on_stderr(stand), "");
	log_turned(&stand->log, (struct mono){NOW.us + US_PER_S});
	assert_string_equal(
		on_stderr(stand), "<4>999 more lines of the event refused were left out principal=edu-a\n");
	log_turned(&stand->log, (struct mono){NOW.us + 2 * US_PER_S});
	assert_string_equal(on_stderr(stand), "");
}

static void what_was_left_out_is_said_before_the_next_line_and_at_the_end(void **state)
{
	struct stand *stand = *state;
	refuse(stand, 0, "edu-a");
	refuse(stand, 1, "edu-a");
	refuse(stand, US_PER_S, "edu-a");
	refuse(stand, US_PER_S + 1, "edu-a");
	assert_string_equal(on_stderr(stand),
		"<4>a principal asked for what it may not have: not-yours principal=edu-a\n"
		"<4>1 more lines of the event refused were left out principal=edu-a\n"
		"<4>a principal asked for what it may not have: not-yours principal=edu-a\n");
	log_deinit(&stand->log);
	assert_string_equal(
		on_stderr(stand), "<4>1 more lines of the event refused were left out principal=edu-a\n");
	open_log(stand, NULL);
}

#define STANDING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STANDING(what_is_less_important_than_asked_for_is_not_written),
		STANDING(a_line_has_what_the_event_says_and_no_more),
		STANDING(a_file_with_lines_in_its_name_cannot_forge_one),
		STANDING(a_record_has_its_id_its_priority_and_its_fields),
		STANDING(the_journal_is_spoken_to_only_if_standard_error_is_its_stream),
		STANDING(where_no_journal_listens_standard_error_has_it),
		STANDING(a_journal_that_does_not_read_holds_nobody_up_and_learns_what_is_missing),
		STANDING(who_floods_the_log_is_counted_and_hides_nobody_else),
		STANDING(what_was_left_out_is_said_before_the_next_line_and_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
