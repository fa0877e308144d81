#ifndef WENZHENG_HOST_FIGURES_H
#define WENZHENG_HOST_FIGURES_H

#include "base/instant.h"
#include "base/limits.h"
#include "daemon/shell/shell.h"

/*
 * How the daemon stands, in figures taken at one moment: plain values that refer to nothing, so that a text
 * can be made of them a part at a time while the daemon goes on. Numbers only, and the names of departments:
 * no case, no citizen, no principal.
 *
 * What is not known is FIGURE_NONE, and no figure is then shown.
 */
#define FIGURE_NONE INT64_MIN

struct figures_department {
	char id[DEPARTMENT_ID_SIZE_MAX + 1];
	char name[DISPLAY_NAME_SIZE_MAX + 1];
	int64_t named; /* always 1: the value of the line that carries the name */
	int64_t queued, offered, taken, overdue, workers, draining;
	int64_t oldest_us; /* age of its oldest open case; 0: it has none */
	int64_t oldest_workdays;
};

struct figures_process {
	int64_t start_us; /* wall */
	int64_t cpu_us;
	int64_t resident_bytes, virtual_bytes;
	int64_t descriptors, descriptors_max;
};

struct figures {
	const char *version; /* static */
	int64_t built;	     /* always 1 */
	int64_t laboratory;
	int64_t accepted, answered, journal_records; /* ever, as the store has them */
	int64_t triage, triage_oldest_us, workers, draining;
	int64_t clock_held, disk_low, store_full;
	int64_t disk_free_bytes, disk_reserve_bytes, store_bytes, wal_bytes;
	int64_t horizon_us; /* the beginning of the last day whose working days are published */
	int64_t backup_us;  /* of the newest backup; 0: there is none; FIGURE_NONE: nobody said where they are
			     */
	int64_t strangers[ZONE_END];
	int64_t scrapes_answered, scrapes_refused, scrapes_dropped;
	struct shell_counts counts;
	struct histogram turns; /* microseconds */
	struct figures_process process;
	struct figures_department *departments;
	uint32_t departments_count;
};

#endif
