#include "tests/unit/host/folder.h"

#include "daemon/host/config_endpoint.h"

static void an_endpoint_is_an_address_and_a_port(void **state)
{
	(void)state;
	static const struct {
		const char *endpoint;
		bool good, loopback;
	} rows[] = {
		{"tcp://*:5701", true, false},
		{"tcp://0.0.0.0:1", true, false},
		{"tcp://192.0.2.7:65535", true, false},
		{"tcp://[::]:5701", true, false},
		{"tcp://[2001:db8::7]:5701", true, false},
		{"tcp://127.0.0.1:5703", true, true},
		{"tcp://127.255.255.254:5703", true, true},
		{"tcp://127.0.0.1:*", true, true},
		{"tcp://[::1]:5703", true, true},
		{"tcp://128.0.0.1:5703", true, false},
		{"tcp://[::ffff:127.0.0.1]:5703", true, false},
		{"", false, false},
		{"tcp://", false, false},
		{"tcp://*", false, false},
		{"tcp://*:", false, false},
		{"tcp://*:0", false, false},
		{"tcp://*:65536", false, false},
		{"tcp://*:99999999999999999999", false, false},
		{"tcp://*:-1", false, false},
		{"tcp://*:5701 ", false, false},
		{"tcp://*:57x1", false, false},
		{"tcp://:5701", false, false},
		{"tcp://localhost:5703", false, false},
		{"tcp://127.0.0.1.example.org:5703", false, false},
		{"tcp://127.1:5703", false, false},
		{"tcp://127.0.0.256:5703", false, false},
		{"tcp://::1:5703", false, false},
		{"tcp://[::1:5703", false, false},
		{"tcp://[::g]:5703", false, false},
		{"tcp://[1::1]:5703", true, false},
		{"tcp://[0:1::1]:5703", true, false},
		{"tcp://[0:0:1::1]:5703", true, false},
		{"tcp://[0:0:0:0:1::1]:5703", true, false},
		{"tcp://[]:5703", false, false},
		{"tcp://[::1]5703", false, false},
		{"tcp://eth0:5701", false, false},
		{"ipc:///run/wenzheng", false, false},
		{"127.0.0.1:5703", false, false},
		{"TCP://*:5701", false, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fault fault = FAULT_NONE;
		print_message("%s\n", rows[i].endpoint);
		assert_int_equal(
			config_endpoint_check("k", rows[i].endpoint, CONFIG_ENDPOINT_ANYWHERE, &fault),
			rows[i].good);
		if (!rows[i].good)
			assert_non_null(strstr(fault.text, "is not tcp://HOST:PORT"));
		assert_int_equal(
			config_endpoint_check("k", rows[i].endpoint, CONFIG_ENDPOINT_LOOPBACK, &fault),
			rows[i].loopback);
		if (rows[i].good && !rows[i].loopback)
			assert_non_null(strstr(fault.text, "can be reached from other machines"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_is_an_address_and_a_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
