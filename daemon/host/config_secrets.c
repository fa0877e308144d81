#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "daemon/host/config.h"

/* The keys of the daemon itself: its CURVE pair, the key of the query codes, and what contacts are sealed to.
 */

/* A credential of systemd if there is one of that name, else the file in the keys folder. */
static char *secret_path(const struct config *config, const char *name, enum wire_key_guard *ret_guard)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	struct buffer path = BUFFER_NULL;
	struct stat status;
	*ret_guard = WIRE_KEY_GUARDED_BY_PLACE;
	if (credentials)
		buffer_printf(&path, "%s/%s", credentials, name);
	if (!credentials || stat(buffer_string(&path), &status) != 0) {
		*ret_guard = WIRE_KEY_GUARDED_BY_MODE;
		buffer_clear(&path);
		buffer_printf(&path, "%s/%s", config->keys, name);
	}
	buffer_string(&path);
	return path.data;
}

static int hex_value(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	digit = (char)tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, struct digest_key *ret_key)
{
	if (strlen(text) != 2 * DIGEST_KEY_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_KEY_SIZE; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_key->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* O_NONBLOCK: a pipe in the key's place must not hang us. */
static bool read_secret(
	const char *path, enum wire_key_guard guard, char *text, size_t capacity, struct fault *fault)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0)
		return fault_set(fault,
			"%s: %s; `wenzhengctl keys new query-code --role query-code` makes one", path,
			language_error(errno));
	if (!S_ISREG(status.st_mode))
		return fault_set(fault, "%s: is not a regular file", path);
	if (guard == WIRE_KEY_GUARDED_BY_MODE && (status.st_mode & 077))
		return fault_set(fault, "%s: others can read this secret: chmod 600 %s", path, path);
	ssize_t size = read(fd, text, capacity - 1);
	if (size < 0)
		return fault_set(fault, "%s: %s", path, language_error(errno));
	text[size] = '\0';
	return true;
}

static bool load_query_code_key(
	const char *path, enum wire_key_guard guard, struct digest_key *ret_key, struct fault *fault)
{
	char text[2 * DIGEST_KEY_SIZE + 3] = ""; /* line feed, one byte that may not be there, and NUL */
	struct digest_key key;
	bool good = read_secret(path, guard, text, sizeof(text), fault);
	size_t size = strlen(text);
	if (size > 0 && text[size - 1] == '\n')
		text[size - 1] = '\0';
	if (good && !parse_hex(text, &key))
		good = fault_set(
			fault, "%s: is not one line of %d hexadecimal digits", path, 2 * DIGEST_KEY_SIZE);
	if (good)
		*ret_key = key;
	explicit_bzero(text, sizeof(text));
	digest_key_wipe(&key);
	return good;
}

/* The secret half has no business here: with it beside the store a thief of both could read every contact. */
static bool load_contact_key(const struct config *config, struct seal_key *ret_key, struct fault *fault)
{
	enum wire_key_guard guard;
	struct wire_key key;
	char *path CLEANUP(cleanup_free) = secret_path(config, "contact.key", &guard);
	char *secret CLEANUP(cleanup_free) = secret_path(config, "contact.key_secret", &guard);
	struct fault inner;
	if (access(secret, F_OK) == 0)
		return fault_set(fault,
			"%s: the secret half of the contact key must not be on the daemon's machine: give it to "
			"the approver's and remove it here",
			secret);
	if (!wire_key_load(path, &key, &inner))
		return fault_set(
			fault, "%.300s; `wenzhengctl keys new contact --role contact` makes one", inner.text);
	static_assert(sizeof(key.public_key) == sizeof(ret_key->bytes), "both are X25519");
	memcpy(ret_key->bytes, key.public_key, sizeof(ret_key->bytes));
	return true;
}

bool config_load_secrets(const struct config *config, struct config_secrets *ret_secrets, struct fault *fault)
{
	enum wire_key_guard guard;
	char *pair_path CLEANUP(cleanup_free) = secret_path(config, "wenzhengd.key_secret", &guard);
	if (!wire_key_pair_load(pair_path, guard, &ret_secrets->pair, fault))
		return false;
	char *code_path CLEANUP(cleanup_free) = secret_path(config, "query-code.key", &guard);
	return load_query_code_key(code_path, guard, &ret_secrets->query_code, fault) &&
	       load_contact_key(config, &ret_secrets->contact, fault);
}

void config_secrets_wipe(struct config_secrets *self)
{
	wire_key_pair_wipe(&self->pair);
	digest_key_wipe(&self->query_code);
}
