#ifndef WENZHENG_CTL_CASE_NUMBER_H
#define WENZHENG_CTL_CASE_NUMBER_H

#include <stdint.h>

#include "base/span.h"

/* Case numbers as people type them: `YYYYMMDD-NNNNNN-C`, C being the check digit of ISO 7064 MOD 11,10 over
 * the fourteen digits before it. */
enum case_number_fault {
	CASE_NUMBER_GOOD,
	CASE_NUMBER_NONE,     /* not of this form */
	CASE_NUMBER_MISTYPED, /* of this form, and the check digit does not fit */
};

enum case_number_fault case_number_check(struct span text);

/* The fourteen digits as one number: what a case is called inside a sealed box. Of a good case number. */
int64_t case_number_digits(struct span text);

#endif
