#include "tests/unit/host/folder.h"

#include "base/cleanup.h"
#include "daemon/host/log_events.h"

/*
 * The journal's catalogs and the table of OPERATIONS.md are what an operator has in hand when the log says
 * something: each must speak of every event, by its id, and of nothing that is none.
 */
#define TEXT_SIZE_MAX (256 * 1024)

static char text[TEXT_SIZE_MAX];

static const char *const catalogs[] = {"systemd/wenzheng.catalog", "systemd/wenzheng.zh_CN.catalog"};

static void read_text(const char *path)
{
	FILE *file CLEANUP(cleanup_fclose) = fopen(path, "r");
	assert_non_null(file);
	size_t size = fread(text, 1, sizeof(text) - 1, file);
	assert_in_range(size, 1, sizeof(text) - 2);
	text[size] = '\0';
}

static unsigned count_of(const char *words)
{
	unsigned count = 0;
	for (const char *at = text; (at = strstr(at, words)); at += strlen(words))
		count++;
	return count;
}

static void every_id_is_an_id_and_its_events_own(void **state)
{
	(void)state;
	for (unsigned event = 0; event < HOST_EVENT_END; event++) {
		const struct log_event_info *info = log_event_info(event);
		assert_int_equal(strlen(info->id), 32);
		assert_int_equal(strspn(info->id, "0123456789abcdef"), 32);
		assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(info->name));
		for (unsigned other = 0; other < event; other++) {
			assert_string_not_equal(info->id, log_event_info(other)->id);
			assert_string_not_equal(info->name, log_event_info(other)->name);
		}
	}
}

static void the_words_name_only_fields_that_the_event_has(void **state)
{
	(void)state;
	for (unsigned event = 0; event < HOST_EVENT_END; event++) {
		const struct log_event_info *info = log_event_info(event);
		char marks[256] = "";
		for (enum logged field = 0; field < LOGGED_END; field++) {
			snprintf(marks, sizeof(marks), "{%s}", logged_name(field));
			if (strstr(info->text, marks))
				assert_true(info->fields & UINT32_C(1) << field);
		}
	}
}

/* The entry of an event up to the next one, with a NUL put behind it. */
static char *entry_of(const char *id)
{
	char head[48];
	snprintf(head, sizeof(head), "\n-- %s\n", id);
	assert_int_equal(count_of(head), 1);
	char *entry = strstr(text, head) + strlen(head);
	char *end = strstr(entry, "\n-- ");
	if (end)
		*end = '\0';
	return entry;
}

/* @NAME@ is a field that the event has. */
static void expect_known_fields(const char *entry, uint32_t fields)
{
	char mark[48];
	size_t marks = 0, known = 0;
	for (const char *at = entry; (at = strchr(at, '@')); at++)
		marks++;
	for (enum logged field = 0; field < LOGGED_END; field++) {
		snprintf(mark, sizeof(mark), "@%s@", logged_name(field));
		for (const char *at = entry; (at = strstr(at, mark)); at += strlen(mark)) {
			assert_true(fields & UINT32_C(1) << field);
			known += 2;
		}
	}
	assert_int_equal(marks, known + 2);    /* and @DOCDIR@, which the build fills in */
	assert_null(strstr(entry, "@ERROR@")); /* journalctl fills in at most 256 bytes */
}

static void both_catalogs_explain_every_event_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(catalogs); i++) {
		read_text(catalogs[i]);
		assert_int_equal(count_of("\n-- "), HOST_EVENT_END);
		for (unsigned event = 0; event < HOST_EVENT_END; event++) {
			const struct log_event_info *info = log_event_info(event);
			read_text(catalogs[i]);
			const char *entry = entry_of(info->id);
			const char *body = strstr(entry, "\n\n");
			assert_int_equal(strncmp(entry, "Subject: ", 9), 0);
			assert_non_null(strstr(entry, "\nDefined-By: wenzhengd\n"));
			assert_non_null(strstr(entry, "\nDocumentation: file:@DOCDIR@/OPERATIONS.md\n\n"));
			assert_true(body && strlen(body) > 30);
			expect_known_fields(entry, info->fields);
		}
	}
}

/* As a row of the table: | `name` | priority | `FIELD` `FIELD` | a second | … | `id` | */
static void expect_row(const struct log_event_info *info)
{
	static const char *const priorities[] = {
		"0 emerg", "1 alert", "2 crit", "3 err", "4 warning", "5 notice", "6 info"};
	char fields[256] = "", row[512], many[16] = "–", tail[64];
	for (enum logged field = 0; field < LOGGED_END; field++)
		if (info->fields & UINT32_C(1) << field)
			snprintf(fields + strlen(fields), sizeof(fields) - strlen(fields), "`%s` ",
				logged_name(field));
	if (info->per_second > 0)
		snprintf(many, sizeof(many), "%u", info->per_second);
	snprintf(row, sizeof(row), "\n| `%s` | %s | %s| %s | ", info->name, priorities[info->level],
		*fields ? fields : "– ", many);
	snprintf(tail, sizeof(tail), "| `%s` |\n", info->id);
	const char *at = strstr(text, row);
	if (!at)
		fail_msg("no row as it should be:%s", row);
	const char *end = strchr(at + 1, '\n') + 1;
	assert_int_equal(strncmp(end - strlen(tail), tail, strlen(tail)), 0);
}

static void the_table_of_the_operators_page_is_the_programs(void **state)
{
	(void)state;
	read_text("docs/OPERATIONS.md");
	char *table = strstr(text, "<!-- table: events -->");
	assert_non_null(table);
	memmove(text, table, strlen(table) + 1);
	assert_int_equal(count_of("\n| `"), HOST_EVENT_END);
	for (unsigned event = 0; event < HOST_EVENT_END; event++)
		expect_row(log_event_info(event));
	read_text("docs/OPERATIONS.md");
	char *fields = strstr(text, "| field | what it says |");
	assert_non_null(fields);
	for (enum logged field = 0; field < LOGGED_END; field++) {
		char name[48];
		snprintf(name, sizeof(name), "`%s`", logged_name(field));
		assert_non_null(strstr(fields, name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_is_an_id_and_its_events_own),
		cmocka_unit_test(the_words_name_only_fields_that_the_event_has),
		cmocka_unit_test(both_catalogs_explain_every_event_and_nothing_else),
		cmocka_unit_test(the_table_of_the_operators_page_is_the_programs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
