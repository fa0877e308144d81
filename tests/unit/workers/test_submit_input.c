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
#include "tests/unit/workers/heard.h"
#include "workers/submit_input.h"

static struct tool tool = {.name = "test"};

struct folder {
	char path[32];
	char file[48];
};

static int setup(void **state)
{
	static struct folder folder;
	strcpy(folder.path, "/tmp/submit-input-XXXXXX");
	assert_non_null(mkdtemp(folder.path));
	snprintf(folder.file, sizeof(folder.file), "%s/x.jsonl", folder.path);
	*state = &folder;
	return 0;
}

static int teardown(void **state)
{
	struct folder *folder = *state;
	unlink(folder->file);
	return rmdir(folder->path);
}

static struct submit_input *open_text(struct folder *folder, const void *text, size_t size)
{
	FILE *file = fopen(folder->file, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	struct submit_input *input = submit_input_open(&tool, folder->file);
	assert_non_null(input);
	return input;
}

static void a_line_is_a_message(void **state)
{
	static const char text[] =
		" \t\r\n{\"id\": 7, \"title\": \"t\", \"body\": null, \"class\": \"major\"}\n"
		"{\"id\": \"x\", \"category\": \"c\", \"region\": \"r\", \"department\": \"edu\"}";
	struct submit_line line;
	struct submit_input *input = open_text(*state, text, sizeof(text) - 1);
	assert_int_equal(submit_input_total(input), 3);
	assert_int_equal(submit_input_next(input, &line), SUBMIT_READ);
	assert_int_equal(line.number, 2); /* blank lines count and say nothing */
	assert_string_equal(line.message.id, "7");
	assert_string_equal(line.message.title, "t");
	assert_null(line.message.body);
	assert_string_equal(line.message.class_name, "major");
	submit_line_deinit(&line);
	assert_int_equal(submit_input_next(input, &line), SUBMIT_READ);
	assert_string_equal(line.message.id, "x");
	assert_string_equal(line.message.category, "c");
	assert_string_equal(line.message.region, "r");
	assert_string_equal(line.message.department, "edu");
	submit_line_deinit(&line);
	assert_int_equal(submit_input_next(input, &line), SUBMIT_READ_END);
	submit_input_close(&input);
	submit_input_close(&input);
}

static void a_line_that_is_no_message_is_named_and_the_next_one_read(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"nonsense", ":1: is not JSON: "},
		{"{\"id\": 1, \"id\": 2}", ":1: is not JSON: duplicate object key"},
		{"[]", ":1: is not a JSON object"},
		{"{}", ":1: a message needs an id"},
		{"{\"id\": null}", ":1: a message needs an id"},
		{"{\"id\": true}", ":1: is not a text: id"},
		{"{\"id\": 1.5}", ":1: is not a text: id"},
		{"{\"id\": 1, \"title\": 2}", ":1: is not a text: title"},
		{"{\"id\": 1, \"body\": []}", ":1: is not a text: body"},
		{"{\"id\": 1, \"category\": 2}", ":1: is not a text: category"},
		{"{\"id\": 1, \"region\": 2}", ":1: is not a text: region"},
		{"{\"id\": 1, \"department\": 2}", ":1: is not a text: department"},
		{"{\"id\": 1, \"class\": 2}", ":1: is not a text: class"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct submit_line line;
		struct buffer text = BUFFER_NULL;
		buffer_printf(&text, "%s\n{\"id\": 9}\n", cases[i].line);
		struct submit_input *input = open_text(*state, text.data, text.size);
		heard_begin(false);
		enum submit_read read = submit_input_next(input, &line);
		const char *said = heard_end();
		assert_int_equal(read, SUBMIT_READ_BAD);
		if (!strstr(said, cases[i].says))
			fail_msg("%s: %s", cases[i].line, said);
		assert_int_equal(submit_input_next(input, &line), SUBMIT_READ);
		assert_string_equal(line.message.id, "9");
		submit_line_deinit(&line);
		submit_input_close(&input);
		buffer_deinit(&text);
	}
}

static void a_nul_is_no_blank(void **state)
{
	struct submit_line line;
	struct submit_input *input = open_text(*state, " \0\n", 3);
	heard_begin(false);
	enum submit_read read = submit_input_next(input, &line);
	assert_non_null(strstr(heard_end(), ":1: is not JSON"));
	assert_int_equal(read, SUBMIT_READ_BAD);
	submit_input_close(&input);
}

static void a_line_longer_than_any_message_is_refused(void **state)
{
	struct submit_line line;
	struct buffer text = BUFFER_NULL;
	for (size_t i = 0; i <= SUBMIT_LINE_SIZE_MAX; i++)
		buffer_append_byte(&text, 'x');
	struct submit_input *input = open_text(*state, text.data, text.size);
	heard_begin(false);
	enum submit_read read = submit_input_next(input, &line);
	assert_non_null(strstr(heard_end(), ":1: is longer than a message can be"));
	assert_int_equal(read, SUBMIT_READ_BAD);
	submit_input_close(&input);
	buffer_deinit(&text);
}

static void what_cannot_be_opened_or_read_is_named(void **state)
{
	struct folder *folder = *state;
	struct submit_line line;
	heard_begin(false);
	struct submit_input *input = submit_input_open(&tool, folder->file);
	assert_non_null(strstr(heard_end(), "x.jsonl: cannot open it: No such file"));
	assert_null(input);
	/* A folder opens and does not read. */
	input = submit_input_open(&tool, folder->path);
	assert_non_null(input);
	heard_begin(false);
	enum submit_read read = submit_input_next(input, &line);
	assert_non_null(strstr(heard_end(), "cannot be read: Is a directory"));
	assert_int_equal(read, SUBMIT_READ_BAD);
	submit_input_close(&input);
}

static void standard_input_and_pipes_have_no_known_end(void **state)
{
	(void)state;
	int ends[2], before = dup(STDIN_FILENO);
	struct submit_line line;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "{\"id\": 1}\n", 10), 10);
	close(ends[1]);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	struct submit_input *input = submit_input_open(&tool, "-");
	assert_string_equal(submit_input_name(input), "standard input");
	assert_int_equal(submit_input_total(input), 0);
	assert_int_equal(submit_input_next(input, &line), SUBMIT_READ);
	submit_line_deinit(&line);
	submit_input_close(&input);
	input = submit_input_open(&tool, "/dev/stdin"); /* by name: a pipe all the same */
	assert_int_equal(submit_input_total(input), 0);
	submit_input_close(&input);
	assert_true(dup2(before, STDIN_FILENO) >= 0);
	close(before);
	close(ends[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_a_message),
		TEST(a_line_that_is_no_message_is_named_and_the_next_one_read),
		TEST(a_nul_is_no_blank),
		TEST(a_line_longer_than_any_message_is_refused),
		TEST(what_cannot_be_opened_or_read_is_named),
		TEST(standard_input_and_pipes_have_no_known_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
