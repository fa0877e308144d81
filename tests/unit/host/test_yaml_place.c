#include "tests/unit/host/folder.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "daemon/host/principals_yaml.h"
#include "daemon/host/profile_yaml.h"

/* What is wrong with a profile's text, and exactly where. */
static const struct {
	const char *text;
	const char *fault; /* its beginning */
} rows[] = {
	/* keys */
	{"id: a\nnmae: b\n", "p.yaml:2:1: unknown key 'nmae'; here may stand: id, name, "},
	{"id: a\n# nmae: b\nname: nmae:b\nnmae: b\n", "p.yaml:4:1: unknown key 'nmae'"},
	{"classes:\n  - id: a\n    naem: b\n",
		"p.yaml:3:5: unknown key 'naem'; here may stand: id, name, within"},
	{"classes: [{id: a, naem: b}]\n", "p.yaml:1:19: unknown key 'naem'"},
	{"name: 网络\nclasses: [{name: 网络问政, naem: b}]\n", "p.yaml:2:24: unknown key 'naem'"},
	{"reminder: {at: due, tiem: x}\n", "p.yaml:1:21: unknown key 'tiem'; here may stand: at, time"},
	{"ID: a\n", "p.yaml:1:1: unknown key 'ID'"},
	{"\"i\\0d\": a\n", "p.yaml:1:1: unknown key 'i'"},
	{"id: a\nname: b\nid: c\n", "p.yaml:3:1: key 'id' is there twice, first in line 1"},
	{"id: a\n\"id\": c\n", "p.yaml:2:1: key 'id' is there twice, first in line 1"},
	{"rungs:\n- at: due\n  at: due\n", "p.yaml:3:3: key 'at' is there twice, first in line 2"},
	{"? [id]\n: a\n", "p.yaml:1:3: a key is one word or line"},
	{"<<: {id: a}\n", "p.yaml:1:1: unknown key '<<'"},
	/* shapes */
	{"", "p.yaml: is empty"},
	{"# nothing\n", "p.yaml: is empty"},
	{"---\n", "p.yaml:2:1: the file must be keys with values"},
	{"- a\n", "p.yaml:1:1: the file must be keys with values"},
	{"wenzheng\n", "p.yaml:1:1: the file must be keys with values"},
	{"id: [a]\n", "p.yaml:1:5: id must be one word or line"},
	{"id: {a: b}\n", "p.yaml:1:5: id must be one word or line"},
	{"rules: x\n", "p.yaml:1:8: rules must be a list"},
	{"rules:\nid: a\n", "p.yaml:1:7: rules must be a list"},
	{"rules: {name: x}\n", "p.yaml:1:8: rules must be a list"},
	{"rules: [x]\n", "p.yaml:1:9: rules[0] must be keys with values"},
	{"rules:\n  - name: a\n  - keyword: x\n", "p.yaml:3:14: rules[1].keyword must be a list"},
	{"rules:\n  - keyword: [a, [b]]\n", "p.yaml:2:18: rules[0].keyword[1] must be one word or line"},
	{"reminder: due\n", "p.yaml:1:11: reminder must be keys with values"},
	/* YAML that would be more than it seems */
	{"id: &x a\nname: *x\n", "p.yaml:2:7: aliases are not used here: *x"},
	{"rules: [*x]\n", "p.yaml:1:9: aliases are not used here: *x"},
	{"id: !!str a\n", "p.yaml:1:5: tags are not used here: tag:yaml.org,2002:str"},
	{"id: \"a\\0b\"\n", "p.yaml:1:5: id holds a control character"},
	{"name: \"a\\eb\"\n", "p.yaml:1:7: name holds a control character"},
	{"name: |\n  two\n  lines\n", "p.yaml:1:7: name holds a control character"},
	{"id: a\n---\nid: b\n", "p.yaml:2:1: a second document begins"},
	{"id: a\n]\n", "p.yaml:2:1: did not find expected"},
	{"id: a\n...\n]\n", "p.yaml:3:1: did not find expected"},
	{"{id: a} b\n", "p.yaml:1:9: did not find expected"},
	{"id: 'a\n", "p.yaml:2:1: found unexpected end of stream"},
	{"id: a\n\tname: b\n", "p.yaml:2:1: found a tab character that violates indentation"},
	{"id: a\nname: \xff\n", "p.yaml:2: is not UTF-8 text"},
	{"id: a\n\nname: \x01\n", "p.yaml:3: is not UTF-8 text"},
	/* meaning: the rules say what, the places say where */
	{"id: a\n", "p.yaml:1:1: name: is missing"},
	{"name: 甲\nid: A\n", "p.yaml:2:5: id: 'A' must be"},
	{"id: a\nname: 甲\nidentity: virtual\n", "p.yaml:3:11: identity: 'virtual' is not one of"},
	{"id: a\nname: 甲\ndepartments:\n  - id: x\n    name: 乙\n  - {id: x, name: 丙}\n",
		"p.yaml:6:10: departments[1].id: 'x' is there twice"},
	{"id: a\nname: 甲\ndepartments:\n  - id: x\n", "p.yaml:4:5: departments[0].name: is missing"},
	{"id: a\nname: 甲\ndepartments: [{id: x, name: 乙}]\nclasses:\n  - {id: c, name: 丁, within: 3}\n",
		"p.yaml:5:30: classes[0].within: '3' is not like"},
	{"id: a\nname: 甲\ndepartments: [{id: x, name: 乙}]\nclasses: [{id: c, name: 丁, within: none}]\n"
	 "rules:\n- {name: r, keyword: [噪音], department: x}\n- name: s\n  keyword: [噪音, '']\n  department: x\n",
		"p.yaml:8:17: rules[1].keyword[1]: must be one line"},
	{"id: a\nname: 甲\ndepartments: [{id: x, name: 乙}]\nclasses: [{id: c, name: 丁, within: none}]\n"
	 "lease: 0\n",
		"p.yaml:5:8: lease: '0' is not seconds"},
};

static void what_is_wrong_is_placed_to_the_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fault fault = FAULT_NONE;
		assert_null(profile_yaml_parse("p.yaml", span_of_string(rows[i].text), &fault));
		if (strncmp(fault.text, rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu: %s\nexpected: %s", i, fault.text, rows[i].fault);
	}
}

static const char good[] = "id: a\nname: 甲\ndepartments: [{id: x, name: 乙}]\n"
			   "classes: [{id: c, name: 丁, within: none}]\n";

static void a_text_without_fault_becomes_a_profile(void **state)
{
	(void)state;
	static const char *const texts[] = {good,
		"\xef\xbb\xbfid: a\nname: 甲\ndepartments: [{id: x, name: 乙}]\n"
		"classes: [{id: c, name: 丁, within: none}]\n"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct fault fault;
		struct profile *profile = profile_yaml_parse("p.yaml", span_of_string(texts[i]), &fault);
		if (!profile)
			fail_msg("%s", fault.text);
		assert_string_equal(profile->departments[0].name, "乙");
		profile_destroy(&profile);
	}
}

/* Ten lines that would be a thousand million words, were references followed. */
static void a_bomb_of_aliases_does_not_go_off(void **state)
{
	(void)state;
	struct buffer text = BUFFER_NULL;
	struct fault fault;
	buffer_printf(&text, "rules:\n- &a0 {name: lol}\n");
	for (int i = 1; i < 10; i++)
		buffer_printf(&text, "- &a%d {name: lol, keyword: [*a%d, *a%d]}\n", i, i - 1, i - 1);
	assert_null(profile_yaml_parse("bomb", buffer_span(&text), &fault));
	assert_non_null(strstr(fault.text, "aliases are not used here"));
	buffer_deinit(&text);
}

static void deep_nesting_ends_where_the_profile_ends(void **state)
{
	(void)state;
	struct buffer text = BUFFER_NULL;
	struct fault fault;
	buffer_printf(&text, "rules: ");
	for (int i = 0; i < 100000; i++)
		buffer_append_byte(&text, '[');
	assert_null(profile_yaml_parse("deep", buffer_span(&text), &fault));
	assert_string_equal(fault.text, "deep:1:9: rules[0] must be keys with values");
	buffer_deinit(&text);
}

static void what_is_no_readable_file_is_refused_with_the_reason(void **state)
{
	(void)state;
	struct folder folder;
	struct fault fault;
	folder_init(&folder);
	const char *pipe = folder_path(&folder, "pipe"), *large = folder_path(&folder, "large");
	assert_null(profile_yaml_load("/nowhere/profile.yaml", &fault));
	assert_string_equal(fault.text, "/nowhere/profile.yaml: No such file or directory");
	assert_null(profile_yaml_load(folder.path, &fault));
	assert_non_null(strstr(fault.text, "is not a regular file"));
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_null(profile_yaml_load(pipe, &fault));
	assert_non_null(strstr(fault.text, "is not a regular file"));
	FILE *file = fopen(large, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(truncate(large, 4 * 1024 * 1024 + 1), 0);
	assert_null(profile_yaml_load(large, &fault));
	assert_non_null(strstr(fault.text, "is larger than 4194304 bytes"));
	folder_deinit(&folder);
}

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7" /* the public test key of ZeroMQ's own manual */

static void principals_are_placed_as_well(void **state)
{
	(void)state;
	static const struct {
		const char *text, *fault;
	} wrong[] = {
		{"principals:\n  - {name: web, role: portal, kye: x}\n",
			"k.yaml:2:31: unknown key 'kye'; here may stand: name, role, key, departments, state"},
		{"principals:\n  - {name: web, role: portal, key: x}\n",
			"k.yaml:2:36: principals[0].key: must be a public key"},
		{"principals:\n  - {name: web, role: portal}\n",
			"k.yaml:2:5: principals[0].key: must be a public key"},
		{"principals:\n  - {name: web, role: citizen, key: \"" KEY_A "\"}\n",
			"k.yaml:2:23: principals[0].role: 'citizen' is not one of"},
		{"principals:\n"
		 "  - {name: web, role: portal, key: \"" KEY_A "\"}\n"
		 "  - {name: two, role: portal, key: \"" KEY_A "\"}\n",
			"k.yaml:3:36: principals[1].key: 'web' and 'two' have the same key"},
		{"principals:\n"
		 "  - name: one\n    role: worker\n    key: \"" KEY_A "\"\n    departments: [x, y]\n",
			"k.yaml:5:22: principals[0].departments[1]: 'y' of 'one' is not a department of profile 'a'"},
	};
	struct fault fault;
	struct profile *profile = profile_yaml_parse("p.yaml", span_of_string(good), &fault);
	assert_non_null(profile);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct span text = span_of_string(wrong[i].text);
		assert_null(principals_yaml_parse("k.yaml", text, profile, &fault));
		if (strncmp(fault.text, wrong[i].fault, strlen(wrong[i].fault)) != 0)
			fail_msg("row %zu: %s\nexpected: %s", i, fault.text, wrong[i].fault);
	}
	/* Without a profile there is nothing to compare departments with. */
	struct principals *principals =
		principals_yaml_parse("k.yaml", span_of_string(wrong[5].text), NULL, &fault);
	assert_non_null(principals);
	assert_string_equal(principals_at(principals, 0)->departments[1], "y");
	principals_destroy(&principals);
	principals = principals_yaml_parse("k.yaml", SPAN_LITERAL("principals: []\n"), profile, &fault);
	assert_non_null(principals);
	assert_null(principals_at(principals, 0));
	principals_destroy(&principals);
	profile_destroy(&profile);
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
		cmocka_unit_test(what_is_wrong_is_placed_to_the_column),
		cmocka_unit_test(a_text_without_fault_becomes_a_profile),
		cmocka_unit_test(a_bomb_of_aliases_does_not_go_off),
		cmocka_unit_test(deep_nesting_ends_where_the_profile_ends),
		cmocka_unit_test(what_is_no_readable_file_is_refused_with_the_reason),
		cmocka_unit_test(principals_are_placed_as_well),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
