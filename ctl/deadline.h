#ifndef WENZHENG_CTL_DEADLINE_H
#define WENZHENG_CTL_DEADLINE_H

/*
 * `wenzhengctl deadline`: when an answer is due, from calendar files alone. argv[0] is the command's name.
 * Prints to standard output, faults to standard error; returns a status of ctl/exit_status.h.
 */
int ctl_deadline(int argc, char **argv);

#endif
