#ifndef WENZHENG_CTL_COMMANDS_H
#define WENZHENG_CTL_COMMANDS_H

/* One function per command, in the file of its name. Each gets the command line from its name on, says itself
 * on standard error what went wrong, and returns an exit status (exit_status.h). */
int ctl_status(int argc, char **argv);
int ctl_cases(int argc, char **argv);
int ctl_show(int argc, char **argv);
int ctl_why(int argc, char **argv);
int ctl_history(int argc, char **argv);
int ctl_workers(int argc, char **argv);
int ctl_keys(int argc, char **argv);
int ctl_clock(int argc, char **argv);
int ctl_drain(int argc, char **argv);
int ctl_assign(int argc, char **argv);
int ctl_contact(int argc, char **argv);
int ctl_watch(int argc, char **argv);
int ctl_top(int argc, char **argv);
int ctl_doctor(int argc, char **argv);
int ctl_reload(int argc, char **argv);
int ctl_revoke(int argc, char **argv);
int ctl_backup(int argc, char **argv);
int ctl_restore(int argc, char **argv);
int ctl_export(int argc, char **argv);

#endif
