#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core/place.h"

/*
 * What a worker's process is called in the store. It is the beginning of a digest, and nobody finds a name
 * whose digest begins as the hard cases do: so a wrapper gives it (core/CMakeLists.txt).
 */

#define PEER (UINT64_C(1) << 40 | 1)

static const uint64_t *begins;

struct digest __real_digest_of(struct span bytes);
struct digest __wrap_digest_of(struct span bytes);

struct digest __wrap_digest_of(struct span bytes)
{
	struct digest digest = __real_digest_of(bytes);
	if (begins)
		memcpy(digest.bytes, begins, sizeof(*begins));
	return digest;
}

/* The store keeps it as a positive integer, and 0 means nobody. */
static void a_holder_is_positive_and_somebody_whatever_its_digest(void **state)
{
	struct place *place = *state;
	static const struct {
		uint64_t digest;
		uint64_t holder;
	} rows[] = {
		{0, 1},
		{UINT64_C(1) << 63, 1},
		{1, 1},
		{2, 2},
		{UINT64_C(1) << 63 | 2, 2},
		{INT64_MAX, INT64_MAX},
		{UINT64_MAX, INT64_MAX},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct worker_view worker;
		begins = &rows[i].digest;
		place_ready(place, "worker-edu", PEER, 7, 1, false);
		begins = NULL;
		assert_true(core_worker_by_peer(place->core, PEER, &worker));
		assert_true(worker.holder == rows[i].holder);
		core_worker_end(place->core, PEER, false);
		place_run(place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_holder_is_positive_and_somebody_whatever_its_digest, place_setup, place_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
