#ifndef WENZHENG_CALENDAR_CALENDAR_FILE_H
#define WENZHENG_CALENDAR_CALENDAR_FILE_H

#include <stddef.h>

#include "base/fault.h"
#include "base/outcome.h"
#include "calendar/workdays.h"

/*
 * Reads calendar files: paths[0] is the national calendar, each further one a region's days laid over what
 * came before. At most ICAL_TEXT_SIZE_MAX bytes a file. NULL with a fault that names the file and, if its
 * content is at fault, the line. Blocks on the file system.
 */
MUST_CHECK struct workdays *calendar_file_read(const char *const paths[], size_t count, struct fault *fault);

#endif
