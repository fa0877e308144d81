#ifndef WENZHENG_CTL_ONE_CASE_H
#define WENZHENG_CTL_ONE_CASE_H

#include "ctl/talk.h"

/* What commands about one case have in common: the case number is the command's first word and is checked
 * before anybody is asked; the answer is a DOSSIER, printed by `print` (context: the case
 * number) or as JSON. */
int one_case_run(const struct command *command, enum kind kind, int argc, char **argv,
	void (*print)(const void *context, const struct message *dossier));

#endif
