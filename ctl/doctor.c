#include "ctl/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/screen.h"
#include "ctl/width.h"

#define GRADE_COLUMNS 9
#define WHAT_COLUMNS  15

#define STORE_FOLDER "/var/lib/wenzheng"
#define CONFIG_FILE  "/etc/wenzheng/wenzhengd.yaml"

static const struct {
	const char *name;
	const char *shown;
	enum screen_paint paint;
} grades[DOCTOR_GRADES] = {
	[DOCTOR_GOOD] = {"good", N_("good"), SCREEN_PLAIN},
	[DOCTOR_WARNING] = {"warning", N_("warning"), SCREEN_WARNING},
	[DOCTOR_BAD] = {"bad", N_("BAD"), SCREEN_BAD},
};

void doctor_say(struct doctor *self, enum doctor_grade grade, const char *what, const char *mend,
	const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	self->counts[grade]++;
	if (self->findings) {
		json_t *finding = json_pack("{s:s, s:s, s:s, s:s*}", "grade", grades[grade].name, "what",
			what, "text", text, "mend", mend);
		ENSURE(finding && json_array_append_new(self->findings, finding) == 0);
		return;
	}
	fputs(screen_paint_on(grades[grade].paint), stdout);
	width_pad(_(grades[grade].shown), GRADE_COLUMNS);
	fputs(screen_paint_off(), stdout);
	width_pad(_(what), WHAT_COLUMNS);
	puts(text);
	if (mend)
		printf(_("%*s to mend it: %s\n"), GRADE_COLUMNS + WHAT_COLUMNS - 1, "", mend);
}

static void look_at_daemon(struct doctor *self)
{
	struct talk talk;
	const struct message *report;
	/* What goes wrong on the way is said on standard error, with the way out. */
	int status = talk_open(self->settings, &talk);
	if (status == CTL_DONE) {
		talk_begin(&talk, KIND_STATUS);
		status = talk_ask(&talk, KIND_REPORT, &report);
	}
	if (status == CTL_DONE)
		doctor_look_at_report(self, report);
	else
		doctor_say(self, DOCTOR_BAD, N_("daemon"),
			"systemctl status wenzhengd; journalctl -u wenzhengd -n 50",
			_("gives no STATUS at %s"), self->settings->endpoint);
	talk_close(&talk);
}

static int tell(struct doctor *self)
{
	if (self->findings)
		document_print(json_pack("{s:o, s:i, s:i}", "findings", self->findings, "bad",
			(int)self->counts[DOCTOR_BAD], "warnings", (int)self->counts[DOCTOR_WARNING]));
	else
		printf(_("\n%u looked at, %u bad, %u to be watched\n"),
			self->counts[DOCTOR_GOOD] + self->counts[DOCTOR_WARNING] + self->counts[DOCTOR_BAD],
			self->counts[DOCTOR_BAD], self->counts[DOCTOR_WARNING]);
	int status = command_finish(self->settings->command);
	return status == CTL_DONE && self->counts[DOCTOR_BAD] > 0 ? CTL_REFUSED : status;
}

int ctl_doctor(int argc, char **argv)
{
	struct doctor self = {.config = CONFIG_FILE, .keys = COMMAND_KEYS_FOLDER, .store = STORE_FOLDER};
	const struct command_option options[] = {
		{"config", N_("FILE"),
			N_("the daemon's configuration (usually /etc/wenzheng/wenzhengd.yaml)"), &self.config,
			NULL},
		{"keys", N_("FOLDER"), N_("of its keys (usually /etc/wenzheng/keys)"), &self.keys, NULL},
		{"store", N_("FOLDER"), N_("of its store (usually /var/lib/wenzheng)"), &self.store, NULL},
		{0},
	};
	const struct command command = {
		.name = "doctor",
		.words = "",
		.help = N_(
			"Looks at configuration, keys and their modes, the clock, the disk, backups, the calendar, and asks the\n"
			"daemon how it stands; says what is wrong and how to mend it. Changes nothing. Run it as root:\n"
			"others may not read the keys. Exit status 1 if anything is bad."),
		.examples =
			"  wenzhengctl doctor\n  wenzhengctl doctor --json | jq '.findings[] | select(.grade != \"good\")'",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	self.settings = &settings;
	self.findings = settings.json ? json_array() : NULL;
	doctor_look_at_configuration(&self);
	doctor_look_at_keys(&self);
	doctor_look_at_machine(&self);
	look_at_daemon(&self);
	return tell(&self);
}
