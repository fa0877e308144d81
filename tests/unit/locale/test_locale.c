#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "locale/locale.h"

static const char *language, *lc_all, *lc_messages, *lang;

static const char *variable(const char *name)
{
	return strcmp(name, "LANGUAGE") == 0	  ? language
	       : strcmp(name, "LC_ALL") == 0	  ? lc_all
	       : strcmp(name, "LC_MESSAGES") == 0 ? lc_messages
						  : lang;
}

static void test_the_environment_is_asked_as_gettext_does_and_without_a_locale_too(void **state)
{
	(void)state;
	static const struct {
		const char *language, *lc_all, *lc_messages, *lang, *wanted;
	} facts[] = {
		{NULL, NULL, NULL, NULL, ""},
		{"", "", "", "", ""},
		{NULL, NULL, NULL, "zh_CN.UTF-8", "zh_CN.UTF-8"},
		{NULL, NULL, "zh_CN.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8"},
		{NULL, "en_US.UTF-8", "zh_CN.UTF-8", "zh_CN.UTF-8", "en_US.UTF-8"},
		{NULL, "", NULL, "zh_CN", "zh_CN"},
		{"zh_CN:en", NULL, NULL, "en_US.UTF-8", "zh_CN:en"},
		{"zh_CN:en", NULL, NULL, "C.UTF-8", "zh_CN:en"},
		{"zh_CN", NULL, NULL, NULL, "zh_CN"},
		{"zh_CN", NULL, NULL, "C", ""},
		{"zh_CN", "POSIX", NULL, "zh_CN.UTF-8", ""},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		language = facts[i].language;
		lc_all = facts[i].lc_all;
		lc_messages = facts[i].lc_messages;
		lang = facts[i].lang;
		assert_string_equal(locale_wanted(variable), facts[i].wanted);
	}
}

static void test_a_list_gives_its_names_up_to_english(void **state)
{
	(void)state;
	static const struct {
		const char *list, *names; /* with blanks between */
	} facts[] = {
		{"", ""},
		{"zh_CN", "zh_CN"},
		{"zh_CN.UTF-8", "zh_CN"},
		{"zh_CN@pinyin", "zh_CN"},
		{"zh_CN.GB18030@pinyin:fr", "zh_CN fr"},
		{"fr:zh_CN:en:de", "fr zh_CN"},
		{"en_US:zh_CN", ""},
		{"C.UTF-8", ""},
		{"C:zh_CN", ""},
		{"POSIX:zh_CN", ""},
		{"::zh_CN:", "zh_CN"},
		{"english:zh_CN", "english zh_CN"},
		{"../../etc:zh_CN/x:/root:zh_CN", "zh_CN"},
		{"a_name_that_is_longer_than_any_language_has:zh_CN", "zh_CN"},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char name[LOCALE_NAME_SIZE], all[256] = "";
		const char *list = facts[i].list;
		while (locale_next(&list, name)) {
			strncat(all, *all ? " " : "", sizeof(all) - strlen(all) - 1);
			strncat(all, name, sizeof(all) - strlen(all) - 1);
		}
		assert_string_equal(all, facts[i].names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_environment_is_asked_as_gettext_does_and_without_a_locale_too),
		cmocka_unit_test(test_a_list_gives_its_names_up_to_english),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
