#include "tests/unit/host/folder.h"

#include <signal.h>
#include <sys/socket.h>

#include "daemon/host/service.h"

/* A service whose manager is ourselves. */
struct stand {
	struct folder folder;
	struct service service;
	int manager;
};

static int set_up(void **state)
{
	static struct stand stand;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	folder_init(&stand.folder);
	const char *path = folder_path(&stand.folder, "notify");
	memcpy(address.sun_path, path, strlen(path) + 1);
	stand.manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(stand.manager, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	unsetenv("WATCHDOG_PID");
	assert_int_equal(service_init(&stand.service), 0);
	*state = &stand;
	return 0;
}

static int tear_down(void **state)
{
	struct stand *stand = *state;
	service_deinit(&stand->service);
	close(stand->manager);
	folder_deinit(&stand->folder);
	return 0;
}

/* What the manager reads next; "" if there is nothing. */
static const char *told(struct stand *stand)
{
	static char text[512];
	ssize_t size = recv(stand->manager, text, sizeof(text) - 1, 0);
	text[size > 0 ? size : 0] = '\0';
	return text;
}

/* The manager reads nothing, until it can take no more. Returns how much it will have to read. */
static int stuff(struct stand *stand)
{
	int count = 0;
	while (datagram_send(&stand->service.manager, SPAN_LITERAL("X=1")) == DATAGRAM_SENT)
		assert_in_range(++count, 1, 1 << 20);
	return count;
}

static void empty(struct stand *stand, int count)
{
	for (int i = 0; i < count; i++)
		assert_string_equal(told(stand), "X=1");
}

static void the_manager_is_told_how_it_goes(void **state)
{
	struct stand *stand = *state;
	service_ready(&stand->service);
	assert_string_equal(told(stand), "READY=1");
	service_reloading(&stand->service, (struct mono){7000000});
	assert_string_equal(told(stand), "RELOADING=1\nMONOTONIC_USEC=7000000");
	service_stopping(&stand->service);
	assert_string_equal(told(stand), "STOPPING=1\nSTATUS=finishing");
	assert_string_equal(told(stand), "");
}

static void the_status_is_the_open_the_overdue_and_the_oldest(void **state)
{
	struct stand *stand = *state;
	struct shell_status status = {
		.totals = {.open = 12, .overdue = 2, .queued = 3, .triage = 1, .workers = 5}};
	struct mono now = {US_PER_S};
	assert_true(service_status_due(&stand->service, now));
	service_status(&stand->service, now, &status, 4);
	assert_string_equal(told(stand), "STATUS=12 open, 2 overdue, the oldest for 4 working days"
					 " (3 waiting for a worker, 1 at triage), 5 workers");
	assert_false(service_status_due(&stand->service, (struct mono){now.us + 5 * US_PER_S - 1}));
	assert_true(service_status_due(&stand->service, (struct mono){now.us + 5 * US_PER_S}));
	service_status(&stand->service, now, &status, 1);
	assert_non_null(strstr(told(stand), "for 1 working day ("));
	struct shell_status alarmed = {.laboratory = true, .clock_held = true, .disk_low = true};
	service_status(&stand->service, now, &alarmed, -1);
	assert_string_equal(told(stand), "STATUS=LABORATORY: 0 open, 0 overdue (0 waiting for a worker, 0 at "
					 "triage), 0 workers, CLOCK HELD, DISK LOW");
}

static void a_manager_that_does_not_read_is_not_waited_for_and_told_later(void **state)
{
	struct stand *stand = *state;
	struct mono now = {60 * US_PER_S};
	struct shell_status status = {.disk_low = false};
	int count = stuff(stand);
	service_ready(&stand->service);
	service_turned(&stand->service, now);
	service_status(&stand->service, now, &status, -1);
	empty(stand, count);
	assert_string_equal(told(stand), "");
	service_turned(&stand->service, now);
	assert_string_equal(told(stand), "READY=1");
	assert_string_equal(told(stand), "WATCHDOG=1");
	service_turned(&stand->service, now);
	assert_string_equal(told(stand), "");
}

static void the_watchdog_is_fed_by_turns_and_three_times_in_its_time(void **state)
{
	struct stand *stand = *state;
	struct mono now = {US_PER_DAY};
	service_turned(&stand->service, now);
	assert_string_equal(told(stand), "WATCHDOG=1");
	now.us += 10 * US_PER_S - 1;
	service_turned(&stand->service, now);
	assert_string_equal(told(stand), "");
	now.us += 1;
	service_turned(&stand->service, now);
	assert_string_equal(told(stand), "WATCHDOG=1");
	assert_int_equal(service_wait_us(&stand->service, INT64_MAX), US_PER_S);
	assert_int_equal(service_wait_us(&stand->service, 5), 5);
	stand->service.watchdog_us = US_PER_MS;
	assert_int_equal(service_wait_us(&stand->service, INT64_MAX), US_PER_MS);
}

static void signals_come_one_by_one(void **state)
{
	struct stand *stand = *state;
	assert_int_equal(service_signal(&stand->service), SERVICE_NONE);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(service_signal(&stand->service), SERVICE_RELOAD);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(service_signal(&stand->service), SERVICE_STOP);
	assert_int_equal(service_signal(&stand->service), SERVICE_NONE);
}

#define STANDING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STANDING(the_manager_is_told_how_it_goes),
		STANDING(the_status_is_the_open_the_overdue_and_the_oldest),
		STANDING(a_manager_that_does_not_read_is_not_waited_for_and_told_later),
		STANDING(the_watchdog_is_fed_by_turns_and_three_times_in_its_time),
		STANDING(signals_come_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
