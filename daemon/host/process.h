#ifndef WENZHENG_HOST_PROCESS_H
#define WENZHENG_HOST_PROCESS_H

#include "daemon/host/figures.h"

/* Processor time, memory and the limit of descriptors of this process; what cannot be read is FIGURE_NONE.
 * The other members are not touched. */
void process_measure(struct figures_process *figures);

#endif
