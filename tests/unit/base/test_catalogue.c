#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/language.h"

/* A catalogue in memory, written here as msgfmt writes it: tables behind the header, sentences behind those.
 */
#define BYTES_MAX 1024

struct pair {
	const char *original;
	size_t original_size; /* 0: up to its NUL */
	const char *translation;
};

static void put_number(char *bytes, size_t place, size_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[place + (size_t)i] = (char)(number >> (8 * i));
}

static size_t put_sentence(char *bytes, size_t entry, size_t place, const char *text, size_t size)
{
	put_number(bytes, entry, size);
	put_number(bytes, entry + 4, place);
	memcpy(bytes + place, text, size + 1);
	return place + size + 1;
}

static struct span make(const struct pair *pairs, size_t count, char bytes[static BYTES_MAX])
{
	size_t place = 20 + count * 16;
	memset(bytes, 0, BYTES_MAX);
	put_number(bytes, 0, 0x950412de);
	put_number(bytes, 8, count);
	put_number(bytes, 12, 20);
	put_number(bytes, 16, 20 + count * 8);
	for (size_t i = 0; i < count; i++) {
		const struct pair *pair = &pairs[i];
		size_t size = pair->original_size ? pair->original_size : strlen(pair->original);
		place = put_sentence(bytes, 20 + i * 8, place, pair->original, size);
		place = put_sentence(
			bytes, 20 + (count + i) * 8, place, pair->translation, strlen(pair->translation));
	}
	return span_of(bytes, place);
}

static const struct pair pairs[] = {
	{"", 0, "Language: zh_CN\n"},
	{"%d case\0%d cases", 16, "%d 件"},
	{"No such file or directory", 0, "没有这个文件"},
	{"column\004due", 0, "到期"},
	{"department", 0, "部门"},
	{"due", 0, "时限"},
	{"overdue", 0, "超时"},
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

static void test_every_sentence_is_found_and_no_other(void **state)
{
	(void)state;
	char bytes[BYTES_MAX];
	struct catalogue catalogue;
	for (size_t count = 0; count <= PAIRS; count++) {
		assert_true(catalogue_read(make(pairs, count, bytes), &catalogue));
		for (size_t i = 0; i < PAIRS; i++) {
			const char *found = catalogue_find(&catalogue, pairs[i].original);
			if (i < count)
				assert_string_equal(found, pairs[i].translation);
			else
				assert_null(found);
		}
		assert_null(catalogue_find(&catalogue, "depart"));
		assert_null(catalogue_find(&catalogue, "zzz"));
	}
}

static void test_every_cut_and_every_changed_byte_is_refused_or_harmless(void **state)
{
	(void)state;
	char bytes[BYTES_MAX];
	struct catalogue catalogue;
	struct span whole = make(pairs, PAIRS, bytes);
	for (size_t size = 0; size < whole.size; size++)
		assert_false(catalogue_read(span_of(bytes, size), &catalogue));
	for (size_t i = 0; i < whole.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (char)(bytes[i] ^ (1 << bit));
			if (catalogue_read(whole, &catalogue))
				for (size_t k = 0; k < PAIRS; k++)
					(void)catalogue_find(&catalogue, pairs[k].original);
			bytes[i] = (char)(bytes[i] ^ (1 << bit));
		}
	}
}

static void test_what_is_no_catalogue_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		size_t place, number;
	} wrong[] = {
		{"another magic", 0, 0xde120495},
		{"another form", 4, 0x00010000},
		{"more entries than bytes", 8, 0xffffffff},
		{"originals behind the end", 12, 0xffffff00},
		{"translations behind the end", 16, 4000},
		{"a sentence longer than the file", 28, 0xfffffff0},
		{"a sentence that begins behind it", 32, 0xfffffff0},
		{"a sentence that does not end", 36, 3},
		{"a translation longer than the file", 84, 0xfffffff0},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char bytes[BYTES_MAX];
		struct catalogue catalogue;
		struct span whole = make(pairs, PAIRS, bytes);
		put_number(bytes, wrong[i].place, wrong[i].number);
		if (catalogue_read(whole, &catalogue))
			fail_msg("taken: %s", wrong[i].what);
	}
	static const struct pair unsorted[] = {{"due", 0, "时限"}, {"department", 0, "部门"}};
	static const struct pair twice[] = {{"due", 0, "时限"}, {"due", 0, "期限"}};
	char bytes[BYTES_MAX];
	struct catalogue catalogue;
	assert_false(catalogue_read(make(unsorted, 2, bytes), &catalogue));
	assert_false(catalogue_read(make(twice, 2, bytes), &catalogue));
}

static void test_sentences_are_english_until_a_catalogue_is_in_force(void **state)
{
	(void)state;
	static char bytes[BYTES_MAX];
	static struct catalogue catalogue;
	assert_true(catalogue_read(make(pairs, PAIRS, bytes), &catalogue));
	assert_string_equal(_("due"), "due");
	assert_string_equal(language_count("%d case", "%d cases", 1), "%d case");
	assert_string_equal(language_count("%d case", "%d cases", 0), "%d cases");
	language_use(&catalogue);
	assert_string_equal(_("due"), "时限");
	assert_string_equal(_("not in it"), "not in it");
	assert_string_equal(_(""), "");
	assert_string_equal(language_error(ENOENT), "没有这个文件");
	assert_string_equal(language_error(EACCES), "Permission denied");
	assert_string_equal(language_error(ENOTTY), strerror(ENOTTY));
	assert_string_equal(language_word(C_("column", "due")), "到期");
	assert_string_equal(language_word(C_("column", "name")), "name");
	assert_string_equal(language_count("%d case", "%d cases", 1), "%d 件");
	assert_string_equal(language_count("%d case", "%d cases", 7), "%d 件");
	assert_string_equal(language_count("%d day", "%d days", 7), "%d days");
	language_use(NULL);
	assert_string_equal(_("due"), "due");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_sentence_is_found_and_no_other),
		cmocka_unit_test(test_every_cut_and_every_changed_byte_is_refused_or_harmless),
		cmocka_unit_test(test_what_is_no_catalogue_is_refused),
		cmocka_unit_test(test_sentences_are_english_until_a_catalogue_is_in_force),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
