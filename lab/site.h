#ifndef WENZHENG_LAB_SITE_H
#define WENZHENG_LAB_SITE_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/span.h"
#include "lab/child.h"
#include "wire/keys.h"

/*
 * A whole installation in a folder of its own: keys, configuration, principals, store, and the daemon that
 * runs on it, on loopback with ports of the system's choice. Gone without a trace when it is stopped, unless
 * its folder was asked to stay.
 */
struct site;

/* The principals; each is named after its role. */
enum site_role { SITE_PORTAL, SITE_WORKER, SITE_SUPERVISOR, SITE_OPERATOR, SITE_ROLES };

struct site_options {
	const char *profile;  /* path */
	const char *calendar; /* path; NULL: calendars/cn.ics beside the profile, else the daemon's default */
	const char *folder;   /* made by us and kept at the end; NULL: a temporary one */
	bool laboratory;      /* a store whose clock is set by hand, from 2000-01-01 on */
};

/* Blocks until the daemon is ready. No worker is admitted yet. */
bool site_start(const struct site_options *options, struct site **ret_site, struct fault *fault);

/* Stops the daemon and removes the folder. NULL is fine. */
void site_stop(struct site **self);

/* Admits the worker for one department of the profile, which takes a reload. */
bool site_admit_worker(struct site *self, struct span department, struct fault *fault);

/* All valid as long as the site. */
const char *site_endpoint(const struct site *self, enum site_role role);
const struct wire_key_pair *site_keys(const struct site *self, enum site_role role);
const struct wire_key *site_server_key(const struct site *self);
const char *site_folder(const struct site *self);
struct child *site_child(const struct site *self);

const char *site_role_name(enum site_role role);

#endif
