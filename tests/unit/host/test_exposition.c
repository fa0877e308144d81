#include "tests/unit/host/folder.h"

#include "base/memory.h"
#include "daemon/host/exposition.h"

static const struct histogram_scale scale = {2, {500, 2 * US_PER_S}};

/* Figures of so many departments, each member of its own value. */
static void make(struct figures *figures, uint32_t departments)
{
	*figures = (struct figures){.version = "1.2.3", .built = 1, .departments_count = departments};
	figures->counts.receipts.scale = &scale;
	figures->counts.journaled.takes.scale = &scale;
	figures->counts.journaled.answers.scale = &scale;
	figures->turns.scale = &scale;
	figures->departments = memory_new(departments + 1, sizeof(*figures->departments));
	for (uint32_t i = 0; i < departments; i++) {
		struct figures_department *one = &figures->departments[i];
		*one = (struct figures_department){.named = 1, .queued = i, .oldest_us = 1500000};
		snprintf(one->id, sizeof(one->id), "department-%u", i);
		snprintf(one->name, sizeof(one->name), "部门%u", i);
	}
}

static const char *whole(const struct figures *figures, struct buffer *text)
{
	struct exposition exposition = {.figures = figures};
	while (!exposition_write(&exposition, 1, text))
		;
	return buffer_string(text);
}

static void assert_line(const char *text, const char *line)
{
	char lines[256];
	snprintf(lines, sizeof(lines), "\n%s\n", line);
	if (!strstr(text, lines))
		fail_msg("no line '%s' in:\n%.3000s", line, text);
}

static void numbers_are_exact_and_as_short_as_they_go(void **state)
{
	(void)state;
	static const struct {
		int64_t value, unit;
		const char *text;
	} numbers[] = {{0, 1, "0"}, {0, US_PER_S, "0"}, {7, 1, "7"}, {-7, 1, "-7"}, {500, US_PER_S, "0.0005"},
		{1500000, US_PER_S, "1.5"}, {-1500000, US_PER_S, "-1.5"}, {1000001, US_PER_S, "1.000001"},
		{INT64_MAX, 1, "9223372036854775807"}, {INT64_MIN + 1, US_PER_S, "-9223372036854.775807"},
		{10 * US_PER_S, US_PER_S, "10"}};
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct buffer text = BUFFER_NULL;
		exposition_number(&text, numbers[i].value, numbers[i].unit);
		assert_string_equal(buffer_string(&text), numbers[i].text);
		buffer_deinit(&text);
	}
}

static void a_label_cannot_leave_its_quotes(void **state)
{
	(void)state;
	struct figures figures;
	struct buffer text = BUFFER_NULL;
	make(&figures, 1);
	snprintf(figures.departments[0].name, sizeof(figures.departments[0].name), "%s", "一\"二\\三\n四");
	assert_line(whole(&figures, &text),
		"wenzheng_department_info{department=\"department-0\",name=\"一\\\"二\\\\三\\n四\"} 1");
	buffer_deinit(&text);
	free(figures.departments);
}

static void a_histogram_is_cumulative_and_its_bounds_are_in_its_unit(void **state)
{
	(void)state;
	struct figures figures;
	struct buffer text = BUFFER_NULL;
	make(&figures, 0);
	histogram_add(&figures.counts.receipts, 500);
	histogram_add(&figures.counts.receipts, 501);
	histogram_add(&figures.counts.receipts, 3 * US_PER_S);
	assert_non_null(strstr(whole(&figures, &text), "# TYPE wenzheng_receipt_seconds histogram\n"
						       "wenzheng_receipt_seconds_bucket{le=\"0.0005\"} 1\n"
						       "wenzheng_receipt_seconds_bucket{le=\"2\"} 2\n"
						       "wenzheng_receipt_seconds_bucket{le=\"+Inf\"} 3\n"
						       "wenzheng_receipt_seconds_sum 3.001001\n"
						       "wenzheng_receipt_seconds_count 3\n"));
	buffer_deinit(&text);
	free(figures.departments);
}

static void what_is_not_known_is_not_shown_and_what_is_nothing_is(void **state)
{
	(void)state;
	struct figures figures;
	struct buffer text = BUFFER_NULL;
	make(&figures, 0);
	figures.backup_us = FIGURE_NONE;
	assert_null(strstr(whole(&figures, &text), "wenzheng_backup_timestamp_seconds"));
	buffer_clear(&text);
	figures.backup_us = 0;
	assert_line(whole(&figures, &text), "wenzheng_backup_timestamp_seconds 0");
	assert_line(buffer_string(&text), "wenzheng_strangers_total{zone=\"operator\"} 0");
	buffer_deinit(&text);
	free(figures.departments);
}

static void every_name_has_help_and_type_once_before_its_values(void **state)
{
	(void)state;
	struct figures figures;
	struct buffer text = BUFFER_NULL;
	make(&figures, 3);
	const char *all = whole(&figures, &text);
	unsigned helps = 0;
	for (const char *at = all; (at = strstr(at, "# HELP ")); at++, helps++) {
		char name[64], again[80];
		assert_int_equal(sscanf(at, "# HELP %63s", name), 1);
		snprintf(again, sizeof(again), "# HELP %s ", name);
		assert_null(strstr(at + 1, again));
		snprintf(again, sizeof(again), "\n# TYPE %s ", name);
		assert_non_null(strstr(at, again));
		snprintf(again, sizeof(again), "\n%s", name);
		assert_true(strstr(all, again) > at);
	}
	assert_true(helps > 40);
	buffer_deinit(&text);
	free(figures.departments);
}

/* However the text is cut into turns, it is the same, and no turn writes much more than its share. */
static void four_thousand_departments_are_written_in_small_parts(void **state)
{
	(void)state;
	struct figures figures;
	struct buffer at_once = BUFFER_NULL, in_parts = BUFFER_NULL;
	make(&figures, DEPARTMENTS_MAX);
	struct exposition exposition = {.figures = &figures};
	assert_true(exposition_write(&exposition, UINT32_MAX, &at_once));
	exposition = (struct exposition){.figures = &figures};
	unsigned parts = 0;
	bool done = false;
	while (!done) {
		size_t before = in_parts.size, lines = 0;
		done = exposition_write(&exposition, EXPOSITION_LINES_PER_TURN, &in_parts);
		for (size_t i = before; i < in_parts.size; i++)
			lines += in_parts.data[i] == '\n';
		assert_true(lines <= EXPOSITION_LINES_PER_TURN + 64);
		parts++;
	}
	assert_true(parts >= 9 * DEPARTMENTS_MAX / EXPOSITION_LINES_PER_TURN);
	assert_int_equal(at_once.size, in_parts.size);
	assert_memory_equal(at_once.data, in_parts.data, at_once.size);
	assert_line(buffer_string(&at_once),
		"wenzheng_open_cases{department=\"department-4095\",state=\"queued\"} 4095");
	assert_line(
		buffer_string(&at_once), "wenzheng_oldest_open_seconds{department=\"department-4095\"} 1.5");
	buffer_deinit(&at_once);
	buffer_deinit(&in_parts);
	free(figures.departments);
}

static void every_error_and_every_reason_to_wait_has_its_line(void **state)
{
	(void)state;
	struct figures figures;
	struct buffer text = BUFFER_NULL;
	char line[128];
	make(&figures, 0);
	for (int code = 0; code < ERROR_TOTAL; code++)
		figures.counts.errors[code] = 100 + (uint64_t)code;
	for (int code = 0; code < BUSY_TOTAL; code++)
		figures.counts.busies[code] = 200 + (uint64_t)code;
	whole(&figures, &text);
	for (int code = 1; code < ERROR_TOTAL; code++) {
		snprintf(line, sizeof(line),
			"wenzheng_requests_refused_total{answer=\"error\",code=\"%s\"} %d",
			error_code_text((enum error_code)code), 100 + code);
		assert_line(buffer_string(&text), line);
	}
	for (int code = 1; code < BUSY_TOTAL; code++) {
		snprintf(line, sizeof(line),
			"wenzheng_requests_refused_total{answer=\"busy\",code=\"%s\"} %d",
			busy_code_text((enum busy_code)code), 200 + code);
		assert_line(buffer_string(&text), line);
	}
	buffer_deinit(&text);
	free(figures.departments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_exact_and_as_short_as_they_go),
		cmocka_unit_test(a_label_cannot_leave_its_quotes),
		cmocka_unit_test(a_histogram_is_cumulative_and_its_bounds_are_in_its_unit),
		cmocka_unit_test(what_is_not_known_is_not_shown_and_what_is_nothing_is),
		cmocka_unit_test(every_name_has_help_and_type_once_before_its_values),
		cmocka_unit_test(four_thousand_departments_are_written_in_small_parts),
		cmocka_unit_test(every_error_and_every_reason_to_wait_has_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
