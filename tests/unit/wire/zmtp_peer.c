#include "tests/unit/wire/zmtp_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buffer.h"

#define FRAME_COMMAND 0x04
#define FRAME_LONG    0x02
#define GREETING_SIZE 64
#define WELCOME_SIZE  168
#define COOKIE_SIZE   96

void zmtp_peer_open(struct zmtp_peer *self, struct rig *rig)
{
	memset(self, 0, sizeof(*self));
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(rig_port(wire_server_endpoint(rig->server))),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	self->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(self->fd >= 0);
	assert_int_equal(connect(self->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(self->fd, F_SETFL, O_NONBLOCK), 0);
}

void zmtp_peer_close(struct zmtp_peer *self)
{
	close(self->fd);
	self->fd = -1;
}

bool zmtp_peer_write(struct zmtp_peer *self, struct rig *rig, const void *data, size_t size)
{
	int64_t deadline = rig_deadline();
	for (size_t done = 0; done < size;) {
		ssize_t put = send(self->fd, (const char *)data + done, size - done, MSG_NOSIGNAL);
		if (put < 0 && (errno == EPIPE || errno == ECONNRESET))
			return false;
		if (put < 0) {
			assert_true(errno == EAGAIN || errno == EINTR);
			rig_turn(rig, NULL, NULL, -1, 1);
		}
		done += put > 0 ? (size_t)put : 0;
		if (rig_is_over(deadline))
			fail_msg("wrote %zu of %zu bytes, then no room", done, size);
	}
	return true;
}

bool zmtp_peer_greet(struct zmtp_peer *self, struct rig *rig, const char *mechanism)
{
	uint8_t greeting[GREETING_SIZE] = {0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0};
	memcpy(greeting + 12, mechanism, strlen(mechanism));
	if (!zmtp_peer_write(self, rig, greeting, sizeof(greeting)))
		return false;
	return rig_read(rig, self->fd, greeting, sizeof(greeting));
}

static void append_header(struct buffer *to, uint8_t flags, size_t size)
{
	if (size > 255) {
		buffer_append_byte(to, flags | FRAME_LONG);
		buffer_append_u64(to, size);
	} else {
		buffer_append_byte(to, flags);
		buffer_append_byte(to, (uint8_t)size);
	}
}

static void make_nonce(uint8_t nonce[static 24], const char *prefix, const uint8_t *tail, size_t tail_size)
{
	memcpy(nonce, prefix, 24 - tail_size);
	memcpy(nonce + 24 - tail_size, tail, tail_size);
}

/* The eight bytes of the next short nonce. */
static void next_nonce(struct zmtp_peer *self, uint8_t short_nonce[static 8])
{
	self->nonce++;
	for (int i = 0; i < 8; i++)
		short_nonce[i] = (uint8_t)(self->nonce >> (56 - 8 * i));
}

static void append_box(struct buffer *to, const void *plain, size_t size, const uint8_t nonce[static 24],
	const uint8_t *public_key, const uint8_t *secret_key)
{
	uint8_t *box = malloc(size + crypto_box_MACBYTES);
	assert_non_null(box);
	assert_int_equal(crypto_box_easy(box, plain, size, nonce, public_key, secret_key), 0);
	buffer_append(to, box, size + crypto_box_MACBYTES);
	free(box);
}

static bool send_hello(struct zmtp_peer *self, struct rig *rig)
{
	struct buffer frame = BUFFER_NULL;
	const uint8_t zeros[72] = {0};
	uint8_t short_nonce[8];
	uint8_t nonce[24];
	next_nonce(self, short_nonce);
	make_nonce(nonce, "CurveZMQHELLO---", short_nonce, 8);
	append_header(&frame, FRAME_COMMAND, 200);
	buffer_append(&frame, "\5HELLO\1\0", 8);
	buffer_append(&frame, zeros, 72);
	buffer_append(&frame, self->transient_public, 32);
	buffer_append(&frame, short_nonce, 8);
	append_box(&frame, zeros, 64, nonce, self->server_key, self->transient_secret);
	bool sent = zmtp_peer_write(self, rig, frame.data, frame.size);
	buffer_deinit(&frame);
	return sent;
}

static bool read_welcome(struct zmtp_peer *self, struct rig *rig, uint8_t ret_cookie[static COOKIE_SIZE])
{
	uint8_t frame[2 + WELCOME_SIZE];
	uint8_t nonce[24];
	uint8_t plain[32 + COOKIE_SIZE];
	if (!rig_read(rig, self->fd, frame, sizeof(frame)))
		return false;
	assert_memory_equal(frame + 2, "\7WELCOME", 8);
	make_nonce(nonce, "WELCOME-", frame + 10, 16);
	assert_int_equal(
		crypto_box_open_easy(plain, frame + 26, 144, nonce, self->server_key, self->transient_secret),
		0);
	memcpy(self->server_transient, plain, 32);
	memcpy(ret_cookie, plain + 32, COOKIE_SIZE);
	return true;
}

static void append_property(struct buffer *to, const char *name, const char *value)
{
	buffer_append_byte(to, (uint8_t)strlen(name));
	buffer_append(to, name, strlen(name));
	buffer_append_prefixed(to, span_of_string(value));
}

static void append_vouch(struct zmtp_peer *self, struct buffer *to, const struct wire_key_pair *keys)
{
	uint8_t tail[16];
	uint8_t nonce[24];
	uint8_t vouch[64];
	randombytes_buf(tail, sizeof(tail));
	make_nonce(nonce, "VOUCH---", tail, 16);
	memcpy(vouch, self->transient_public, 32);
	memcpy(vouch + 32, self->server_key, 32);
	buffer_append(to, keys->key.public_key, 32);
	buffer_append(to, tail, 16);
	append_box(to, vouch, sizeof(vouch), nonce, self->server_transient, keys->secret_key);
}

static bool send_initiate(struct zmtp_peer *self, struct rig *rig, const struct wire_key_pair *keys,
	const char *const *properties, const uint8_t cookie[static COOKIE_SIZE])
{
	struct buffer plain = BUFFER_NULL;
	struct buffer frame = BUFFER_NULL;
	uint8_t short_nonce[8];
	uint8_t nonce[24];
	append_vouch(self, &plain, keys);
	append_property(&plain, "Socket-Type", "DEALER");
	for (; properties && properties[0]; properties += 2)
		append_property(&plain, properties[0], properties[1]);
	next_nonce(self, short_nonce);
	make_nonce(nonce, "CurveZMQINITIATE", short_nonce, 8);
	append_header(&frame, FRAME_COMMAND, 9 + COOKIE_SIZE + 8 + plain.size + crypto_box_MACBYTES);
	buffer_append(&frame, "\10INITIATE", 9);
	buffer_append(&frame, cookie, COOKIE_SIZE);
	buffer_append(&frame, short_nonce, 8);
	append_box(&frame, plain.data, plain.size, nonce, self->server_transient, self->transient_secret);
	bool sent = zmtp_peer_write(self, rig, frame.data, frame.size);
	buffer_deinit(&plain);
	buffer_deinit(&frame);
	return sent;
}

bool zmtp_peer_handshake(struct zmtp_peer *self, struct rig *rig, const struct wire_key_pair *keys,
	const char *const *properties)
{
	uint8_t cookie[COOKIE_SIZE];
	uint8_t answer[8];
	crypto_box_keypair(self->transient_public, self->transient_secret);
	memcpy(self->server_key, rig->server_keys.key.public_key, 32);
	if (!zmtp_peer_greet(self, rig, "CURVE") || !send_hello(self, rig) ||
		!read_welcome(self, rig, cookie))
		return false;
	if (!send_initiate(self, rig, keys, properties, cookie) ||
		!rig_read(rig, self->fd, answer, sizeof(answer)))
		return false;
	return memcmp(answer + 2, "\5READY", 6) == 0;
}

bool zmtp_peer_send(struct zmtp_peer *self, struct rig *rig, const void *data, size_t size)
{
	struct buffer plain = BUFFER_NULL;
	struct buffer frame = BUFFER_NULL;
	uint8_t short_nonce[8];
	uint8_t nonce[24];
	next_nonce(self, short_nonce);
	make_nonce(nonce, "CurveZMQMESSAGEC", short_nonce, 8);
	buffer_append_byte(&plain, 0);
	buffer_append(&plain, data, size);
	append_header(&frame, 0, 16 + plain.size + crypto_box_MACBYTES);
	buffer_append(&frame, "\7MESSAGE", 8);
	buffer_append(&frame, short_nonce, 8);
	append_box(&frame, plain.data, plain.size, nonce, self->server_transient, self->transient_secret);
	bool sent = zmtp_peer_write(self, rig, frame.data, frame.size);
	buffer_deinit(&plain);
	buffer_deinit(&frame);
	return sent;
}

void zmtp_peer_await_end(struct zmtp_peer *self, struct rig *rig)
{
	uint8_t byte;
	while (rig_read(rig, self->fd, &byte, 1))
		;
}
