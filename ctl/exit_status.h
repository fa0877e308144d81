#ifndef WENZHENG_CTL_EXIT_STATUS_H
#define WENZHENG_CTL_EXIT_STATUS_H

/* How wenzhengctl and each of its commands end; scripts rely on these. */
#define CTL_DONE    0 /* done; what was asked for is on standard output */
#define CTL_REFUSED 1 /* it could not be done; the reason is on standard error */
#define CTL_USAGE   2 /* the command line is wrong; nothing was tried */
#define CTL_UNREACHABLE                                                                    \
	3 /* the daemon did not answer: it is away, or it is not the one of the server key \
	   */

#endif
