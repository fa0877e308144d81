#include "wire/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <czmq.h>

#include "base/digest.h"
#include "tests/lib/prng.h"

/* A folder of its own for each test. */
struct folder {
	char path[64];
	char file[128];
};

static int folder_setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));
	assert_non_null(folder);
	strcpy(folder->path, "/tmp/wire-keys-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	*state = folder;
	return 0;
}

static int folder_teardown(void **state)
{
	struct folder *folder = *state;
	static const char *const names[] = {"a.key", "a.key_secret", "target"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, names[i]);
		unlink(folder->file);
	}
	int r = rmdir(folder->path);
	free(folder);
	return r;
}

static const char *in(struct folder *folder, const char *name)
{
	snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
	return folder->file;
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static mode_t mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_a_key_survives_print_and_parse(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 1000; i++) {
		struct wire_key key;
		struct wire_key again;
		struct fault fault;
		char text[WIRE_KEY_TEXT_SIZE];
		for (size_t b = 0; b < WIRE_KEY_SIZE; b++)
			key.public_key[b] = (uint8_t)prng_below(&prng, 256);
		wire_key_print(&key, text);
		assert_int_equal(strlen(text), 40);
		assert_true(wire_key_parse(span_of_string(text), &again, &fault));
		assert_true(wire_key_equal(&key, &again));
	}
}

static void test_what_is_no_key_is_refused_with_a_reason(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"", "40 characters"},
		{"0123456789012345678901234567890123456789x", "40 characters"},
		{"012345678901234567890123456789012345678", "40 characters"},
		{"01234567890123456789012345678901234567 9", "Z85"},
		{"0123456789012345678901234567890123456\"89", "Z85"},
		{"01234567890123456789012345678901234567\n9", "Z85"},
		{"0123456789012345678901234567890123\xe7\x95\x99 56", "Z85"},
		{"########################################", "range"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_key key;
		struct fault fault = FAULT_NONE;
		assert_false(wire_key_parse(span_of_string(cases[i].text), &key, &fault));
		assert_non_null(strstr(fault.text, cases[i].says));
	}
	struct wire_key key;
	struct fault fault;
	char with_nul[40] = "01234567890123456789";
	assert_false(wire_key_parse(span_of(with_nul, sizeof(with_nul)), &key, &fault));
}

static void test_a_fingerprint_is_the_head_of_the_digest(void **state)
{
	(void)state;
	struct wire_key key = {{1, 2, 3}};
	char text[WIRE_FINGERPRINT_SIZE];
	char hex[DIGEST_HEX_SIZE];
	wire_key_fingerprint(&key, text);
	struct digest digest = digest_of(span_of(key.public_key, WIRE_KEY_SIZE));
	digest_to_hex(&digest, hex);
	assert_int_equal(strlen(text), 8);
	assert_memory_equal(text, hex, 8);
}

static void test_two_generated_pairs_differ_and_wiping_leaves_zeros(void **state)
{
	(void)state;
	struct wire_key_pair a;
	struct wire_key_pair b;
	static const struct wire_key_pair zeros;
	wire_key_pair_generate(&a);
	wire_key_pair_generate(&b);
	assert_false(wire_key_equal(&a.key, &b.key));
	assert_memory_not_equal(a.secret_key, b.secret_key, WIRE_KEY_SIZE);
	wire_key_pair_wipe(&a);
	assert_memory_equal(&a, &zeros, sizeof(zeros));
}

static void test_a_pair_is_saved_with_its_modes_and_read_back(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct wire_key_pair again;
	struct wire_key public_key;
	struct fault fault = FAULT_NONE;
	wire_key_pair_generate(&pair);
	mode_t old = umask(0); /* the loosest there is */
	bool saved = wire_key_pair_save(&pair, in(folder, "a"), &fault);
	umask(old);
	assert_true(saved);
	assert_int_equal(mode_of(in(folder, "a.key")), 0644);
	assert_int_equal(mode_of(in(folder, "a.key_secret")), 0600);
	assert_true(wire_key_pair_load(in(folder, "a.key_secret"), WIRE_KEY_GUARDED_BY_MODE, &again, &fault));
	assert_memory_equal(&pair, &again, sizeof(pair));
	static const char *const both[] = {"a.key", "a.key_secret"};
	for (size_t i = 0; i < 2; i++) {
		assert_true(wire_key_load(in(folder, both[i]), &public_key, &fault));
		assert_true(wire_key_equal(&public_key, &pair.key));
	}
}

static void test_a_strict_umask_still_lets_others_read_the_public_key(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct fault fault;
	wire_key_pair_generate(&pair);
	mode_t old = umask(0777);
	bool saved = wire_key_pair_save(&pair, in(folder, "a"), &fault);
	umask(old);
	assert_true(saved);
	assert_int_equal(mode_of(in(folder, "a.key")), 0644);
	assert_int_equal(mode_of(in(folder, "a.key_secret")), 0600);
}

static void test_nothing_is_overwritten_and_nothing_half_stays(void **state)
{
	struct folder *folder = *state;
	static const char *const there[] = {"a.key", "a.key_secret"};
	for (size_t i = 0; i < 2; i++) {
		struct wire_key_pair pair;
		struct fault fault = FAULT_NONE;
		wire_key_pair_generate(&pair);
		put(in(folder, there[i]), "precious\n", 0600);
		assert_false(wire_key_pair_save(&pair, in(folder, "a"), &fault));
		assert_non_null(strstr(fault.text, there[i]));
		assert_non_null(strstr(fault.text, "never overwritten"));
		assert_int_equal(access(in(folder, there[1 - i]), F_OK), -1);
		char text[32] = "";
		FILE *file = fopen(in(folder, there[i]), "re");
		assert_non_null(file);
		assert_non_null(fgets(text, sizeof(text), file));
		fclose(file);
		assert_string_equal(text, "precious\n");
		assert_int_equal(unlink(in(folder, there[i])), 0);
	}
}

static void test_a_key_is_not_written_through_a_link(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	char target[128];
	snprintf(target, sizeof(target), "%s/target", folder->path);
	wire_key_pair_generate(&pair);
	assert_int_equal(symlink(target, in(folder, "a.key_secret")), 0);
	assert_false(wire_key_pair_save(&pair, in(folder, "a"), &fault));
	assert_int_equal(access(target, F_OK), -1);
}

static void test_a_path_that_is_too_long_is_not_cut_to_another(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	static char name[5000];
	memset(name, 'x', sizeof(name) - 1);
	memcpy(name, folder->path, strlen(folder->path));
	name[strlen(folder->path)] = '/';
	wire_key_pair_generate(&pair);
	assert_false(wire_key_pair_save(&pair, name, &fault));
	assert_non_null(strstr(fault.text, "the path is too long"));
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	wire_key_pair_generate(&pair);
	assert_false(wire_key_pair_save(&pair, in(folder, "no/such/place"), &fault));
	assert_non_null(strstr(fault.text, "no/such/place.key_secret: No such file"));
}

static void test_a_secret_that_others_may_read_is_refused_except_where_its_place_guards_it(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct wire_key_pair again;
	struct fault fault = FAULT_NONE;
	static const mode_t loose[] = {0640, 0604, 0660, 0644, 0666, 0620, 0601};
	wire_key_pair_generate(&pair);
	assert_true(wire_key_pair_save(&pair, in(folder, "a"), &fault));
	const char *path = in(folder, "a.key_secret");
	for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++) {
		assert_int_equal(chmod(path, loose[i]), 0);
		assert_false(wire_key_pair_load(path, WIRE_KEY_GUARDED_BY_MODE, &again, &fault));
		assert_non_null(strstr(fault.text, path));
		assert_non_null(strstr(fault.text, "chmod 600"));
		assert_true(wire_key_pair_load(path, WIRE_KEY_GUARDED_BY_PLACE, &again, &fault));
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_true(wire_key_pair_load(path, WIRE_KEY_GUARDED_BY_MODE, &again, &fault));
}

#define PUBLIC_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET_A "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

static void test_a_file_that_is_no_key_file_is_refused_by_name(void **state)
{
	struct folder *folder = *state;
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"", "no public-key"},
		{"\n\n", "no public-key"},
		{"hello", "no public-key"},
		{"curve\n", "no public-key"},
		{"curve\n    public-key = \"" PUBLIC_A "\"\n", "no secret-key"},
		{"curve\n    secret-key = \"" SECRET_A "\"\n", "no public-key"},
		{"public-key = \"" PUBLIC_A "\"\nsecret-key = \"" SECRET_A "\"\n", "no public-key"},
		{"metadata\n    public-key = \"" PUBLIC_A "\"\n", "no public-key"},
		{"curve\n    public-key = \"" PUBLIC_A "\n", "no public-key"},
		{"curve\n    public-key = " PUBLIC_A "\n", "no public-key"},
		{"curve\n    public-key \"" PUBLIC_A "\"\n", "no public-key"},
		{"curve\n    public-key = \"short\"\n", "public-key: a key has 40"},
		{"curve\n    public-key = \"\n", "no public-key"},
		{"curve\n    public-key =\n", "no public-key"},
		{"curve\n    pub\n\t \tsecret\n", "no public-key"},
		{"curve\n    public-key = \"\"\n", "public-key: a key has 40"},
		{"curve\n    public-key = \"" PUBLIC_A "\"\n    secret-key = \"x\"\n",
			"secret-key: a key has 40"},
		{"curve\n    public-key = \"" SECRET_A "\"\n    secret-key = \"" SECRET_A "\"\n",
			"do not belong together"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_key_pair pair;
		struct fault fault = FAULT_NONE;
		const char *path = in(folder, "a.key_secret");
		put(path, cases[i].text, 0600);
		assert_false(wire_key_pair_load(path, WIRE_KEY_GUARDED_BY_MODE, &pair, &fault));
		assert_memory_equal(fault.text, path, strlen(path));
		if (!strstr(fault.text, cases[i].says))
			fail_msg("case %zu: %s", i, fault.text);
		assert_null(strstr(fault.text, SECRET_A));
		bool half = strstr(cases[i].says, "secret-key") || strstr(cases[i].says, "together");
		assert_true(
			wire_key_load(path, &pair.key, &fault) == half); /* the public key alone is there */
	}
}

static void test_spaces_comments_and_line_ends_of_other_systems_do_not_matter(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	const char *path = in(folder, "a.key_secret");
	put(path,
		"# made by hand\r\nmetadata\r\n    name = \"x\"\r\ncurve  \r\n\tpublic-key=\"" PUBLIC_A
		"\"  \r\n    secret-key  =  \"" SECRET_A "\"",
		0600);
	if (!wire_key_pair_load(path, WIRE_KEY_GUARDED_BY_MODE, &pair, &fault))
		fail_msg("%s", fault.text);
	char text[WIRE_KEY_TEXT_SIZE];
	wire_key_print(&pair.key, text);
	assert_string_equal(text, PUBLIC_A);
}

static void test_a_missing_file_a_folder_a_fifo_and_an_endless_file_are_refused(void **state)
{
	struct folder *folder = *state;
	struct wire_key key;
	struct fault fault = FAULT_NONE;
	assert_false(wire_key_load(in(folder, "a.key"), &key, &fault));
	assert_non_null(strstr(fault.text, "a.key: No such file"));
	assert_false(wire_key_load(folder->path, &key, &fault));
	assert_non_null(strstr(fault.text, "not a file"));
	assert_int_equal(mkfifo(in(folder, "a.key"), 0600), 0);
	assert_false(wire_key_load(in(folder, "a.key"), &key, &fault));
	assert_non_null(strstr(fault.text, "not a file"));
	assert_int_equal(unlink(in(folder, "a.key")), 0);
	FILE *file = fopen(in(folder, "a.key"), "we");
	assert_non_null(file);
	for (int i = 0; i < 5000; i++)
		fputc('#', file);
	fclose(file);
	assert_false(wire_key_load(in(folder, "a.key"), &key, &fault));
	assert_non_null(strstr(fault.text, "longer than"));
}

static void test_zcert_reads_what_we_write_and_we_read_what_zcert_writes(void **state)
{
	struct folder *folder = *state;
	struct wire_key_pair pair;
	struct wire_key_pair again;
	struct fault fault = FAULT_NONE;
	wire_key_pair_generate(&pair);
	assert_true(wire_key_pair_save(&pair, in(folder, "a"), &fault));
	zcert_t *cert = zcert_load(in(folder, "a.key"));
	assert_non_null(cert);
	assert_memory_equal(zcert_public_key(cert), pair.key.public_key, WIRE_KEY_SIZE);
	assert_memory_equal(zcert_secret_key(cert), pair.secret_key, WIRE_KEY_SIZE);
	zcert_destroy(&cert);
	unlink(in(folder, "a.key"));
	unlink(in(folder, "a.key_secret"));

	cert = zcert_new();
	assert_non_null(cert);
	zcert_set_meta(cert, "name", "%s", "front");
	assert_int_equal(zcert_save(cert, in(folder, "a.key")), 0);
	assert_true(wire_key_pair_load(in(folder, "a.key_secret"), WIRE_KEY_GUARDED_BY_MODE, &again, &fault));
	assert_memory_equal(again.key.public_key, zcert_public_key(cert), WIRE_KEY_SIZE);
	assert_memory_equal(again.secret_key, zcert_secret_key(cert), WIRE_KEY_SIZE);
	zcert_destroy(&cert);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
	digest_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_survives_print_and_parse),
		cmocka_unit_test(test_what_is_no_key_is_refused_with_a_reason),
		cmocka_unit_test(test_a_fingerprint_is_the_head_of_the_digest),
		cmocka_unit_test(test_two_generated_pairs_differ_and_wiping_leaves_zeros),
		IN_FOLDER(test_a_pair_is_saved_with_its_modes_and_read_back),
		IN_FOLDER(test_a_strict_umask_still_lets_others_read_the_public_key),
		IN_FOLDER(test_nothing_is_overwritten_and_nothing_half_stays),
		IN_FOLDER(test_a_key_is_not_written_through_a_link),
		IN_FOLDER(test_a_path_that_is_too_long_is_not_cut_to_another),
		IN_FOLDER(test_a_folder_that_is_not_there_is_named),
		IN_FOLDER(test_a_secret_that_others_may_read_is_refused_except_where_its_place_guards_it),
		IN_FOLDER(test_a_file_that_is_no_key_file_is_refused_by_name),
		IN_FOLDER(test_spaces_comments_and_line_ends_of_other_systems_do_not_matter),
		IN_FOLDER(test_a_missing_file_a_folder_a_fifo_and_an_endless_file_are_refused),
		IN_FOLDER(test_zcert_reads_what_we_write_and_we_read_what_zcert_writes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
