#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "tests/unit/workers/heard.h"
#include "workers/as_json.h"
#include "workers/tool.h"

static void make(struct tool *tool)
{
	tool_init(tool, "test", TOOL_PORTAL_ENDPOINT, "portal");
}

static void a_key_comes_from_systemds_folder_if_it_is_there(void **state)
{
	(void)state;
	struct tool tool;
	char folder[] = "/tmp/workers-tool-XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/portal.key_secret", folder);

	unsetenv("CREDENTIALS_DIRECTORY");
	make(&tool);
	assert_string_equal(tool.where.key_file, TOOL_KEYS_FOLDER "/portal.key_secret");
	assert_false(tool.where.key_file_is_guarded);
	tool_deinit(&tool);

	setenv("CREDENTIALS_DIRECTORY", "relative", 1);
	make(&tool);
	assert_string_equal(tool.where.key_file, TOOL_KEYS_FOLDER "/portal.key_secret");
	tool_deinit(&tool);

	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	make(&tool); /* it has no such credential */
	assert_string_equal(tool.where.key_file, TOOL_KEYS_FOLDER "/portal.key_secret");
	assert_false(tool.where.key_file_is_guarded);
	tool_deinit(&tool);

	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	make(&tool);
	assert_string_equal(tool.where.key_file, path);
	assert_true(tool.where.key_file_is_guarded);
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_KEY, "/etc/other"), TOOL_PARSED);
	assert_false(tool.where.key_file_is_guarded);
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_KEY, path), TOOL_PARSED);
	assert_true(tool.where.key_file_is_guarded);
	tool_deinit(&tool);
	unlink(path);
	rmdir(folder);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void shared_options_are_read(void **state)
{
	(void)state;
	struct tool tool;
	make(&tool);
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_ENDPOINT, "tcp://x:1"), TOOL_PARSED);
	assert_string_equal(tool.where.endpoint, "tcp://x:1");
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_SERVER_KEY, "s"), TOOL_PARSED);
	assert_string_equal(tool.where.server_key_file, "s");
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_UTC_OFFSET, "-03:30"), TOOL_PARSED);
	assert_int_equal(tool.offset.seconds, -12600);
	heard_begin(false);
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_UTC_OFFSET, "Peking"), TOOL_WRONG);
	assert_string_equal(
		heard_end(), "test: --utc-offset: 'Peking' is not an offset like +08:00; see test --help\n");
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_HELP, NULL), TOOL_WANTS_HELP);
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_VERSION, NULL), TOOL_WANTS_VERSION);
	assert_int_equal(tool_parse(&tool, TOOL_OPTION_OWN, NULL), TOOL_NOT_OURS);
	tool_deinit(&tool);
}

static void numbers_are_whole_and_within_bounds(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "x", "1x", "0", "11", "-1", "99999999999999999999"};
	struct tool tool;
	int64_t number = 77;
	make(&tool);
	assert_true(tool_number(&tool, "credit", "10", 1, 10, &number));
	assert_int_equal(number, 10);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		heard_begin(false);
		assert_false(tool_number(&tool, "credit", wrong[i], 1, 10, &number));
		assert_non_null(strstr(heard_end(), "is not a number from 1 to 10"));
		assert_int_equal(number, 10);
	}
	tool_deinit(&tool);
}

static void each_failure_has_its_exit_status_and_its_words(void **state)
{
	(void)state;
	static const struct {
		struct wz_error error;
		int status;
		const char *says;
	} cases[] = {
		{{.outcome = WZ_TIMEOUT, .text = "away"}, TOOL_UNREACHABLE, ": no answer in time: away"},
		{{.outcome = WZ_TIMEOUT, .code = "disk", .text = "full"}, TOOL_UNREACHABLE,
			"in time: disk: full"},
		{{.outcome = WZ_KEY_REFUSED, .text = "no"}, TOOL_KEY_REFUSED, "no (key: "},
		{{.outcome = WZ_ERROR, .code = "conflict", .text = "other"}, TOOL_FAILED,
			"refused: conflict: other"},
		{{.outcome = WZ_INVALID, .text = "bad"}, TOOL_FAILED, "test: bad"},
	};
	struct tool tool;
	make(&tool);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		heard_begin(false);
		assert_int_equal(tool_failed(&tool, &cases[i].error), cases[i].status);
		const char *text = heard_end();
		if (!strstr(text, cases[i].says))
			fail_msg("%s", text);
	}
	tool_deinit(&tool);
}

static void a_standing_is_told_once_and_waiting_for_a_welcome_never(void **state)
{
	(void)state;
	struct tool tool;
	struct wz_standing away = {.obstacle = WZ_OBSTACLE_NO_CONNECTION, .text = "away"},
			   waiting = {.obstacle = WZ_OBSTACLE_NO_ANSWER},
			   busy = {.obstacle = WZ_OBSTACLE_BUSY, .code = "busy", .text = "wait"};
	make(&tool);
	heard_begin(false);
	tool_tell_standing(&tool, &away);
	tool_tell_standing(&tool, &away);
	tool_tell_standing(&tool, &waiting);
	tool_tell_standing(&tool, &busy);
	assert_string_equal(heard_end(),
		"test: " TOOL_PORTAL_ENDPOINT ": away\ntest: " TOOL_PORTAL_ENDPOINT ": busy: wait\n");
	tool_deinit(&tool);
}

static void a_case_is_json_with_what_it_has(void **state)
{
	(void)state;
	struct tool tool;
	make(&tool);
	struct wz_case bare = {
		.case_number = "n", .epoch = WZ_NO_NUMBER, .received_us = WZ_NO_TIME, .due_us = WZ_NO_TIME};
	json_t *object = as_json_case(&tool, &bare);
	assert_int_equal(json_object_size(object), 1);
	json_decref(object);
	struct wz_case full = {.case_number = "n",
		.epoch = 3,
		.received_us = 0,
		.due_us = INSTANT_US_MAX,
		.provisional = true,
		.final_ruling = true,
		.reminded = true};
	object = as_json_case(&tool, &full);
	assert_true(json_is_true(json_object_get(object, "provisional")));
	assert_true(json_is_true(json_object_get(object, "final")));
	assert_true(json_is_true(json_object_get(object, "reminded")));
	assert_string_equal(
		json_string_value(json_object_get(object, "received")), "1970-01-01T08:00:00+08:00");
	json_decref(object);
	char text[CIVIL_INSTANT_SIZE] = "x";
	tool_print_time(&tool, -1, text);
	assert_string_equal(text, "");
	tool_print_time(&tool, INT64_MAX, text);
	assert_string_equal(text, "");
	tool_deinit(&tool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_comes_from_systemds_folder_if_it_is_there),
		cmocka_unit_test(shared_options_are_read),
		cmocka_unit_test(numbers_are_whole_and_within_bounds),
		cmocka_unit_test(each_failure_has_its_exit_status_and_its_words),
		cmocka_unit_test(a_standing_is_told_once_and_waiting_for_a_welcome_never),
		cmocka_unit_test(a_case_is_json_with_what_it_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
