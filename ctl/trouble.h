#ifndef WENZHENG_CTL_TROUBLE_H
#define WENZHENG_CTL_TROUBLE_H

#include "client/wenzheng/wenzheng.h"
#include "ctl/command_line.h"

/* Says on standard error why the daemon could not be asked, or why it refused: the thing and the way out.
 * Returns the exit status that goes with it. */
int trouble_tell(const struct settings *settings, const struct wz_error *error);

#endif
