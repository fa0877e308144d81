#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/requests.h"
#include "tests/lib/prng.h"

static const struct mono zero;

static void expect_order(const struct requests *requests, enum request_state state, const int64_t *reqs)
{
	const struct request *request = requests->lists[state];
	for (; *reqs; reqs++, request = request->next) {
		assert_non_null(request);
		assert_int_equal(request->req, *reqs);
	}
	assert_null(request);
}

static void add(struct requests *requests, int count)
{
	for (int i = 0; i < count; i++)
		requests_add(requests, KIND_SUBMIT, 0);
}

static void send_first(struct requests *requests, int64_t at)
{
	requests_move(requests, requests->lists[REQUEST_TO_SEND], REQUEST_SENT, (struct mono){at});
}

static void test_what_was_sent_goes_out_again_in_the_order_it_was_asked(void **state)
{
	(void)state;
	struct requests requests;
	requests_init(&requests);
	add(&requests, 5);
	for (int i = 0; i < 4; i++)
		send_first(&requests, i);
	requests_resend_all(&requests);
	expect_order(&requests, REQUEST_TO_SEND, (const int64_t[]){1, 2, 3, 4, 5, 0});
	requests_deinit(&requests);
}

static void test_only_what_waited_long_enough_is_sent_again(void **state)
{
	(void)state;
	struct requests requests;
	requests_init(&requests);
	add(&requests, 3);
	for (int64_t at = 10; at <= 30; at += 10)
		send_first(&requests, at);
	assert_int_equal(requests_oldest(&requests).us, 10);
	requests_refresh(&requests, (struct mono){20}, (struct mono){100});
	expect_order(&requests, REQUEST_TO_SEND, (const int64_t[]){1, 2, 0});
	expect_order(&requests, REQUEST_SENT, (const int64_t[]){3, 0});
	requests_deinit(&requests);
}

static void test_a_resting_request_waits_for_its_own_moment_and_takes_its_old_place(void **state)
{
	(void)state;
	struct requests requests;
	requests_init(&requests);
	add(&requests, 4);
	requests_move(&requests, requests_find(&requests, 2), REQUEST_RESTING, (struct mono){50});
	requests_move(&requests, requests_find(&requests, 3), REQUEST_RESTING, (struct mono){40});
	assert_int_equal(requests_first_rested(&requests).us, 40);
	requests_refresh(&requests, zero, (struct mono){39});
	expect_order(&requests, REQUEST_TO_SEND, (const int64_t[]){1, 4, 0});
	requests_refresh(&requests, zero, (struct mono){50});
	expect_order(&requests, REQUEST_TO_SEND, (const int64_t[]){1, 2, 3, 4, 0});
	requests_deinit(&requests);
}

static void test_any_moves_keep_every_request_findable_and_what_is_to_send_in_order(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct requests requests;
	requests_init(&requests);
	bool alive[4001] = {false};
	uint32_t count = 0;
	for (int step = 0; step < 20000; step++) {
		int64_t req = (int64_t)prng_below(&prng, (uint64_t)requests.last_req + 1);
		struct request *request = requests_find(&requests, req);
		assert_int_equal(request != NULL, alive[req]);
		if (requests.last_req < 4000 && prng_chance(&prng, 20)) {
			alive[requests_add(&requests, KIND_TAKE, 0)->req] = true;
			count++;
		} else if (request && prng_chance(&prng, 30)) {
			requests_remove(&requests, request);
			alive[req] = false;
			count--;
		} else if (request) {
			enum request_state to = (enum request_state)prng_below(&prng, REQUEST_STATES);
			requests_move(&requests, request, to, (struct mono){step});
		} else if (prng_chance(&prng, 5)) {
			requests_resend_all(&requests);
			assert_null(requests.lists[REQUEST_SENT]);
		}
		const struct request *one = requests.lists[REQUEST_TO_SEND];
		for (; one && one->next; one = one->next)
			assert_true(one->req < one->next->req);
		assert_int_equal(requests.count, count);
	}
	requests_deinit(&requests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_sent_goes_out_again_in_the_order_it_was_asked),
		cmocka_unit_test(test_only_what_waited_long_enough_is_sent_again),
		cmocka_unit_test(test_a_resting_request_waits_for_its_own_moment_and_takes_its_old_place),
		cmocka_unit_test(test_any_moves_keep_every_request_findable_and_what_is_to_send_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
