#ifndef WENZHENG_LAB_REPLAY_REPORT_H
#define WENZHENG_LAB_REPLAY_REPORT_H

#include <stdio.h>

#include "lab/replay.h"

/* One line: {"accepted":n,"answered":n,"in_time":n,"reminded":n,"rung":[n1,n2,n3],"open":n} */
void replay_report_json(const struct replay_result *result, FILE *out);

/* For people. */
void replay_report_table(const struct replay_result *result, FILE *out);

#endif
