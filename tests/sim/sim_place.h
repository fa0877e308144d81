#ifndef WENZHENG_TESTS_SIM_PLACE_H
#define WENZHENG_TESTS_SIM_PLACE_H

#include "daemon/rules/principals.h"
#include "daemon/rules/profile.h"
#include "tests/lib/prng.h"
#include "tests/sim/almanac.h"
#include "tests/sim/sim_faults.h"

/* The simulated place: its policy, who holds a key, which days are off — in the production's form and, beside
 * it, in the oracle's own. */

#define PLACE_RUNGS_MAX 3

struct place_rung {
	int32_t workdays; /* after the due date; before it, if negative; 0: the due moment itself */
	int32_t second;
};

struct sim_place {
	struct profile *profile;
	struct principals *principals;
	struct workdays *workdays;
	struct almanac almanac; /* the same days as workdays */
	struct almanac_policy policy;
	uint32_t profile_variant;
	struct place_rung reminder;
	struct place_rung rungs[PLACE_RUNGS_MAX];
	uint32_t rungs_count;
	int64_t returns_max;
	bool roads_exist;      /* the department stands in the profile */
	uint32_t revoked;      /* mask of principals, by their place in the table */
	bool wet_serves_roads; /* worker-wet may serve both of its departments */
	int32_t start_date;
	int32_t last_year; /* whose notice is published */
};

void place_init(struct sim_place *self, struct prng *prng);
void place_deinit(struct sim_place *self);

struct place_objects {
	struct profile *profile;
	struct principals *principals;
	struct workdays *workdays;
};
/* Makes what a reload brings; what was there before goes to *ret_before and must outlive the switch. */
void place_reload(
	struct sim_place *self, enum sim_reload what, struct prng *prng, struct place_objects *ret_before);
void place_objects_free(struct place_objects *self);

/* Which departments a principal may speak for now, by the oracle's own table. */
bool place_may_serve(const struct sim_place *self, struct span principal, struct span department);
const char *place_name(uint32_t person);
const uint8_t *place_key(uint32_t person);
bool place_is_revoked(const struct sim_place *self, struct span principal);
/* The class's term in working days; 0: no such class. */
int32_t place_days_of_class(struct span class);

#endif
