#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "ctl/daemon_program.h"
#include "ctl/doctor.h"
#include "wire/keys.h"

/* What stands in files: the configuration, by the daemon's own eyes, and the keys. */

#define OUTPUT_MAX (64 * 1024)

/* ---- configuration ---- */

/* What the program says on both channels, in the language in which we speak ourselves, at most OUTPUT_MAX of
 * it; its exit status, or -1. */
static int run(const struct doctor *self, const char *program, struct buffer *ret_said)
{
	int ends[2];
	char part[4096];
	ssize_t size;
	ENSURE(pipe(ends) == 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		if (self->settings->json)
			setenv("LC_ALL", "C", 1);
		execl(program, "wenzhengd", "--check-config", "--config", self->config, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((size = read(ends[0], part, sizeof(part))) > 0)
		if (ret_said->size < OUTPUT_MAX)
			buffer_append(ret_said, part, (size_t)size);
	close(ends[0]);
	int status = -1;
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Each line that is a warning, and the last one if it failed. */
static void tell_lines(struct doctor *self, char *said, int status)
{
	char *last = NULL, *rest = NULL;
	for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *warning = strstr(line, _("warning: "));
		if (warning)
			doctor_say(self, DOCTOR_WARNING, N_("configuration"),
				_("docs: OPERATIONS.md; then `wenzhengctl reload`"), "%s",
				warning + strlen(_("warning: ")));
		last = line;
	}
	if (status == 0)
		doctor_say(self, DOCTOR_GOOD, N_("configuration"), NULL, "%s", self->config);
	else
		doctor_say(self, DOCTOR_BAD, N_("configuration"),
			_("mend the file, then `wenzhengd --check-config`"), "%s",
			last ? last : _("wenzhengd --check-config says nothing"));
}

void doctor_look_at_configuration(struct doctor *self)
{
	struct buffer path = BUFFER_NULL, said = BUFFER_NULL;
	if (daemon_program_find(&path)) {
		int status = run(self, buffer_string(&path), &said);
		tell_lines(self, (char *)(void *)buffer_string(&said), status);
	} else {
		doctor_say(self, DOCTOR_BAD, N_("configuration"), _("install wenzhengd beside wenzhengctl"),
			_("there is no program to read it with: %s"), buffer_string(&path));
	}
	buffer_deinit(&path);
	buffer_deinit(&said);
}

/* ---- keys ---- */

#define SECRET_MODES_FORBIDDEN 077

static const char *path_of(const struct doctor *self, const char *name, char path[static 4096])
{
	snprintf(path, 4096, "%s/%s", self->keys, name);
	return path;
}

static bool is_there(struct doctor *self, const char *path, const char *mend, struct stat *ret_status)
{
	if (stat(path, ret_status) == 0)
		return true;
	bool hidden = errno == EACCES;
	doctor_say(self, hidden ? DOCTOR_WARNING : DOCTOR_BAD, N_("keys"),
		hidden ? _("run it as root") : mend, _("%s: %s"), path, language_error(errno));
	return false;
}

static void look_at_mode(struct doctor *self, const char *path, const struct stat *status)
{
	char mend[4112];
	snprintf(mend, sizeof(mend), "chmod 600 %s", path);
	if (status->st_mode & SECRET_MODES_FORBIDDEN)
		doctor_say(self, DOCTOR_BAD, N_("keys"), mend,
			_("%s: others can read this secret (mode %03o)"), path,
			(unsigned)(status->st_mode & 0777));
	else
		doctor_say(self, DOCTOR_GOOD, N_("keys"), NULL, _("%s is there, for its owner alone"), path);
}

static void look_at_secret(struct doctor *self, const char *name, const char *mend)
{
	char path[4096];
	struct stat status;
	if (is_there(self, path_of(self, name, path), mend, &status))
		look_at_mode(self, path, &status);
}

/* The pair belongs together, and the public half that is handed out is its own. */
static void look_at_pair(struct doctor *self)
{
	char secret[4096], public[4096];
	struct wire_key_pair pair;
	struct wire_key key;
	struct fault fault;
	path_of(self, "wenzhengd.key_secret", secret);
	path_of(self, "wenzhengd.key", public);
	if (access(secret, R_OK) != 0 || access(public, R_OK) != 0)
		return; /* said already, or not for our eyes */
	if (!wire_key_pair_load(secret, WIRE_KEY_GUARDED_BY_PLACE, &pair, &fault) ||
		!wire_key_load(public, &key, &fault))
		doctor_say(self, DOCTOR_BAD, N_("keys"),
			_("restore the file from its copy; a new pair must be given to everybody"), "%s",
			fault.text);
	else if (!wire_key_equal(&pair.key, &key))
		doctor_say(self, DOCTOR_BAD, N_("keys"),
			_("take the public-key line of wenzhengd.key_secret, and give it to everybody"),
			_("%s is not the public half of %s: who was given it connects to nobody"), public,
			secret);
	else
		doctor_say(self, DOCTOR_GOOD, N_("keys"), NULL, _("the daemon's two keys belong together"));
	wire_key_pair_wipe(&pair);
}

void doctor_look_at_keys(struct doctor *self)
{
	char path[4096];
	struct stat status;
	look_at_secret(self, "wenzhengd.key_secret", "wenzhengctl keys new wenzhengd --role server");
	look_at_secret(self, "query-code.key",
		_("restore it from its copy: with a new one (wenzhengctl keys new query-code --role query-code) every code that "
		  "citizens hold is void"));
	is_there(self, path_of(self, "wenzhengd.key", path),
		_("take the public-key line of wenzhengd.key_secret"), &status);
	is_there(self, path_of(self, "contact.key", path),
		_("wenzhengctl keys new contact --role contact, where the approver works"), &status);
	if (stat(path_of(self, "contact.key_secret", path), &status) == 0)
		doctor_say(self, DOCTOR_BAD, N_("keys"), _("give it to the approver and remove it here"),
			_("%s: the secret half of the contact key must not be on this machine"), path);
	look_at_pair(self);
}
