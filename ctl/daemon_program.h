#ifndef WENZHENG_CTL_DAEMON_PROGRAM_H
#define WENZHENG_CTL_DAEMON_PROGRAM_H

#include <stdbool.h>

#include "base/buffer.h"

/* Where wenzhengd is: beside this program, as it was built, or in the sbin beside its bin, as it was
 * installed. Never by $PATH: what is run may be run by root. False if it is in neither; `ret_path` then has
 * the last place. */
bool daemon_program_find(struct buffer *ret_path);

#endif
