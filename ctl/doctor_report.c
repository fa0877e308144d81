#include <time.h>

#include "calendar/civil.h"
#include "ctl/doctor.h"
#include "ctl/report.h"

/* What the daemon says of itself. */

#define HORIZON_DAYS_MIN 30
#define APART_S_MAX	 60 /* between its clock and ours */

static void look_at_clocks(struct doctor *self, const struct message *report)
{
	bool laboratory = message_flag(report, FIELD_LABORATORY);
	int64_t now = message_time(report, FIELD_NOW, INSTANT_NEVER).us;
	int64_t apart = (int64_t)time(NULL) - now / US_PER_S;
	if (laboratory)
		doctor_say(self, DOCTOR_WARNING, N_("daemon"), _("nothing, if this is a trial"),
			_("its store is a LABORATORY"));
	else if (apart > APART_S_MAX || apart < -APART_S_MAX)
		doctor_say(self, DOCTOR_BAD, N_("daemon"),
			_("mend the clock that is wrong; then `wenzhengctl status`"),
			_("its clock and this machine's are %lld s apart"),
			(long long)(apart < 0 ? -apart : apart));
	if (report_is(report, FIELD_CLOCK, "held"))
		doctor_say(self, DOCTOR_BAD, N_("daemon"),
			_("is the time of `wenzhengctl status` right? wenzhengctl clock accept"),
			_("its clock jumped: reminders and escalations are held"));
}

static void look_at_calendar(struct doctor *self, const struct message *report)
{
	struct civil_date horizon;
	int64_t now = message_time(report, FIELD_NOW, INSTANT_NEVER).us;
	struct span text = message_text(report, FIELD_HORIZON);
	if (!civil_parse_date(text, &horizon)) {
		doctor_say(self, DOCTOR_BAD, N_("calendar"), _("OPERATIONS.md: the calendar, every November"),
			_("no year's working days are published: %.*s"), SPAN_PRINT(text));
		return;
	}
	int64_t days = horizon.days - now / US_PER_DAY;
	doctor_say(self, days < HORIZON_DAYS_MIN ? DOCTOR_WARNING : DOCTOR_GOOD, N_("calendar"),
		days < HORIZON_DAYS_MIN ? _("put next year's cn.ics in place, then wenzhengctl reload")
					: NULL,
		_("working days are published up to %.*s"), SPAN_PRINT(text));
}

static void look_at_departments(struct doctor *self, const struct message *report)
{
	struct field_value rest = report->values[FIELD_ITEMS];
	struct message one;
	while (message_items_next(&rest, &one)) {
		long long queued = report_count(&one, FIELD_QUEUED);
		if (report_is(&one, FIELD_STATE, "draining"))
			doctor_say(self, DOCTOR_WARNING, N_("departments"),
				_("wenzhengctl drain DEPARTMENT --stop"),
				_("%.*s is drained: its cases are not offered"),
				SPAN_PRINT(message_text(&one, FIELD_DEPARTMENT)));
		else if (queued > 0 && report_count(&one, FIELD_WORKERS) == 0)
			doctor_say(self, DOCTOR_BAD, N_("departments"),
				_("start its worker; `wenzhengctl workers` shows who is connected"),
				language_count("%.*s has %lld case waiting and no worker",
					"%.*s has %lld cases waiting and no worker", queued),
				SPAN_PRINT(message_text(&one, FIELD_DEPARTMENT)), queued);
	}
}

void doctor_look_at_report(struct doctor *self, const struct message *report)
{
	long long overdue = report_count(report, FIELD_OVERDUE), triage = report_count(report, FIELD_TRIAGE);
	doctor_say(self, DOCTOR_GOOD, N_("daemon"), NULL,
		_("version %.*s answers; %lld cases open, %lld workers"),
		SPAN_PRINT(message_text(report, FIELD_VERSION)), report_count(report, FIELD_OPEN),
		report_count(report, FIELD_WORKERS));
	look_at_clocks(self, report);
	if (report_is(report, FIELD_CODE, "disk-low"))
		doctor_say(self, DOCTOR_BAD, N_("disk"), _("make room, or a larger disk"),
			_("less is free than the reserve: new messages are put off"));
	if (report_is(report, FIELD_CODE, "draining"))
		doctor_say(self, DOCTOR_BAD, N_("daemon"), "wenzhengctl drain --stop",
			_("is drained: new messages are put off"));
	look_at_calendar(self, report);
	look_at_departments(self, report);
	if (triage > 0)
		doctor_say(self, DOCTOR_WARNING, N_("triage"),
			_("wenzhengctl cases --state triage; wenzhengctl assign CASE DEPARTMENT"),
			language_count(
				"%lld case waits for a ruling", "%lld cases wait for a ruling", triage),
			triage);
	if (overdue > 0)
		doctor_say(self, DOCTOR_WARNING, N_("deadlines"), "wenzhengctl cases --overdue",
			language_count("%lld case is overdue", "%lld cases are overdue", overdue), overdue);
}
