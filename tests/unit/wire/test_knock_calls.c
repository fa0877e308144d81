#include "wire/knock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/unit/wire/rig.h"
#include "wire/socket.h"

/*
 * What a knock asks of libzmq and of the clock, which wrappers write down (wire/CMakeLists.txt): where it
 * connects, how long it waits each time, and whether it has forgotten its secret by then.
 */

#define WAITS_MAX 8

static struct {
	char endpoint[320];			  /* where it connected to */
	const struct timespec *clock, *clock_end; /* what the clock says in turn; NULL: the time */
	bool still;				  /* waits take no time */
	long waits_ms[WAITS_MAX];		  /* the first of them */
	int waits;				  /* how many */
	const unsigned char *secret;		  /* of the key that was made last */
	unsigned char secret_was[WIRE_KEY_SIZE];
	bool secret_kept; /* while waiting */
} seen;

int __real_zmq_connect(void *socket, const char *endpoint);
int __wrap_zmq_connect(void *socket, const char *endpoint);
int __real_zmq_poll(zmq_pollitem_t *items, int count, long timeout);
int __wrap_zmq_poll(zmq_pollitem_t *items, int count, long timeout);
int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);
void __real_wire_key_pair_generate(struct wire_key_pair *ret_pair);
void __wrap_wire_key_pair_generate(struct wire_key_pair *ret_pair);

int __wrap_zmq_connect(void *socket, const char *endpoint)
{
	if (strncmp(endpoint, "tcp://", 6) == 0)
		snprintf(seen.endpoint, sizeof(seen.endpoint), "%s", endpoint);
	return __real_zmq_connect(socket, endpoint);
}

int __wrap_zmq_poll(zmq_pollitem_t *items, int count, long timeout)
{
	if (seen.waits < WAITS_MAX)
		seen.waits_ms[seen.waits] = timeout;
	seen.waits++;
	seen.secret_kept |= seen.secret && memcmp(seen.secret, seen.secret_was, WIRE_KEY_SIZE) == 0;
	return __real_zmq_poll(items, count, seen.still ? 0 : timeout);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	if (!seen.clock)
		return __real_clock_gettime(clock, ret_now);
	*ret_now = *seen.clock;
	seen.clock += seen.clock + 1 < seen.clock_end;
	return 0;
}

void __wrap_wire_key_pair_generate(struct wire_key_pair *ret_pair)
{
	__real_wire_key_pair_generate(ret_pair);
	seen.secret = (const unsigned char *)ret_pair->secret_key;
	memcpy(seen.secret_was, ret_pair->secret_key, WIRE_KEY_SIZE);
}

static int setup(void **state)
{
	static struct rig rig;
	rig_open(&rig);
	memset(&seen, 0, sizeof(seen));
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	rig_close(*state);
	return 0;
}

static void test_any_address_is_knocked_at_on_the_loopback_of_its_kind(void **state)
{
	struct rig *rig = *state;
	static const char *const rows[][2] = {
		{"tcp://0.0.0.0:9", "tcp://127.0.0.1:9"},
		{"tcp://[::]:9", "tcp://[::1]:9"},
		{"tcp://127.0.0.9:9", "tcp://127.0.0.9:9"},
		{"tcp://[::1]:9", "tcp://[::1]:9"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(wire_knock(rig->context, rig->zap, rows[i][0], &rig->server_keys.key, 1),
			WIRE_KNOCK_TIMEOUT);
		assert_string_equal(seen.endpoint, rows[i][1]);
	}
}

static void test_each_wait_is_for_what_is_left_of_the_time_to_the_millisecond(void **state)
{
	struct rig *rig = *state;
	static const struct timespec times[] = {
		{1000000, 999000000}, /* the knock: until 1100000.999 */
		{1000001, 0},
		{1099999, 999999999},
		{1100000, 997999999},
		{1100000, 998000000},
		{1100000, 999000000}, /* the time is over, and nothing more is waited for */
		{1100001, 0},
	};
	static const long waits[] = {99999999, 1000, 2, 1};
	char endpoint[64];
	int fd = rig_listen_silently(endpoint);
	seen.clock = times;
	seen.clock_end = times + sizeof(times) / sizeof(times[0]);
	seen.still = true;
	int outcome = wire_knock(rig->context, rig->zap, endpoint, &rig->server_keys.key, 100000000);
	seen.clock = NULL;
	close(fd);
	assert_int_equal(outcome, WIRE_KNOCK_TIMEOUT);
	assert_int_equal(seen.waits, sizeof(waits) / sizeof(waits[0]));
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		assert_int_equal(seen.waits_ms[i], waits[i]);
}

/* What libzmq makes of CURVE when nobody is asked about keys. */
static void listen_openly(struct rig *rig, char endpoint[static 64])
{
	void *router = rig_socket(rig, ZMQ_ROUTER);
	int one = 1;
	size_t size = 64;
	int r = zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof(one));
	r |= zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, rig->server_keys.secret_key, WIRE_KEY_SIZE);
	r |= zmq_bind(router, "tcp://127.0.0.1:*");
	r |= zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
	assert_int_equal(r, 0);
}

static void test_without_a_doorkeeper_an_answer_ends_the_wait_all_the_same(void **state)
{
	struct rig *rig = *state;
	char endpoint[64];
	wire_zap_destroy(&rig->zap);
	listen_openly(rig, endpoint);
	time_t begun = time(NULL);
	assert_int_equal(
		wire_knock(rig->context, NULL, endpoint, &rig->server_keys.key, 60000), WIRE_KNOCK_OPEN);
	assert_in_range(time(NULL) - begun, 0, 20);
}

/* Descriptor 0 is what a socket that is not there would be taken for. Gives back what it was before. */
static int exchange_input(int fd)
{
	int before = dup(STDIN_FILENO);
	assert_true(before >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	return before;
}

static void test_without_a_doorkeeper_nothing_but_the_answer_is_waited_for(void **state)
{
	struct rig *rig = *state;
	char endpoint[64];
	int fd = rig_listen_silently(endpoint);
	int input = exchange_input(open("/dev/null", O_RDONLY | O_CLOEXEC)); /* which can be read at once */
	int outcome = wire_knock(rig->context, NULL, endpoint, &rig->server_keys.key, 60);
	close(exchange_input(input));
	close(fd);
	assert_int_equal(outcome, WIRE_KNOCK_TIMEOUT);
	assert_in_range(seen.waits, 1, WAITS_MAX); /* one that spins waits thousands of times for nothing */
}

static void test_the_doorkeeper_and_the_answer_are_both_waited_for(void **state)
{
	struct rig *rig = *state;
	int silence[2];
	rig_listen(rig, 0);
	assert_int_equal(pipe2(silence, O_CLOEXEC), 0);
	int input = exchange_input(silence[0]); /* which can never be read */
	struct timespec begun, ended;
	__real_clock_gettime(CLOCK_MONOTONIC, &begun);
	int outcome = wire_knock(rig->context, rig->zap, wire_server_endpoint(rig->server),
		&rig->server_keys.key, 3 * WIRE_HANDSHAKE_IVL);
	__real_clock_gettime(CLOCK_MONOTONIC, &ended);
	close(exchange_input(input));
	close(silence[1]);
	assert_int_equal(outcome, WIRE_KNOCK_REFUSED);
	/* Whoever is not heard is met only when libzmq has lost patience. */
	assert_in_range(ended.tv_sec - begun.tv_sec, 0, 2 * WIRE_HANDSHAKE_IVL / 1000);
}

static void test_the_secret_of_a_knock_is_forgotten_before_it_waits(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 0);
	assert_int_equal(wire_knock(rig->context, rig->zap, wire_server_endpoint(rig->server),
				 &rig->server_keys.key, RIG_PATIENCE_MS),
		WIRE_KNOCK_REFUSED);
	assert_true(seen.waits > 0);
	assert_false(seen.secret_kept);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_any_address_is_knocked_at_on_the_loopback_of_its_kind),
		WITH_RIG(test_each_wait_is_for_what_is_left_of_the_time_to_the_millisecond),
		WITH_RIG(test_without_a_doorkeeper_an_answer_ends_the_wait_all_the_same),
		WITH_RIG(test_without_a_doorkeeper_nothing_but_the_answer_is_waited_for),
		WITH_RIG(test_the_doorkeeper_and_the_answer_are_both_waited_for),
		WITH_RIG(test_the_secret_of_a_knock_is_forgotten_before_it_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
