#include "ctl/report.h"

#include <limits.h>
#include <stdio.h>

#include "ctl/words.h"

/* A REPORT as people read it. */

const struct screen_column report_columns[REPORT_COLUMNS] = {
	{.name = N_("DEPARTMENT")},
	{.name = N_("NAME")},
	{.name = N_("WAITING"), .right = true},
	{.name = N_("OFFERED"), .right = true},
	{.name = N_("TAKEN"), .right = true},
	{.name = N_("OVERDUE"), .right = true},
	{.name = N_("WORKERS"), .right = true},
	{.name = N_("NOTE")},
};

long long report_count(const struct message *report, enum field field)
{
	return message_number(report, field, 0);
}

bool report_is(const struct message *report, enum field field, const char *word)
{
	return span_equal_string(message_text(report, field), word);
}

static void print_laboratory(const struct message *report)
{
	if (message_flag(report, FIELD_LABORATORY))
		printf(_("%s*** LABORATORY: a virtual clock, nothing here is real ***%s\n"),
			screen_paint_on(SCREEN_BAD), screen_paint_off());
}

static void print_open_cases(const struct message *report)
{
	screen_property(_("open"), _("%lld: %lld waiting, %lld offered, %lld taken, %lld at triage"),
		report_count(report, FIELD_OPEN), report_count(report, FIELD_QUEUED),
		report_count(report, FIELD_OFFERED), report_count(report, FIELD_HELD),
		report_count(report, FIELD_TRIAGE));
	long long overdue = report_count(report, FIELD_OVERDUE);
	screen_property(_("overdue"), "%s%lld%s", screen_paint_on(overdue > 0 ? SCREEN_BAD : SCREEN_PLAIN),
		overdue, screen_paint_off());
	if (message_has(report, FIELD_OLDEST))
		screen_property(_("oldest"), _("received %s and not answered"),
			screen_time_of(report, FIELD_OLDEST).text);
}

static void print_clock(const struct message *report)
{
	struct screen_time now = screen_time_of(report, FIELD_NOW);
	if (message_has(report, FIELD_NEXT))
		screen_property(_("clock"), _("%s, next timer %s"), now.text,
			screen_time_of(report, FIELD_NEXT).text);
	else
		screen_property(_("clock"), _("%s, no timer is set"), now.text);
	screen_property(_("calendar"), _("working days are published up to %.*s"),
		SPAN_PRINT(message_text(report, FIELD_HORIZON)));
}

static void print_alarm(const char *text)
{
	fputs(screen_paint_on(SCREEN_BAD), stdout);
	screen_property(_("ALARM"), "%s%s", text, screen_paint_off());
}

static void print_alarms(const struct message *report)
{
	if (report_is(report, FIELD_CLOCK, "held"))
		print_alarm(
			_("the clock jumped: reminders and escalations are held. Is the time above right? "
			  "Then: wenzhengctl clock accept"));
	if (report_is(report, FIELD_CODE, "disk-low"))
		print_alarm(_("the disk is nearly full: new messages are put off, replies still pass"));
	else if (report_is(report, FIELD_CODE, "draining"))
		print_alarm(_("draining: no new messages, no offers; to go on: wenzhengctl drain --stop"));
	else if (message_has(report, FIELD_CODE))
		screen_property(_("ALARM"), "%.*s", SPAN_PRINT(message_text(report, FIELD_CODE)));
}

void report_print_head(const struct message *report)
{
	print_laboratory(report);
	screen_property_text(_("profile"), message_text(report, FIELD_NAME));
	print_open_cases(report);
	screen_property(_("ever"), _("%lld accepted, %lld answered"), report_count(report, FIELD_ACCEPTED),
		report_count(report, FIELD_CLOSED));
	screen_property(_("workers"), _("%lld connected"), report_count(report, FIELD_WORKERS));
	print_clock(report);
	screen_property("wenzhengd", "%.*s", SPAN_PRINT(message_text(report, FIELD_VERSION)));
	print_alarms(report);
}

/* ---- departments ---- */

static long long cases_of(const struct message *department)
{
	return report_count(department, FIELD_QUEUED) + report_count(department, FIELD_OFFERED) +
	       report_count(department, FIELD_HELD);
}

static void add_department(struct screen_table *table, const struct message *department)
{
	bool lonely =
		report_count(department, FIELD_QUEUED) > 0 && report_count(department, FIELD_WORKERS) == 0;
	bool draining = report_is(department, FIELD_STATE, "draining");
	bool overdue = report_count(department, FIELD_OVERDUE) > 0;
	screen_row(table);
	screen_cell_text(table, department, FIELD_DEPARTMENT);
	screen_cell_text(table, department, FIELD_NAME);
	screen_cell_count(table, department, FIELD_QUEUED);
	screen_cell_count(table, department, FIELD_OFFERED);
	screen_cell_count(table, department, FIELD_HELD);
	screen_cell_count(table, department, FIELD_OVERDUE);
	screen_cell_count(table, department, FIELD_WORKERS);
	screen_cell(table, draining ? words_say(WORDS_STATE, message_text(department, FIELD_STATE))
				    : span_of_string(lonely ? _("no worker") : ""));
	screen_paint_row(table, overdue ? SCREEN_BAD : lonely || draining ? SCREEN_WARNING : SCREEN_PLAIN);
}

unsigned report_print_departments(
	const struct message *report, const struct screen_view *view, bool all, unsigned rows_max)
{
	struct screen_table *table = screen_table_new(report_columns, REPORT_COLUMNS, view);
	struct field_value rest = report->values[FIELD_ITEMS];
	struct message department;
	unsigned quiet = 0;
	while (message_items_next(&rest, &department)) {
		bool idle = cases_of(&department) == 0 && report_count(&department, FIELD_WORKERS) == 0 &&
			    !message_has(&department, FIELD_STATE);
		if (all || !idle)
			add_department(table, &department);
		else
			quiet++;
	}
	if (rows_max < UINT_MAX) {
		screen_table_sort(table, "WAITING");
		screen_table_sort(table, "OVERDUE");
	}
	screen_table_print_some(&table, rows_max);
	return quiet;
}
