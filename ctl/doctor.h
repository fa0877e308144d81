#ifndef WENZHENG_CTL_DOCTOR_H
#define WENZHENG_CTL_DOCTOR_H

#include <jansson.h>

#include "ctl/talk.h"

/* wenzhengctl doctor: what it looks at, one function each; every finding is said at once, and says how to
 * mend it. */
enum doctor_grade { DOCTOR_GOOD, DOCTOR_WARNING, DOCTOR_BAD, DOCTOR_GRADES };

struct doctor {
	const struct settings *settings;
	const char *config; /* the daemon's configuration file */
	const char *keys;   /* the folder of its keys */
	const char *store;  /* the folder of its store */
	json_t *findings;   /* with --json; else NULL, and they are printed */
	unsigned counts[DOCTOR_GRADES];
};

/* `what`: one word, marked by N_; `mend`: a command or a sentence, NULL if there is nothing to mend. */
__attribute__((format(printf, 5, 6))) void doctor_say(struct doctor *self, enum doctor_grade grade,
	const char *what, const char *mend, const char *format, ...);

void doctor_look_at_configuration(struct doctor *self); /* doctor_files.c */
void doctor_look_at_keys(struct doctor *self);
void doctor_look_at_machine(struct doctor *self); /* doctor_machine.c: clock, disk, backups */
void doctor_look_at_report(struct doctor *self, const struct message *report); /* doctor_report.c */

#endif
