#ifndef WENZHENG_TESTS_LIB_BARE_IO_H
#define WENZHENG_TESTS_LIB_BARE_IO_H

#include <inttypes.h>
#include <stdio.h>

#include "base/seal.h"
#include "daemon/shell/io.h"

/* What of struct io is the same in every world without files and randomness. */

/* io.seal for a world without randomness: no box, but as closed, and the same bytes for the same case, for a
 * trace must repeat itself. */
static inline void closed_box(struct io *io, int64_t case_id, struct span contact, char *ret_box)
{
	(void)io;
	snprintf(ret_box, SEAL_TEXT_SIZE_MAX, "%" PRId64 "/%zu", case_id, contact.size);
}

/* io.reload where there is no file. */
static inline bool no_file(struct io *io, struct shell_configuration *ret_configuration, struct fault *fault)
{
	(void)io, (void)ret_configuration;
	return fault_set(fault, "profile.yaml: no such file");
}

#endif
