#include "client/connection.h"

#include <string.h>

#include "base/assert.h"

/* What was said last (a BYE, a SEEN) gets so long to leave the socket at the end. */
#define LINGER_MS 200

static bool read_server_key(
	const struct wz_connection_options *options, struct wire_key *ret_key, struct fault *fault)
{
	if (options->server_key_file)
		return wire_key_load(options->server_key_file, ret_key, fault);
	if (!options->server_key)
		return fault_set(fault, "no server key: the daemon's public key is needed to know it again");
	if (!wire_key_parse(span_of_string(options->server_key), ret_key, fault))
		return fault_prefix(fault, "server key");
	return true;
}

static bool read_pair(
	const struct wz_connection_options *options, struct wire_key_pair *ret_pair, struct fault *fault)
{
	enum wire_key_guard guard =
		options->key_file_is_guarded ? WIRE_KEY_GUARDED_BY_PLACE : WIRE_KEY_GUARDED_BY_MODE;
	if (options->key_file)
		return wire_key_pair_load(options->key_file, guard, ret_pair, fault);
	if (!options->public_key || !options->secret_key)
		return fault_set(fault, "no key: a key file, or a public and a secret key");
	struct wire_key secret;
	if (!wire_key_parse(span_of_string(options->public_key), &ret_pair->key, fault))
		return fault_prefix(fault, "public key");
	if (!wire_key_parse(span_of_string(options->secret_key), &secret, fault))
		return fault_prefix(fault, "secret key");
	memcpy(ret_pair->secret_key, secret.public_key, sizeof(ret_pair->secret_key));
	explicit_bzero(&secret, sizeof(secret));
	return true;
}

bool connection_open(const struct wz_connection_options *options, struct wire_context *context,
	struct wire_client **ret_client, struct fault *fault)
{
	REQUIRE(options && context && ret_client && fault);
	struct wire_key_pair pair;
	struct wire_client_options client_options = {
		.endpoint = options->endpoint, .keys = &pair, .linger_ms = LINGER_MS};
	if (!options->endpoint)
		return fault_set(fault, "no endpoint: tcp://host:port is needed");
	if (options->resend_ms < 0)
		return fault_set(fault, "resend_ms: may not be negative");
	if (!read_server_key(options, &client_options.server_key, fault) || !read_pair(options, &pair, fault))
		return false;
	bool opened = wire_client_new(context, &client_options, ret_client, fault);
	wire_key_pair_wipe(&pair);
	return opened;
}
