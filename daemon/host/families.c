#include "daemon/host/families.h"

#include <assert.h>

static const char *error_word(uint32_t code)
{
	return code > ERROR_NONE ? error_code_text((enum error_code)code) : NULL;
}

static const char *busy_word(uint32_t code)
{
	return code > BUSY_NONE ? busy_code_text((enum busy_code)code) : NULL;
}

static const char *record_word(uint32_t kind)
{
	return kind > 0 ? record_kind_name((enum record_kind)kind) : NULL;
}

static const char *zone_word(uint32_t zone)
{
	return zone_name((enum zone)zone);
}

static const char *rung_word(uint32_t rung)
{
	static const char *const words[RUNGS_MAX + 1] = {
		NULL, "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"};
	return words[rung];
}

static const char *scrape_word(uint32_t outcome)
{
	static const char *const words[] = {"answered", "refused", "dropped"};
	return words[outcome];
}

#define ONE(name, kind, member, unit, help)                                                           \
	{                                                                                             \
		name, kind, OF_ALL, offsetof(struct figures, member), unit, NULL, NULL, NULL, 0, help \
	}
#define EACH(name, member, labels, label, word, count, help)                                             \
	{                                                                                                \
		name, COUNTER, OF_EACH, offsetof(struct figures, member), 1, labels, label, word, count, \
			help                                                                             \
	}
#define DEPARTMENT(name, member, unit, labels, help)                                                         \
	{                                                                                                    \
		name, GAUGE, OF_DEPARTMENT, offsetof(struct figures_department, member), unit, labels, NULL, \
			NULL, 0, help                                                                        \
	}

const struct family families[] = {
	ONE("wenzheng_build_info", GAUGE, built, 1, "Always 1; the version is in the label."),
	ONE("wenzheng_laboratory", GAUGE, laboratory, 1,
		"1 in a laboratory: its clock is virtual and nothing in it is real."),
	ONE("wenzheng_messages_accepted_total", COUNTER, accepted, 1,
		"Messages accepted as cases since the store was made."),
	ONE("wenzheng_messages_answered_total", COUNTER, answered, 1,
		"Cases answered or refused with a reason since the store was made."),
	ONE("wenzheng_answers_late_total", COUNTER, counts.journaled.answers_late, 1,
		"Answers given after the due moment."),
	EACH("wenzheng_requests_refused_total", counts.errors, "answer=\"error\"", "code", error_word,
		ERROR_TOTAL, "Requests answered ERROR or BUSY, by code (PROTOCOL.md)."),
	EACH("wenzheng_requests_refused_total", counts.busies, "answer=\"busy\"", "code", busy_word,
		BUSY_TOTAL, NULL),
	EACH("wenzheng_strangers_total", strangers, NULL, "zone", zone_word, ZONE_END,
		"Connections turned away at the door: no key, or one that is not admitted to the zone."),
	ONE("wenzheng_receipt_seconds", HISTOGRAM, counts.receipts, US_PER_S,
		"From the beginning of the turn that read a message to its receipt being sent, fsync included."),
	ONE("wenzheng_take_seconds", HISTOGRAM, counts.journaled.takes, US_PER_S,
		"From a message's acceptance to the first TAKE by a department."),
	ONE("wenzheng_answer_workdays", HISTOGRAM, counts.journaled.answers, 1,
		"From a message's acceptance to its answer, in working days of the calendar; the day of receipt is day 0."),
	ONE("wenzheng_turn_seconds", HISTOGRAM, turns, US_PER_S,
		"Turns of the loop with all that is done in them, idle ones too."),
	EACH("wenzheng_records_written_total", counts.journaled.records, NULL, "kind", record_word,
		RECORD_KIND_END, "Journal records written, by kind."),
	ONE("wenzheng_reminders_total", COUNTER, counts.journaled.records[RECORD_REMINDED], 1,
		"Reminders of a deadline that is near."),
	EACH("wenzheng_escalations_total", counts.journaled.rungs, NULL, "rung", rung_word, RUNGS_MAX + 1,
		"Escalations of overdue cases, by rung of the ladder."),
	DEPARTMENT("wenzheng_department_info", named, 1, NULL,
		"Always 1; the department's display name is in the label."),
	DEPARTMENT("wenzheng_open_cases", queued, 1, "state=\"queued\"",
		"Open cases of a department: queued (no worker has it), offered, taken."),
	DEPARTMENT("wenzheng_open_cases", offered, 1, "state=\"offered\"", NULL),
	DEPARTMENT("wenzheng_open_cases", taken, 1, "state=\"taken\"", NULL),
	DEPARTMENT("wenzheng_overdue_cases", overdue, 1, NULL, "Open cases past their due moment."),
	DEPARTMENT("wenzheng_oldest_open_seconds", oldest_us, US_PER_S, NULL,
		"Age of a department's oldest open case; 0 if it has none."),
	DEPARTMENT("wenzheng_oldest_open_workdays", oldest_workdays, 1, NULL,
		"The same in working days of the calendar."),
	DEPARTMENT("wenzheng_department_workers", workers, 1, NULL,
		"Workers connected that serve a department."),
	DEPARTMENT("wenzheng_department_draining", draining, 1, NULL,
		"1 while a department gets no further offers."),
	ONE("wenzheng_triage_cases", GAUGE, triage, 1, "Cases that wait for a ruling of the triage desk."),
	ONE("wenzheng_triage_oldest_seconds", GAUGE, triage_oldest_us, US_PER_S,
		"Age of the oldest case at triage; 0 if there is none."),
	ONE("wenzheng_workers", GAUGE, workers, 1, "Workers connected."),
	ONE("wenzheng_draining", GAUGE, draining, 1, "1 while no new messages are taken (DRAIN)."),
	ONE("wenzheng_clock_held", GAUGE, clock_held, 1,
		"1 while the clock is not trusted and the ladder holds its fire."),
	ONE("wenzheng_disk_low", GAUGE, disk_low, 1,
		"1 while the store's disk is below the reserve and new messages are refused."),
	ONE("wenzheng_store_full", GAUGE, store_full, 1, "1 while nothing can be written."),
	ONE("wenzheng_store_rollbacks_total", COUNTER, counts.rollbacks, 1,
		"Batches that found the disk full and were rolled back."),
	ONE("wenzheng_disk_free_bytes", GAUGE, disk_free_bytes, 1, "Room on the store's disk."),
	ONE("wenzheng_disk_reserve_bytes", GAUGE, disk_reserve_bytes, 1,
		"disk_reserve_mb: below it new messages are refused."),
	ONE("wenzheng_store_bytes", GAUGE, store_bytes, 1, "Size of the store's file."),
	ONE("wenzheng_wal_bytes", GAUGE, wal_bytes, 1, "Size of the file beside it that is written first."),
	ONE("wenzheng_journal_records_total", COUNTER, journal_records, 1,
		"Records of the journal since the store was made."),
	ONE("wenzheng_calendar_horizon_timestamp_seconds", GAUGE, horizon_us, US_PER_S,
		"The last day for which working days are published."),
	ONE("wenzheng_backup_timestamp_seconds", GAUGE, backup_us, US_PER_S,
		"When the newest backup in the folder `backup` was finished; 0 if there is none."),
	EACH("wenzheng_scrapes_total", scrapes_answered, NULL, "outcome", scrape_word, 3,
		"Requests for this text: answered, refused, and dropped without an answer."),
	ONE("process_start_time_seconds", GAUGE, process.start_us, US_PER_S,
		"When the process began, seconds since 1970-01-01T00:00:00Z."),
	ONE("process_cpu_seconds_total", COUNTER, process.cpu_us, US_PER_S,
		"Processor time of all threads, in user and system."),
	ONE("process_resident_memory_bytes", GAUGE, process.resident_bytes, 1, "Memory that is resident."),
	ONE("process_virtual_memory_bytes", GAUGE, process.virtual_bytes, 1, "Addresses that are mapped."),
	ONE("process_open_fds", GAUGE, process.descriptors, 1, "Descriptors in use."),
	ONE("process_max_fds", GAUGE, process.descriptors_max, 1, "Descriptors that may be in use."),
};
const size_t families_count = sizeof(families) / sizeof(families[0]);

static_assert(offsetof(struct figures, scrapes_dropped) ==
		      offsetof(struct figures, scrapes_answered) + 2 * sizeof(int64_t),
	"the three outcomes are read as an array");
