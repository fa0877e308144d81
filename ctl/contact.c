#include <stdio.h>
#include <string.h>

#include "base/seal.h"
#include "ctl/case_number.h"
#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/screen.h"
#include "ctl/talk.h"
#include "wire/keys.h"

/* wenzhengctl contact: an approver asks for the contact details of a case and opens them here, on his own
 * machine. */

struct wish {
	const char *reason;
	const char *open_with; /* NULL: the box as it is */
};

static int open_box(const struct settings *settings, const char *key_path, struct span box,
	char ret_text[static CONTACT_SIZE_MAX + 1])
{
	struct wire_key_pair pair;
	struct seal_key public_key, secret_key;
	struct fault fault;
	if (!wire_key_pair_load(key_path, WIRE_KEY_GUARDED_BY_MODE, &pair, &fault))
		return command_failed(settings->command, "%s", fault.text);
	memcpy(public_key.bytes, pair.key.public_key, SEAL_KEY_SIZE);
	memcpy(secret_key.bytes, pair.secret_key, SEAL_KEY_SIZE);
	wire_key_pair_wipe(&pair);
	int64_t number = case_number_digits(span_of_string(settings->words[0]));
	enum seal_outcome outcome = seal_open(&public_key, &secret_key, number, box, ret_text);
	explicit_bzero(&secret_key, sizeof(secret_key));
	switch (outcome) {
	case SEAL_OPENED:
		return CTL_DONE;
	case SEAL_OTHER_KEY:
		return command_failed(settings->command,
			_("%s does not open them: they were sealed to another contact key, or altered since"),
			key_path);
	case SEAL_MISPLACED:
		return command_failed(settings->command,
			_("what the daemon gave out belongs to another case: its store was tampered with; tell the "
			  "operator to run wenzhengd --verify"));
	case SEAL_NO_BOX:
		break;
	}
	return command_failed(settings->command, _("what the daemon gave out is not sealed contact details"));
}

static void print(const struct settings *settings, const struct message *dossier, const char *text)
{
	if (!settings->json) {
		screen_text(text ? span_of_string(text) : message_text(dossier, FIELD_SEALED));
		return;
	}
	json_t *document = document_of(dossier);
	if (text) {
		json_object_del(document, "sealed");
		json_object_set_new(document, "contact", json_string(text));
	}
	document_print(document);
}

static int run(const struct settings *settings, const struct wish *wish)
{
	struct talk talk;
	const struct message *dossier;
	char text[CONTACT_SIZE_MAX + 1];
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		struct writer *writer = talk_begin(&talk, KIND_OPEN_CONTACT);
		writer_text(writer, FIELD_CASE, span_of_string(settings->words[0]));
		writer_text(writer, FIELD_REASON, span_of_string(wish->reason));
		status = talk_ask(&talk, KIND_DOSSIER, &dossier);
	}
	if (status == CTL_DONE && wish->open_with)
		status = open_box(settings, wish->open_with, message_text(dossier, FIELD_SEALED), text);
	if (status == CTL_DONE)
		print(settings, dossier, wish->open_with ? text : NULL);
	explicit_bzero(text, sizeof(text));
	talk_close(&talk);
	return status;
}

static int check(const struct settings *settings, const struct wish *wish)
{
	if (!wish->reason || !*wish->reason)
		return command_line_wrong(
			settings->command, _("--reason is needed: it stands in the history"));
	if (strlen(wish->reason) > OPENING_SIZE_MAX)
		return command_line_wrong(
			settings->command, _("--reason is longer than %d bytes"), OPENING_SIZE_MAX);
	int status = talk_check_case(settings, settings->words[0]);
	return status == CTL_DONE ? talk_check_text(settings, "--reason", FIELD_REASON, wish->reason)
				  : status;
}

int ctl_contact(int argc, char **argv)
{
	struct wish wish = {0};
	const struct command_option options[] = {
		{"reason", N_("TEXT"), N_("what for; it stands in the history beside your name"),
			&wish.reason, NULL},
		{"open-with", N_("FILE"),
			N_("the secret half of the contact key; without it the closed box is printed"),
			&wish.open_with, NULL},
		{0},
	};
	const struct command command = {
		.name = "contact",
		.words = N_("CASE"),
		.words_min = 1,
		.words_max = 1,
		.help = N_(
			"How to reach the citizen, if he said; needs a key of role approver. The daemon cannot read the\n"
			"details and hands out a closed box, which opens here. Each asking stands in the case's history,\n"
			"and operators are told of it at once."),
		.examples =
			"  wenzhengctl contact 20260105-000001-6 --reason 回访核实 --open-with contact.key_secret",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_WORKER_ENDPOINT,
		.key = COMMAND_APPROVER_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	status = check(&settings, &wish);
	if (status == CTL_DONE)
		status = run(&settings, &wish);
	return status == CTL_DONE ? command_finish(&command) : status;
}
