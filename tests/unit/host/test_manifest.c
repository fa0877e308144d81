#include "tests/unit/host/folder.h"

#include <fcntl.h>

#include "base/buffer.h"
#include "daemon/host/manifest.h"

/* Manifests of backups: written, read back, and told from what somebody else wrote. */

static const struct manifest sample = {
	.store = {.laboratory = true, .created = {1790000000000001}},
	.created = {1790000123000000},
	.records = 26,
	.head = {{1, 2, 3}},
	.file = "wenzheng-20260921T154203Z.db",
	.size = 49152,
	.digest = {{4, 5, 6}},
};

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	struct folder folder;
	struct fault fault = FAULT_NONE;
	struct manifest back;
	folder_init(&folder);
	const char *path = folder_path(&folder, "m.json");
	struct archive_folder into;
	assert_true(archive_folder_open(&into, folder.path, &fault));
	assert_true(manifest_write(&into, "m.json", manifest_document(&sample), &fault));
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(manifest_read(path, &back), MANIFEST_READ);
	assert_true(back.store.laboratory);
	assert_int_equal(back.store.created.us, sample.store.created.us);
	assert_int_equal(back.created.us, sample.created.us);
	assert_int_equal(back.records, sample.records);
	assert_true(digest_equal(&back.head, &sample.head) && digest_equal(&back.digest, &sample.digest));
	assert_string_equal(back.file, sample.file);
	assert_int_equal(back.size, sample.size);
	/* Never over another one. */
	assert_false(manifest_write(&into, "m.json", manifest_document(&sample), &fault));
	assert_non_null(strstr(fault.text, "exists: "));
	archive_folder_close(&into);
	folder_deinit(&folder);
}

#define HEX "\"0000000000000000000000000000000000000000000000000000000000000000\""
#define BEFORE                                                                                            \
	"{\"format\": \"wenzheng-backup\", \"version\": 1, \"created\": \"2026-11-27T15:09:09+00:00\","   \
	" \"store\": {\"created\": \"2026-01-01T00:00:00+00:00\", \"laboratory\": false}, \"head\": " HEX \
	","

static void what_another_wrote_is_foreign(void **state)
{
	(void)state;
	static const char *const foreign[] = {
		"",
		"{}",
		"[1]",
		"{\"format\": \"wenzheng-backup\"}",
		BEFORE "\"records\": 1, \"file\": \"../x.db\", \"size\": 1, \"blake2b\": " HEX "}",
		BEFORE "\"records\": 1, \"file\": \".x.db\", \"size\": 1, \"blake2b\": " HEX "}",
		BEFORE "\"records\": 1, \"file\": \"\", \"size\": 1, \"blake2b\": " HEX "}",
		BEFORE "\"records\": -1, \"file\": \"x.db\", \"size\": 1, \"blake2b\": " HEX "}",
		BEFORE "\"records\": 1, \"file\": \"x.db\", \"size\": -1, \"blake2b\": " HEX "}",
		BEFORE "\"records\": 1, \"file\": \"x.db\", \"size\": 1, \"blake2b\": \"00\"}",
		BEFORE "\"records\": \"1\", \"file\": \"x.db\", \"size\": 1, \"blake2b\": " HEX "}",
		BEFORE "\"records\": 1, \"file\": \"x.db\", \"size\": 1, \"blake2b\": " HEX
		       ", \"version\": 1}",
	};
	struct manifest manifest;
	for (size_t i = 0; i < COUNT_OF(foreign); i++) {
		struct folder folder;
		folder_init(&folder);
		const char *path = folder_write(&folder, "m.json", foreign[i]);
		if (manifest_read(path, &manifest) != MANIFEST_FOREIGN)
			fail_msg("taken for a manifest of ours: %s", foreign[i]);
		folder_deinit(&folder);
	}
	struct folder folder;
	folder_init(&folder);
	const char *good = folder_write(&folder, "m.json",
		BEFORE "\"records\": 1, \"file\": \"x.db\", \"size\": 1, \"blake2b\": " HEX ", \"more\": 1}");
	assert_int_equal(manifest_read(good, &manifest), MANIFEST_READ);
	assert_int_equal(manifest_read("/nonexistent/m.json", &manifest), MANIFEST_ABSENT);
	folder_deinit(&folder);
}

static void moments_are_names_and_rfc_3339(void **state)
{
	(void)state;
	char stamp[ARCHIVE_STAMP_SIZE], text[ARCHIVE_MOMENT_SIZE];
	archive_stamp((struct instant){1790000123456789}, stamp);
	assert_string_equal(stamp, "20260921T141523Z");
	archive_moment((struct instant){1790000123456789}, UTC_OFFSET_CHINA, text);
	assert_string_equal(text, "2026-09-21T22:15:23.456789+08:00");
	archive_moment((struct instant){1790000123000000}, (struct utc_offset){0}, text);
	assert_string_equal(text, "2026-09-21T14:15:23+00:00");
}

static void room_and_absence_are_told_in_a_word(void **state)
{
	(void)state;
	struct folder folder;
	struct archive_folder into;
	struct fault fault = FAULT_NONE;
	folder_init(&folder);
	assert_true(archive_folder_open(&into, folder.path, &fault));
	assert_true(archive_folder_has_room(&into, 1, &fault));
	assert_false(archive_folder_has_room(&into, INT64_MAX, &fault));
	assert_int_equal(strncmp(fault.text, "full: ", 6), 0);
	assert_false(archive_folder_has(&into, "x"));
	assert_false(archive_folder_rename(&into, "x", "y", &fault));
	assert_int_equal(strncmp(fault.text, "no-folder: ", 11), 0);
	archive_folder_close(&into);
	assert_false(archive_folder_open(&into, "/nonexistent", &fault));
	archive_folder_close(&into);
	folder_deinit(&folder);
}

static int start(void **state)
{
	(void)state;
	digest_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(what_another_wrote_is_foreign),
		cmocka_unit_test(moments_are_names_and_rfc_3339),
		cmocka_unit_test(room_and_absence_are_told_in_a_word),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
