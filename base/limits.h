#ifndef WENZHENG_BASE_LIMITS_H
#define WENZHENG_BASE_LIMITS_H

#include <assert.h>
#include <stdint.h>

/*
 * Every bound of the system: its unit in the name, its reason and its answer beside it. Sizes are bytes of
 * UTF-8. PROTOCOL.md repeats those a peer can meet; a unit test compares the two.
 */

/* The wire. Beyond the frame limit libzmq cuts the connection; within it every fault has a typed ERROR. */
#define FRAME_SIZE_MAX \
	(256 * 1024)		  /* four times the largest reply; bounds what a stranger can make us hold */
#define FRAMES_PER_MESSAGE_MAX 4  /* routing id, kind, map, and one to spare; more: ERROR frames */
#define MAP_DEPTH_MAX	       8  /* nesting of the msgpack map; deeper: ERROR malformed */
#define MAP_FIELDS_MAX	       64 /* keys of one map, known or not; more: ERROR malformed */

/* What citizens and offices write. Longer: ERROR too-long with the field's name. */
#define TITLE_SIZE_MAX	 512
#define BODY_SIZE_MAX	 (32 * 1024)
#define REPLY_SIZE_MAX	 (64 * 1024)
#define REASON_SIZE_MAX	 2048 /* of a return, a failure, a ruling */
#define CONTACT_SIZE_MAX 1024 /* a name, some numbers, an address: sealed when it comes in */
#define SEALED_SIZE_MAX	 1772 /* CONTACT_SIZE_MAX bytes in their box, as base 64 (base/seal.h) */
#define OPENING_SIZE_MAX \
	256 /* of the reason for opening contact details: it stands in the journal's record */
#define CATEGORY_SIZE_MAX 64
#define REGION_SIZE_MAX	  64

/* Names. */
#define PRINCIPAL_NAME_SIZE_MAX 32  /* [a-z0-9-], as a department id: it stands in every journal record */
#define DEPARTMENT_ID_SIZE_MAX	32  /* [a-z0-9-] */
#define DISPLAY_NAME_SIZE_MAX	128 /* Chinese, about forty characters */
#define SIGNATURE_SIZE_MAX	(2 * DISPLAY_NAME_SIZE_MAX) /* a department's name within the profile's form */
#define CLASS_NAME_SIZE_MAX	32
#define MESSAGE_ID_SIZE_MAX	128 /* the portal's own id of a message; room for a UUID or a URL path */
#define RULE_NAME_SIZE_MAX	64

/* A profile. Larger: refused by --check-config with the limit. */
#define DEPARTMENTS_MAX		      4096 /* a province has some hundreds; ids stay small integers */
#define PRINCIPALS_MAX		      4096
#define DEPARTMENTS_PER_PRINCIPAL_MAX 256
#define RULES_MAX		      1024
#define KEYWORDS_PER_RULE_MAX	      64
#define KEYWORDS_MAX		      1024 /* of all rules: each is sought in every message; 14 ms for the longest */
#define CLASSES_MAX		      16
#define RUNGS_MAX		      15  /* one bit each beside the reminder's in a case's 16-bit mask */
#define DEADLINE_COUNT_MAX	      366 /* days, or hours */

/* Workers. */
#define CREDIT_MAX	  1024 /* untaken offers of one worker; more is cut to this and said so in WELCOME */
#define WORKERS_MAX	  1024 /* sessions at once; further READY: BUSY(workers) */
#define HOLDER_LOSSES_MAX 5    /* lost holders in a row; then the case is parked at triage */
#define HELD_PER_PAGE	  100  /* cases in one answer to HELD or CASES; the answer says where to go on */

/* One turn of the loop: what bounds a batch, and so the wait of an honest peer behind a flood. */
#define BATCH_MESSAGES_MAX 512
#define BATCH_TIMERS_MAX   512
#define BATCH_ANSWERS_SIZE_MAX                                                                           \
	(1024 * 1024) /* the batch ends beyond it: an answer of a quarter of this takes a millisecond to \
			 make */
#define EVENTS_IN_FLIGHT_MAX                                                          \
	256 /* events sent to one watcher and not yet SEEN; then we wait for its SEEN \
	     */

/* Whoever asks for the metrics. Beyond these he is dropped and asks again; no message waited for him. */
#define SCRAPE_LINE_MAX		512	    /* bytes of the first line, the only one read; longer: 400 */
#define SCRAPE_REST_MAX		(16 * 1024) /* bytes behind it, thrown away unread; more: cut */
#define SCRAPE_CONNECTIONS_MAX	8	    /* a door; one more takes the place of another */
#define SCRAPE_ACCEPTS_PER_TURN 4	    /* a door */
#define SCRAPE_WRITE_MAX	(64 * 1024) /* bytes to one of them in one turn */
#define SCRAPE_TIME_US		5000000	    /* from arrival to last byte; Prometheus gives up after ten */
#define SCRAPE_FRESH_US		1000000	    /* so young a text is given again: one a second is made */

/* What of the metrics is made in one turn: each some tenth of a millisecond. */
#define EXPOSITION_LINES_PER_TURN 256
#define EXPOSITION_CASES_PER_TURN 16384 /* looked at, for the oldest */
#define EXPOSITION_FILES_PER_TURN 128	/* of a folder */

/* Replies and reasons of one case, counted in a byte. Interim replies end first, then what sends a case round
 * once more, so that there is always room for the ruling and the answer that end it: WRONG_STATE. */
#define CASE_TEXTS_INTERIM_MAX 200
#define CASE_TEXTS_RETURN_MAX  250
#define CASE_TEXTS_MAX	       253

/* The store's WAL cannot be reused while somebody copies or exports the store. Beyond this he lets go, for
 * the daemon has the disk first: busy. */
#define BACKUP_WAL_SIZE_MAX (INT64_C(1024) * 1024 * 1024)

/* A day's case numbers have six digits. The millionth message of one day gets BUSY(day). */
#define CASES_PER_DAY_MAX 999999

static_assert(REPLY_SIZE_MAX * 2 <= FRAME_SIZE_MAX, "a reply with its reason must fit a frame");
static_assert(BODY_SIZE_MAX * 2 <= FRAME_SIZE_MAX, "a message must fit a frame");

#endif
