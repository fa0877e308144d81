#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "tests/lib/failing.h"
#include "tests/unit/workers/heard.h"
#include "workers/line_file.h"

static struct tool tool = {.name = "test"};

struct folder {
	char path[32];
	char file[48];
};

static int setup(void **state)
{
	static struct folder folder;
	strcpy(folder.path, "/tmp/line-file-XXXXXX");
	assert_non_null(mkdtemp(folder.path));
	snprintf(folder.file, sizeof(folder.file), "%s/events", folder.path);
	*state = &folder;
	return 0;
}

static int teardown(void **state)
{
	struct folder *folder = *state;
	unlink(folder->file);
	return rmdir(folder->path);
}

static void put(const struct folder *folder, const char *text)
{
	FILE *file = fopen(folder->file, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_is(const struct folder *folder, const char *expected)
{
	char text[256];
	FILE *file = fopen(folder->file, "re");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void lines_are_appended_whole_also_after_half_a_line(void **state)
{
	struct folder *folder = *state;
	put(folder, "whole\nhalf");
	struct line_file *file = line_file_open(&tool, folder->file);
	assert_non_null(file);
	assert_true(line_file_write(file, "next") && line_file_sync(file));
	line_file_close(&file);
	line_file_close(&file);
	assert_is(folder, "whole\nhalf\nnext\n");
}

static void a_line_is_written_although_the_system_interrupts(void **state)
{
	struct folder *folder = *state;
	struct line_file *file = line_file_open(&tool, folder->file);
	failing_arm("writev", 1, EINTR);
	assert_true(line_file_write(file, "line"));
	assert_true(failing_fired());
	line_file_close(&file);
	assert_is(folder, "line\n");
}

static void assert_fails(bool done, const char *says)
{
	const char *text = heard_end();
	assert_true(failing_fired());
	assert_false(done);
	if (!strstr(text, says))
		fail_msg("%s", text);
}

static void what_cannot_be_written_is_told(void **state)
{
	struct folder *folder = *state;
	put(folder, "half");
	heard_begin(false);
	failing_arm("write", 1, ENOSPC);
	assert_fails(line_file_open(&tool, folder->file) != NULL, "events: cannot write: No space left");
	struct line_file *file = line_file_open(&tool, folder->file);
	heard_begin(false);
	failing_arm("writev", 1, ENOSPC);
	assert_fails(line_file_write(file, "line"), "events: cannot write: No space left");
	heard_begin(false);
	failing_arm("fdatasync", 1, EIO);
	assert_fails(line_file_sync(file), "events: cannot force it to the disk: Input/output error");
	/* Pipes and read-only places have nothing to sync. */
	failing_arm("fdatasync", 1, EINVAL);
	assert_true(line_file_sync(file) && failing_fired());
	failing_arm("fdatasync", 1, EROFS);
	assert_true(line_file_sync(file) && failing_fired());
	line_file_close(&file);
}

static void a_file_is_opened_anew_where_it_was_moved_away(void **state)
{
	struct folder *folder = *state;
	struct line_file *file = line_file_open(&tool, folder->file);
	assert_true(line_file_write(file, "before"));
	unlink(folder->file);
	assert_true(line_file_reopen(file) && line_file_write(file, "after"));
	assert_is(folder, "after\n");
	unlink(folder->file);
	rmdir(folder->path);
	heard_begin(false);
	bool reopened = line_file_reopen(file);
	assert_non_null(strstr(heard_end(), "cannot open it for appending: No such file"));
	assert_false(reopened);
	line_file_close(&file);
	assert_int_equal(mkdir(folder->path, 0700), 0);
}

static void standard_output_is_no_file_to_open_anew(void **state)
{
	(void)state;
	struct line_file *file = line_file_open(&tool, NULL);
	assert_true(line_file_reopen(file));
	heard_begin(false);
	failing_arm("writev", 1, EPIPE);
	assert_fails(line_file_write(file, "x"), "standard output: cannot write: Broken pipe");
	line_file_close(&file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(lines_are_appended_whole_also_after_half_a_line),
		TEST(a_line_is_written_although_the_system_interrupts),
		TEST(what_cannot_be_written_is_told),
		TEST(a_file_is_opened_anew_where_it_was_moved_away),
		TEST(standard_output_is_no_file_to_open_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
