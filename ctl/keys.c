#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "ctl/command_line.h"
#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/keys_query_code.h"
#include "wire/keys.h"

/* wenzhengctl keys new: key files, and the line of principals.yaml that admits a key. */

/* What the daemon calls its own keys. */
#define SERVER_NAME	"wenzhengd"
#define QUERY_CODE_NAME "query-code"
#define CONTACT_NAME	"contact"

struct wish {
	const char *name;
	const char *role;
	const char *departments; /* "a,b" */
	const char *folder;
	char stem[4096]; /* folder and name */
};

static bool is_id(struct span text, size_t size_max)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	bool good = text.size > 0 && text.size <= size_max && text.data[0] != '-' &&
		    text.data[text.size - 1] != '-';
	for (size_t i = 0; good && i < text.size; i++)
		good = memchr(letters, text.data[i], sizeof(letters) - 1) != NULL;
	return good;
}

/* ---- the command line ---- */

static int check_name(const struct command *command, const struct wish *wish)
{
	static const struct {
		const char *role;
		const char *name;
	} fixed[] = {{"server", SERVER_NAME}, {"query-code", QUERY_CODE_NAME}, {"contact", CONTACT_NAME}};
	if (!is_id(span_of_string(wish->name), PRINCIPAL_NAME_SIZE_MAX))
		return command_line_wrong(command, _("the name \"%s\" is not 1 to %d of a-z, 0-9 and -"),
			wish->name, PRINCIPAL_NAME_SIZE_MAX);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		bool role = strcmp(wish->role, fixed[i].role) == 0,
		     name = strcmp(wish->name, fixed[i].name) == 0;
		if (role && !name)
			return command_line_wrong(command,
				_("the daemon looks for the key of role %s as \"%s\" and as "
				  "nothing else"),
				fixed[i].role, fixed[i].name);
		if (name && !role)
			return command_line_wrong(command, _("the name \"%s\" is kept for --role %s"),
				fixed[i].name, fixed[i].role);
	}
	return CTL_DONE;
}

static bool is_role(const char *role)
{
	static const char *const roles[] = {"portal", "worker", "supervisor", "triage", "approver",
		"moderator", "operator", "server", "query-code", "contact"};
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(role, roles[i]) == 0)
			return true;
	return false;
}

/* The part before the next comma; false at the end. */
static bool next_department(struct span *rest, struct span *ret_department)
{
	if (!rest->data)
		return false;
	const char *comma = memchr(rest->data, ',', rest->size);
	size_t size = comma ? (size_t)(comma - rest->data) : rest->size;
	*ret_department = span_of(rest->data, size);
	*rest = comma ? span_of(comma + 1, rest->size - size - 1) : SPAN_EMPTY;
	return true;
}

static int check_departments(const struct command *command, const struct wish *wish)
{
	bool worker = strcmp(wish->role, "worker") == 0;
	struct span rest = span_of_string(wish->departments), department;
	if (worker && !wish->departments)
		return command_line_wrong(command, _("a worker serves departments: --departments edu,water"));
	if (!worker && wish->departments)
		return command_line_wrong(command, _("--departments goes with --role worker only"));
	while (next_department(&rest, &department))
		if (!is_id(department, DEPARTMENT_ID_SIZE_MAX))
			return command_line_wrong(command,
				_("the department \"%.*s\" is not 1 to %d of a-z, 0-9 and - (separate by commas)"),
				SPAN_PRINT(department), DEPARTMENT_ID_SIZE_MAX);
	return CTL_DONE;
}

static int check_wish(const struct command *command, const struct settings *settings, struct wish *wish)
{
	if (strcmp(settings->words[0], "new") != 0)
		return command_line_wrong(command, _("\"%s\" is not \"new\""), settings->words[0]);
	wish->name = settings->words[1];
	if (!wish->role)
		return command_line_wrong(command, _("--role is missing"));
	if (!is_role(wish->role))
		return command_line_wrong(command,
			_("--role \"%s\" is not one of portal, worker, supervisor, triage, approver, moderator, operator, "
			  "server, query-code, contact"),
			wish->role);
	int size = snprintf(wish->stem, sizeof(wish->stem), "%s/%s", wish->folder, wish->name);
	if (size < 0 || (size_t)size >= sizeof(wish->stem))
		return command_line_wrong(command, _("the path of --dir is too long"));
	int status = check_name(command, wish);
	return status == CTL_DONE ? check_departments(command, wish) : status;
}

/* ---- what is said of a new key ---- */

static json_t *departments_array(const struct wish *wish)
{
	json_t *array = json_array();
	struct span rest = span_of_string(wish->departments), department;
	while (next_department(&rest, &department))
		json_array_append_new(array, json_stringn(department.data, department.size));
	return array;
}

static void print_json(const struct wish *wish, const char *key, const char *fingerprint)
{
	char path[sizeof(wish->stem) + 16];
	json_t *document = json_object();
	json_object_set_new(document, "name", json_string(wish->name));
	json_object_set_new(document, "role", json_string(wish->role));
	json_object_set_new(document, "key", json_string(key));
	if (wish->departments)
		json_object_set_new(document, "departments", departments_array(wish));
	json_object_set_new(document, "fingerprint", json_string(fingerprint));
	snprintf(path, sizeof(path), "%s.key_secret", wish->stem);
	json_object_set_new(document, "secret_file", json_string(path));
	snprintf(path, sizeof(path), "%s.key", wish->stem);
	json_object_set_new(document, "public_file", json_string(path));
	document_print(document);
}

static void print_principal(const struct wish *wish, const char *key)
{
	struct span rest = span_of_string(wish->departments), department;
	const char *separator = "";
	fputs(_("\nthe daemon admits it with this line under `principals:` in /etc/wenzheng/principals.yaml,\n"
		"after systemctl reload wenzhengd:\n\n"),
		stdout);
	printf("  - {name: %s, role: %s, key: \"%s\"", wish->name, wish->role, key);
	if (wish->departments)
		fputs(", departments: [", stdout);
	for (; next_department(&rest, &department); separator = ", ")
		printf("%s%.*s", separator, SPAN_PRINT(department));
	printf("%s}\n", wish->departments ? "]" : "");
}

static void print_pair(const struct wish *wish, const char *key, const char *fingerprint)
{
	printf(_("%s.key_secret  secret, stays with the program that uses it\n"), wish->stem);
	printf(_("%s.key         public, fingerprint %s\n"), wish->stem, fingerprint);
	if (strcmp(wish->role, "server") == 0)
		printf(_("\neverybody who connects needs the public one; as text: %s\n"), key);
	else if (strcmp(wish->role, "contact") == 0)
		printf(_("\ncontact details are sealed to the public one: it goes to %s of the daemon's machine. The\n"
			 "secret one opens them, and has no business there: keep it where the approver works, and a copy in a\n"
			 "safe, for without it nobody ever reads them\n"),
			COMMAND_KEYS_FOLDER);
	else
		print_principal(wish, key);
}

/* ---- making ---- */

static int make_pair(const struct settings *settings, const struct wish *wish)
{
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	char key[WIRE_KEY_TEXT_SIZE], fingerprint[WIRE_FINGERPRINT_SIZE];
	wire_key_pair_generate(&pair);
	bool saved = wire_key_pair_save(&pair, wish->stem, &fault);
	wire_key_print(&pair.key, key);
	wire_key_fingerprint(&pair.key, fingerprint);
	wire_key_pair_wipe(&pair);
	if (!saved)
		return command_failed(settings->command, "%s", fault.text);
	if (settings->json)
		print_json(wish, key, fingerprint);
	else
		print_pair(wish, key, fingerprint);
	return CTL_DONE;
}

static int make_query_code_key(const struct settings *settings, const struct wish *wish)
{
	struct fault fault = FAULT_NONE;
	char path[sizeof(wish->stem) + 16];
	snprintf(path, sizeof(path), "%s.key", wish->stem);
	if (!keys_query_code_create(path, &fault))
		return command_failed(settings->command, "%s", fault.text);
	if (settings->json)
		document_print(json_pack(
			"{s:s, s:s, s:s}", "name", wish->name, "role", wish->role, "secret_file", path));
	else
		printf(_("%s  secret; keep a copy with your backups: citizens' query codes come from it, and with\n"
			 "another one the codes they have been given are void\n"),
			path);
	return CTL_DONE;
}

int ctl_keys(int argc, char **argv)
{
	struct wish wish = {.folder = COMMAND_KEYS_FOLDER};
	const struct command_option options[] = {
		{"role", N_("ROLE"),
			N_("portal, worker, supervisor, triage, approver, moderator, operator, or the daemon's own:\n"
			   "                         server, query-code, contact"),
			&wish.role, NULL},
		{"departments", N_("A,B"), N_("whom a worker may serve"), &wish.departments, NULL},
		{"dir", N_("FOLDER"), N_("where the files go (usually /etc/wenzheng/keys)"), &wish.folder,
			NULL},
		{0},
	};
	const struct command command = {
		.name = "keys",
		.words = N_("new NAME"),
		.words_min = 2,
		.words_max = 2,
		.help = N_(
			"Makes a key pair, NAME.key_secret and NAME.key, and prints the line of principals.yaml that\n"
			"admits it. A file that exists is never overwritten. No daemon is needed."),
		.examples = "  wenzhengctl keys new wenzhengd --role server\n"
			    "  wenzhengctl keys new query-code --role query-code\n"
			    "  wenzhengctl keys new contact --role contact --dir .\n"
			    "  wenzhengctl keys new edu-1 --role worker --departments edu",
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	status = check_wish(&command, &settings, &wish);
	if (status == CTL_DONE)
		status = strcmp(wish.role, "query-code") == 0 ? make_query_code_key(&settings, &wish)
							      : make_pair(&settings, &wish);
	return status == CTL_DONE ? command_finish(&command) : status;
}
