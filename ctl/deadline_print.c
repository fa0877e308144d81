#include "ctl/deadline_print.h"

#include <jansson.h>
#include <libsmartcols.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/language.h"
#include "ctl/moment.h"
#include "ctl/words.h"

static const char *status_name(const struct deadline *deadline)
{
	return deadline->provisional ? "provisional" : "final";
}

static bool no_deadline(struct fault *fault)
{
	return fault_set(
		fault, "there is no such deadline: receipt and due date must lie in the years 1970 to 9999");
}

/* ---- For people. */

enum column {
	COLUMN_DATE,
	COLUMN_DAY,
	COLUMN_COUNT,
	COLUMN_WHY,
	COLUMN_NAME,
};

/* What the count column says of a day that has no number. */
static const char *const role_names[] = {
	[DEADLINE_RECEIPT] = N_("received"),
	[DEADLINE_DEFERRED] = N_("deferred"),
	[DEADLINE_COUNTED] = "",
	[DEADLINE_SKIPPED] = "-",
};

static const char *const kind_names[] = {
	[WORKDAYS_WEEKDAY] = N_("working day"),
	[WORKDAYS_WEEKEND] = N_("weekend"),
	[WORKDAYS_HOLIDAY] = N_("holiday"),
	[WORKDAYS_MAKEUP] = N_("make-up working day"),
};

static void add_row(void *context, const struct deadline_day *day)
{
	struct libscols_line *line = scols_table_new_line(context, NULL);
	ENSURE(line);
	char date[CIVIL_DATE_SIZE], number[16], why[64];
	civil_print_date(day->date, date);
	snprintf(number, sizeof(number), "%d", day->number);
	snprintf(why, sizeof(why), "%s%s", _(kind_names[day->reason.kind]),
		!day->published ? _(", not published")
		: !day->firm	? _(", may still change")
				: "");
	scols_line_set_data(line, COLUMN_DATE, date);
	scols_line_set_data(line, COLUMN_DAY, moment_weekday(day->date));
	scols_line_set_data(
		line, COLUMN_COUNT, day->role == DEADLINE_COUNTED ? number : _(role_names[day->role]));
	scols_line_set_data(line, COLUMN_WHY, why);
	scols_line_set_data(line, COLUMN_NAME, day->reason.name);
}

static struct libscols_table *table_new(void)
{
	struct libscols_table *table = scols_new_table();
	ENSURE(table);
	scols_table_new_column(table, _("DATE"), 0, 0);
	scols_table_new_column(table, _("DAY"), 0, 0);
	scols_table_new_column(table, _("COUNT"), 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, _("WHY"), 0, 0);
	scols_table_new_column(table, _("NAME"), 0, 0);
	return table;
}

static void print_summary(const struct deadline_question *question, const struct deadline *deadline)
{
	char date[CIVIL_DATE_SIZE], due[CIVIL_INSTANT_SIZE], received[CIVIL_INSTANT_SIZE];
	char term[WORDS_TERM_SIZE];
	char within[DEADLINE_WITHIN_SIZE], horizon[CIVIL_DATE_SIZE];
	civil_print_date(deadline->due_date, date);
	civil_print_instant(deadline->due, question->policy.offset, due);
	civil_print_instant(question->received, question->policy.offset, received);
	deadline_within_print(question->within, within);
	civil_print_date(workdays_horizon(question->workdays), horizon);
	printf("%s %s\n", date,
		language_word(
			deadline->provisional ? C_("deadline", "provisional") : C_("deadline", "final")));
	printf(_("%s from %s: too late from %s on\n"), words_say_term(span_of_string(within), term), received,
		due);
	if (deadline->provisional)
		printf(_("it rests on days that are not settled: notices are loaded up to %s, and the last week of a "
			 "December only stands when the next year's notice is there\n"),
			horizon);
}

bool deadline_print_text(const struct deadline_question *question, struct fault *fault)
{
	struct libscols_table *table = table_new();
	struct deadline deadline;
	bool found = deadline_explain(question->workdays, &question->policy, question->received,
		question->within, add_row, table, &deadline);
	if (found) {
		print_summary(question, &deadline);
		if (question->explain) {
			putchar('\n');
			scols_print_table(table);
		}
	}
	scols_unref_table(table);
	return found || no_deadline(fault);
}

/* ---- For programs. */

static const char *const role_words[] = {
	[DEADLINE_RECEIPT] = "receipt",
	[DEADLINE_DEFERRED] = "deferred",
	[DEADLINE_COUNTED] = "counted",
	[DEADLINE_SKIPPED] = "skipped",
};

static void add_day(void *context, const struct deadline_day *day)
{
	char date[CIVIL_DATE_SIZE];
	civil_print_date(day->date, date);
	json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:s, s:b, s:b}", "date", date, "role",
		role_words[day->role], "number", day->number, "kind", workdays_kind_name(day->reason.kind),
		"name", day->reason.name, "published", day->published, "firm", day->firm);
	ENSURE(object && json_array_append_new(context, object) == 0);
}

static void print_object(
	const struct deadline_question *question, const struct deadline *deadline, json_t *days)
{
	char date[CIVIL_DATE_SIZE], due[CIVIL_INSTANT_SIZE], received[CIVIL_INSTANT_SIZE];
	char within[DEADLINE_WITHIN_SIZE], version[DIGEST_HEX_SIZE];
	civil_print_date(deadline->due_date, date);
	civil_print_instant(deadline->due, question->policy.offset, due);
	civil_print_instant(question->received, question->policy.offset, received);
	deadline_within_print(question->within, within);
	digest_to_hex(workdays_version(question->workdays), version);
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "received", received, "within",
		within, "due_date", date, "due", due, "status", status_name(deadline), "provisional",
		deadline->provisional, "calendar", version);
	ENSURE(object);
	if (question->explain)
		ENSURE(json_object_set(object, "days", days) == 0);
	ENSURE(json_dumpf(object, stdout, JSON_COMPACT) == 0);
	putchar('\n');
	json_decref(object);
}

bool deadline_print_json(const struct deadline_question *question, struct fault *fault)
{
	json_t *days = json_array();
	struct deadline deadline;
	bool found = deadline_explain(question->workdays, &question->policy, question->received,
		question->within, add_day, days, &deadline);
	if (found)
		print_object(question, &deadline, days);
	json_decref(days);
	return found || no_deadline(fault);
}
