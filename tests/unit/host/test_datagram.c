#include "tests/unit/host/folder.h"

#include <sys/socket.h>

#include "daemon/host/datagram.h"

/* Somebody who listens at `path`, or at an abstract name. */
static int listen_at(const char *path, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, path, size);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	socklen_t counted = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, counted), 0);
	return fd;
}

static void expect_heard(int fd, const char *words)
{
	char text[64] = "";
	assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), strlen(words));
	assert_string_equal(text, words);
}

static void it_reaches_whoever_listens_at_a_path_or_an_abstract_name(void **state)
{
	(void)state;
	struct folder folder;
	folder_init(&folder);
	struct datagram sender;
	char path[128], abstract[128];
	snprintf(path, sizeof(path), "%s/socket", folder.path);
	snprintf(abstract, sizeof(abstract), "@%s", folder.path);
	int fd = listen_at(path, strlen(path) + 1);
	assert_true(datagram_init(&sender, path));
	assert_int_equal(datagram_send(&sender, SPAN_LITERAL("READY=1")), DATAGRAM_SENT);
	expect_heard(fd, "READY=1");
	datagram_deinit(&sender);
	close(fd);
	unlink(path);

	abstract[0] = '\0';
	fd = listen_at(abstract, strlen(folder.path) + 1);
	abstract[0] = '@';
	assert_true(datagram_init(&sender, abstract));
	assert_int_equal(datagram_send(&sender, SPAN_LITERAL("x")), DATAGRAM_SENT);
	expect_heard(fd, "x");
	datagram_deinit(&sender);
	close(fd);
	folder_deinit(&folder);
}

static void who_does_not_read_holds_nobody_up(void **state)
{
	(void)state;
	struct folder folder;
	folder_init(&folder);
	struct datagram sender;
	char path[128];
	snprintf(path, sizeof(path), "%s/socket", folder.path);
	int fd = listen_at(path, strlen(path) + 1);
	assert_true(datagram_init(&sender, path));
	int taken = 0;
	while (datagram_send(&sender, SPAN_LITERAL("x")) == DATAGRAM_SENT)
		assert_in_range(++taken, 1, 1 << 20);
	assert_int_equal(datagram_send(&sender, SPAN_LITERAL("x")), DATAGRAM_FULL);
	for (int i = 0; i < taken; i++)
		expect_heard(fd, "x");
	assert_int_equal(datagram_send(&sender, SPAN_LITERAL("y")), DATAGRAM_SENT);
	expect_heard(fd, "y");
	close(fd);
	unlink(path);
	assert_int_equal(datagram_send(&sender, SPAN_LITERAL("z")), DATAGRAM_GONE);
	fd = listen_at(path, strlen(path) + 1);
	assert_int_equal(datagram_send(&sender, SPAN_LITERAL("z")), DATAGRAM_SENT);
	expect_heard(fd, "z");
	datagram_deinit(&sender);
	close(fd);
	unlink(path);
	folder_deinit(&folder);
}

static void without_a_name_there_is_nobody_to_tell(void **state)
{
	(void)state;
	char endless[200];
	memset(endless, '/', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	const char *names[] = {NULL, "", "/", "@", "vsock:2:1234", "run/notify", endless};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct datagram sender;
		assert_true(datagram_init(&sender, names[i]));
		assert_int_equal(sender.fd, -1);
		assert_int_equal(datagram_send(&sender, SPAN_LITERAL("x")), DATAGRAM_GONE);
		datagram_deinit(&sender);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_reaches_whoever_listens_at_a_path_or_an_abstract_name),
		cmocka_unit_test(who_does_not_read_holds_nobody_up),
		cmocka_unit_test(without_a_name_there_is_nobody_to_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
