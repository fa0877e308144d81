#include "tests/unit/host/folder.h"

#include "daemon/host/config.h"
#include "wire/keys.h"

/* A folder that a daemon would start from, built of what is shipped. */
struct site {
	struct folder folder;
	const char *config;
	const char *query_code;
	char *output;
};

#define QUERY_CODE "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static const char config_text[] = "profile: profile.yaml\nprincipals: principals.yaml\n"
				  "calendar: calendar.ics\nkeys: .\nstore: wenzheng.db\n";

static void copy(struct folder *folder, const char *from, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(from, "r");
	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	assert_int_equal(fclose(file), 0);
	folder_write(folder, name, text);
	free(text);
}

static void site_init(struct site *self)
{
	struct wire_key_pair pair;
	struct fault fault;
	char name[96];
	*self = (struct site){0};
	folder_init(&self->folder);
	self->config = folder_write(&self->folder, "wenzhengd.yaml", config_text);
	copy(&self->folder, "profiles/guangdong.yaml", "profile.yaml");
	copy(&self->folder, "profiles/principals.yaml.example", "principals.yaml");
	copy(&self->folder, "profiles/calendars/cn.ics", "calendar.ics");
	self->query_code = folder_write(&self->folder, "query-code.key", QUERY_CODE "\n");
	snprintf(name, sizeof(name), "%s/wenzhengd", self->folder.path);
	folder_path(&self->folder, "wenzhengd.key");
	folder_path(&self->folder, "wenzhengd.key_secret");
	wire_key_pair_generate(&pair);
	assert_true(wire_key_pair_save(&pair, name, &fault));
	wire_key_pair_generate(&pair);
	snprintf(name, sizeof(name), "%s/contact", self->folder.path);
	folder_path(&self->folder, "contact.key");
	assert_true(wire_key_pair_save(&pair, name, &fault));
	assert_int_equal(unlink(folder_path(&self->folder, "contact.key_secret")), 0);
	wire_key_pair_wipe(&pair);
}

static bool site_check(struct site *self)
{
	size_t size;
	free(self->output);
	self->output = NULL;
	FILE *out = open_memstream(&self->output, &size);
	assert_non_null(out);
	bool good = config_check(self->config, out);
	assert_int_equal(fclose(out), 0);
	return good;
}

static void site_deinit(struct site *self)
{
	free(self->output);
	folder_deinit(&self->folder);
}

static void assert_said(const struct site *site, const char *text)
{
	if (!strstr(site->output, text))
		fail_msg("'%s' is not said in:\n%s", text, site->output);
}

static void a_good_site_is_told_what_is_in_force(void **state)
{
	(void)state;
	struct site site;
	site_init(&site);
	assert_true(site_check(&site));
	assert_said(&site, "operator    tcp://127.0.0.1:5703\n");
	assert_said(&site, "profile     guangdong, 广东省网络问政平台\n");
	assert_said(&site, "identity    real_name_department\n");
	assert_said(&site, "class       ordinary (一般问题): 3 workday, the default\n");
	assert_said(&site, "class       major (重大疑难问题): 7 workday\n");
	assert_said(&site, "reminder    1 workday before the due date, 09:00\n");
	assert_said(&site, "rung 1      at the due moment\n");
	assert_said(&site, "rung 3      5 workday after the due date, 09:00\n");
	assert_said(&site, "principals  7\n");
	assert_said(&site, "warning: no worker in force serves 'labour'");
	assert_said(&site, "\ngood\n");
	assert_null(strstr(site.output, "serves 'edu'"));
	assert_null(strstr(site.output, "never decides"));
	site_deinit(&site);
}

static void a_rule_that_never_decides_is_a_warning_and_no_reminder_is_none(void **state)
{
	(void)state;
	struct site site;
	site_init(&site);
	folder_write(&site.folder, "profile.yaml",
		"id: t\nname: 测试\ndepartments: [{id: edu, name: 教育}]\n"
		"classes: [{id: o, name: 一般, within: 3 workday}]\n"
		"rules: [{name: all, department: edu}, {name: late, keyword: [x], department: edu}]\n"
		"reminder: {at: none}\n");
	folder_write(&site.folder, "principals.yaml",
		"principals:\n- {name: w, role: worker, departments: [edu], key: "
		"\"1111111111111111111111111111111111111111\"}\n");
	assert_true(site_check(&site));
	assert_said(&site, "warning: rule 'late' never decides: 'all' holds before it\n");
	assert_null(strstr(site.output, "reminder "));
	site_deinit(&site);
}

static void where_metrics_are_read_is_said_if_anywhere(void **state)
{
	(void)state;
	struct site site;
	site_init(&site);
	assert_true(site_check(&site));
	assert_null(strstr(site.output, "metrics"));
	site_deinit(&site);
	site_init(&site);
	char text[2048];
	snprintf(text, sizeof(text), "%smetrics_socket: /run/m\nmetrics_port: 9187\nbackup: /srv/b\n",
		config_text);
	folder_write(&site.folder, "wenzhengd.yaml", text);
	assert_true(site_check(&site));
	assert_said(
		&site, "metrics     /run/m\nmetrics     http://127.0.0.1:9187/metrics\nbackups     /srv/b\n");
	site_deinit(&site);
}

static void a_calendar_that_ends_soon_is_a_warning(void **state)
{
	(void)state;
	struct site site;
	site_init(&site);
	folder_write(&site.folder, "calendar.ics",
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//test//EN\r\nBEGIN:VEVENT\r\nUID:1@test\r\n"
		"DTSTAMP:20100101T000000Z\r\nDTSTART;VALUE=DATE:20100101\r\nDTEND;VALUE=DATE:20100102\r\n"
		"SUMMARY:元旦假期\r\nCATEGORIES:HOLIDAY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
	assert_true(site_check(&site));
	assert_said(&site, "published until 2010-12-31\n  warning: less than 30 days");
	site_deinit(&site);
}

static void what_would_stop_the_daemon_is_an_error_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *file, *text, *said;
	} rows[] = {
		{"wenzhengd.yaml", "profil: x\n", "wenzhengd.yaml:1:1: unknown key 'profil'"},
		{"profile.yaml", "id: a\nnmae: b\n", "profile.yaml:2:1: unknown key 'nmae'"},
		{"principals.yaml",
			"principals:\n- {name: a, role: worker, departments: [tax], key: "
			"\"1111111111111111111111111111111111111111\"}\n",
			"principals.yaml:2:41: principals[0].departments[0]: 'tax' of 'a' is not a department"},
		{"calendar.ics", "not a calendar\n", "calendar.ics"},
		{"wenzhengd.key_secret", "", "wenzhengd.key_secret: not a key file"},
		{"query-code.key", "0011", "query-code.key: is not one line of 64 hexadecimal digits"},
		{"query-code.key", QUERY_CODE "00\n", "query-code.key: is not one line of 64 hexadecimal"},
		{"query-code.key", "g" QUERY_CODE, "query-code.key: is not one line of 64 hexadecimal"},
		{"query-code.key", "g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n",
			"query-code.key: is not one line of 64 hexadecimal"},
		{"query-code.key", "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEF/\n",
			"query-code.key: is not one line of 64 hexadecimal"},
		{"query-code.key", QUERY_CODE "\n\n", "query-code.key: is not one line of 64 hexadecimal"},
		{"contact.key", "", "contact.key: not a key file"},
		{"contact.key", "curve\n    public-key = \"short\"\n", "contact.key: public-key"},
		{"contact.key_secret", "", "must not be on the daemon's machine"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct site site;
		site_init(&site);
		folder_write(&site.folder, rows[i].file, rows[i].text);
		assert_false(site_check(&site));
		assert_said(&site, "error: ");
		assert_said(&site, rows[i].said);
		assert_null(strstr(site.output, "good"));
		site_deinit(&site);
	}
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	static const char *const names[] = {"wenzhengd.yaml", "profile.yaml", "principals.yaml",
		"calendar.ics", "wenzhengd.key_secret", "query-code.key", "contact.key"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct site site;
		char path[128];
		site_init(&site);
		snprintf(path, sizeof(path), "%s/%s", site.folder.path, names[i]);
		assert_int_equal(unlink(path), 0);
		assert_false(site_check(&site));
		assert_said(&site, names[i]);
		assert_said(&site, "No such file or directory");
		site_deinit(&site);
	}
}

static void a_secret_that_others_can_read_is_refused_with_the_command_to_mend_it(void **state)
{
	(void)state;
	struct site site;
	site_init(&site);
	for (mode_t mode = 0604; mode <= 0640; mode += 034) {
		assert_int_equal(chmod(site.query_code, mode), 0);
		assert_false(site_check(&site));
		assert_said(&site, "others can read this secret: chmod 600 ");
	}
	site_deinit(&site);
}

static void a_credential_of_systemd_comes_before_the_keys_folder(void **state)
{
	(void)state;
	struct site site;
	struct folder credentials;
	struct fault fault;
	struct config_secrets secrets;
	site_init(&site);
	folder_init(&credentials);
	const char *path = folder_write(&credentials, "query-code.key",
		"ff112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF");
	/* systemd guards the folder; the file's own mode tells nothing. */
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", credentials.path, 1), 0);
	struct config *config = config_load(site.config, &fault);
	assert_non_null(config);
	/* The other secret is no credential, so it is looked for in the folder. */
	assert_true(config_load_secrets(config, &secrets, &fault));
	assert_int_equal(secrets.query_code.bytes[0], 0xff);
	assert_int_equal(unlink(path), 0);
	assert_true(config_load_secrets(config, &secrets, &fault));
	assert_int_equal(secrets.query_code.bytes[0], 0x00);
	assert_int_equal(secrets.query_code.bytes[31], 0xff);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	config_secrets_wipe(&secrets);
	config_destroy(&config);
	folder_deinit(&credentials);
	site_deinit(&site);
}

static void a_pipe_in_the_place_of_a_secret_does_not_hang_the_start(void **state)
{
	(void)state;
	struct site site;
	site_init(&site);
	assert_int_equal(unlink(site.query_code), 0);
	assert_int_equal(mkfifo(site.query_code, 0600), 0);
	assert_false(site_check(&site));
	assert_said(&site, "query-code.key: is not a regular file");
	site_deinit(&site);
}

static int start(void **state)
{
	(void)state;
	digest_start();
	return unsetenv("CREDENTIALS_DIRECTORY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_site_is_told_what_is_in_force),
		cmocka_unit_test(a_rule_that_never_decides_is_a_warning_and_no_reminder_is_none),
		cmocka_unit_test(where_metrics_are_read_is_said_if_anywhere),
		cmocka_unit_test(a_calendar_that_ends_soon_is_a_warning),
		cmocka_unit_test(what_would_stop_the_daemon_is_an_error_with_its_place),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_secret_that_others_can_read_is_refused_with_the_command_to_mend_it),
		cmocka_unit_test(a_credential_of_systemd_comes_before_the_keys_folder),
		cmocka_unit_test(a_pipe_in_the_place_of_a_secret_does_not_hang_the_start),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
