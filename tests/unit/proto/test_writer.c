#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/message.h"

/* What a writer must not be asked for stops the process, and so never reaches a peer. */

static void assert_stops(void (*wrong)(int which), int which)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		wrong(which);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void write_twice(int which)
{
	enum field field = (enum field)which;
	struct buffer frame = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &frame);
	for (int i = 0; i < 2; i++) {
		switch (field_infos[field].type) {
		case TYPE_LINE:
		case TYPE_TEXT:
			writer_text(&writer, field, SPAN_LITERAL("x"));
			break;
		case TYPE_COUNT:
			writer_number(&writer, field, 0);
			break;
		case TYPE_TIME:
			writer_time(&writer, field, (struct instant){0});
			break;
		case TYPE_FLAG:
			writer_flag(&writer, field, true);
			break;
		default:
			abort(); /* lists are written by few, and by the same function */
		}
	}
}

static void a_field_that_is_written_twice_stops_the_process(void **state)
{
	(void)state;
	for (enum field field = 0; field < FIELD_TOTAL; field++)
		assert_stops(write_twice, (int)field);
}

/* The buffer has something in front, as the shell's has, so that no place in it is 0. */
static void write_out_of_order(int which)
{
	struct buffer frame = BUFFER_NULL;
	struct writer writer;
	buffer_append(&frame, "before", 6);
	writer_begin(&writer, &frame);
	writer_number(&writer, FIELD_REQ, 1);
	switch (which) {
	case 0:
		writer_item_begin(&writer);
		return;
	case 1:
		writer_item_end(&writer);
		return;
	case 2:
		writer_items_end(&writer);
		return;
	}
	writer_items_begin(&writer);
	switch (which) {
	case 3:
		writer_item_end(&writer);
		return;
	case 4:
		writer_items_begin(&writer);
		return;
	case 5:
		writer_end(&writer);
		return;
	}
	writer_item_begin(&writer);
	writer_number(&writer, FIELD_REQ, 2); /* an item has keys of its own */
	switch (which) {
	case 6:
		writer_item_begin(&writer);
		return;
	case 7:
		writer_items_end(&writer);
		return;
	case 8:
		writer_end(&writer);
		return;
	case 9:
		writer_number(&writer, FIELD_REQ, 2);
		return;
	}
	writer_item_end(&writer);
	writer_items_end(&writer);
	writer_number(&writer, FIELD_REQ, 3); /* 10: stood before the items */
}

static void what_is_written_out_of_order_stops_the_process(void **state)
{
	(void)state;
	for (int which = 0; which <= 10; which++)
		assert_stops(write_out_of_order, which);
}

static void every_field_fits_beside_every_other(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct writer writer;
	for (enum field field = 0; field < FIELD_TOTAL; field++) {
		if (field_infos[field].type != TYPE_COUNT && field_infos[field].type != TYPE_FLAG)
			continue;
		for (enum field other = 0; other < FIELD_TOTAL; other++) {
			if (other == field || field_infos[other].type != TYPE_COUNT)
				continue;
			buffer_clear(&frame);
			writer_begin(&writer, &frame);
			if (field_infos[field].type == TYPE_COUNT)
				writer_number(&writer, field, 0);
			else
				writer_flag(&writer, field, true);
			writer_number(&writer, other, 0);
			writer_end(&writer);
		}
	}
	buffer_deinit(&frame);
}

/* Sixteen items need a header of three bytes, for which one was kept free. */
static void a_header_that_grows_moves_what_stands_behind_it_and_not_a_byte_more(void **state)
{
	(void)state;
	static char beyond[1024];
	struct buffer frame = BUFFER_NULL;
	struct writer writer;
	memset(beyond, 0xaa, sizeof(beyond));
	buffer_append(&frame, beyond, sizeof(beyond));
	buffer_clear(&frame);
	writer_begin(&writer, &frame);
	writer_items_begin(&writer);
	for (int i = 0; i < 16; i++) {
		writer_item_begin(&writer);
		writer_number(&writer, FIELD_REQ, i);
		writer_item_end(&writer);
	}
	writer_items_end(&writer);
	writer_end(&writer);
	assert_true(frame.size < sizeof(beyond));
	assert_memory_equal(frame.data + frame.size, beyond + frame.size, sizeof(beyond) - frame.size);
	buffer_deinit(&frame);
}

static void a_text_of_forty_bytes_is_shown_and_a_longer_one_by_its_size(void **state)
{
	(void)state;
	char title[64];
	for (size_t size = 39; size <= 41; size++) {
		struct buffer out = BUFFER_NULL;
		struct message message = {.kind = KIND_SUBMIT, .present = {UINT64_C(1) << FIELD_TITLE}};
		memset(title, 'x', sizeof(title));
		message.values[FIELD_TITLE].text = span_of(title, size);
		message_print(&message, &out);
		assert_int_equal(span_contains(buffer_span(&out), span_of(title, size)), size <= 40);
		assert_int_equal(span_contains(buffer_span(&out), SPAN_LITERAL("<41 bytes>")), size == 41);
		buffer_deinit(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_that_is_written_twice_stops_the_process),
		cmocka_unit_test(what_is_written_out_of_order_stops_the_process),
		cmocka_unit_test(every_field_fits_beside_every_other),
		cmocka_unit_test(a_header_that_grows_moves_what_stands_behind_it_and_not_a_byte_more),
		cmocka_unit_test(a_text_of_forty_bytes_is_shown_and_a_longer_one_by_its_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
