#ifndef WENZHENG_BASE_CLEANUP_H
#define WENZHENG_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The one cleanup style for locals: a variable marked CLEANUP(f) is given to f(&variable) when its scope
 * ends. Handing it over is explicit: TAKE(variable) returns its value and leaves NULL behind.
 */
#define CLEANUP(function) __attribute__((cleanup(function)))

#define TAKE(pointer)                                   \
	({                                              \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

/* Of a file that was read. Closing one that was written may fail, and that must be heard. */
static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#endif
