#include <inttypes.h>
#include <stdio.h>

#include "calendar/civil.h"
#include "ctl/commands.h"
#include "ctl/moment.h"
#include "ctl/one_case.h"
#include "ctl/screen.h"

/* wenzhengctl why: who decided where a case belongs, and how its deadline was counted. */

/* What decided, as a part of a sentence. */
static void print_decision(struct span rule)
{
	if (span_equal_string(rule, "explicit"))
		puts(_("the portal named it"));
	else if (span_equal_string(rule, "assigned"))
		puts(_("triage ruled so"));
	else
		printf(_("the rule \"%.*s\" of the profile\n"), SPAN_PRINT(rule));
}

static void print_rule(const struct message *dossier)
{
	struct span rule = message_text(dossier, FIELD_RULE);
	bool at_triage = span_equal_string(message_text(dossier, FIELD_STATE), "triage");
	screen_label(_("routed"));
	if (at_triage && (rule.size == 0 || span_equal_string(rule, "no-rule"))) {
		puts(_("to triage: no rule of the profile fits"));
		return;
	}
	if (at_triage)
		fputs(_("back to triage (history tells why); before, "), stdout);
	else
		printf(_("to %.*s: "), SPAN_PRINT(message_text(dossier, FIELD_DEPARTMENT)));
	print_decision(rule);
}

static void print_deadline(const struct message *dossier)
{
	struct span within = message_text(dossier, FIELD_WITHIN);
	char term[WORDS_TERM_SIZE];
	screen_property(_("class"), "%.*s%s%s", SPAN_PRINT(message_text(dossier, FIELD_CLASS)),
		within.size > 0 ? _(", within ") : "", words_say_term(within, term));
	screen_property(_("received"), "%s", screen_time_of(dossier, FIELD_RECEIVED).text);
	if (!message_has(dossier, FIELD_DUE)) {
		screen_property(_("due"), _("no deadline"));
		return;
	}
	screen_property(_("due"), _("%s: from then on it is too late%s"),
		screen_time_of(dossier, FIELD_DUE).text,
		message_flag(dossier, FIELD_PROVISIONAL)
			? _("; provisional, some days are not published so far")
			: "");
	int64_t version = message_number(dossier, FIELD_DUE_VERSION, 1);
	if (version > 1)
		screen_property("", _("it is the %lld. due moment of this case"), (long long)version);
}

static void add_day(struct screen_table *table, const struct message *day)
{
	struct civil_date date;
	int64_t number = message_number(day, FIELD_NUMBER, 0);
	struct span text = message_text(day, FIELD_DATE);
	char why[WORDS_DAY_SIZE];
	screen_row(table);
	screen_cell(table, text);
	screen_cell(table, span_of_string(civil_parse_date(text, &date) ? moment_weekday(date) : ""));
	if (number > 0)
		screen_cell_printf(table, "%" PRId64, number);
	else
		screen_cell(table, SPAN_EMPTY);
	words_say_day(message_text(day, FIELD_TEXT), why);
	screen_cell(table, span_of_string(why));
	screen_paint_row(table, number > 0 ? SCREEN_PLAIN : SCREEN_FAINT);
}

static void print_why(const void *context, const struct message *dossier)
{
	static const struct screen_column columns[] = {{.name = N_("DATE")}, {.name = N_("DAY")},
		{.name = N_("COUNT"), .right = true}, {.name = N_("WHY")}};
	(void)context;
	screen_property(_("case"), "%.*s", SPAN_PRINT(message_text(dossier, FIELD_CASE)));
	print_rule(dossier);
	print_deadline(dossier);
	if (!message_has(dossier, FIELD_ITEMS))
		return;
	struct screen_table *table = screen_table_new(columns, sizeof(columns) / sizeof(columns[0]), NULL);
	struct field_value rest = dossier->values[FIELD_ITEMS];
	struct message day;
	while (message_items_next(&rest, &day))
		add_day(table, &day);
	putchar('\n');
	screen_table_print(&table);
}

int ctl_why(int argc, char **argv)
{
	const struct command command = {
		.name = "why",
		.words = N_("CASE"),
		.words_min = 1,
		.words_max = 1,
		.help = N_(
			"Why a case is where it is, and due when it is: the rule that routed it, and each day of its\n"
			"deadline, counted or not, with the reason."),
		.examples = "  wenzhengctl why 20260105-000001-6",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	return one_case_run(&command, KIND_WHY, argc, argv, print_why);
}
