#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "daemon/host/config.h"
#include "tests/fuzz/feed.h"

/*
 * Any bytes as a key file, and as the file of the query codes' key: refused with a sentence that repeats
 * nothing of what stands there as a secret, or a key that is the same when written and read again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[96];

static void remove_folder(void)
{
	static const char *const names[] = {
		"wenzhengd.key_secret", "wenzhengd.key", "query-code.key", "contact.key"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[160];
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void make_folder(void)
{
	const char *base = getenv("TMPDIR");
	struct wire_key_pair pair;
	struct fault fault;
	char name[160];
	if (*folder)
		return;
	digest_start();
	snprintf(folder, sizeof(folder), "%.64s/wenzheng-fuzz-XXXXXX", base && *base ? base : "/tmp");
	ENSURE(mkdtemp(folder) && atexit(remove_folder) == 0);
	snprintf(name, sizeof(name), "%s/wenzhengd", folder);
	wire_key_pair_generate(&pair);
	ENSURE(wire_key_pair_save(&pair, name, &fault));
	/* The daemon minds the secret half of the contact key beside its own keys. */
	snprintf(name, sizeof(name), "%s/contact", folder);
	ENSURE(wire_key_pair_save(&pair, name, &fault));
	snprintf(name, sizeof(name), "%s/contact.key_secret", folder);
	ENSURE(unlink(name) == 0);
}

/* The first characters of what the file calls its secret: enough to know them again. */
#define SECRET_SIZE 12

static void check_silence(struct span text, const struct fault *fault)
{
	static const char name[] = "secret-key = \"";
	const char *at = memmem(text.data ? text.data : "", text.size, name, sizeof(name) - 1);
	if (!at)
		return;
	struct span secret =
		span_of(at + sizeof(name) - 1, (size_t)(text.data + text.size - at) - (sizeof(name) - 1));
	if (secret.size < SECRET_SIZE)
		return;
	/* Our sentences name the keys of the file and have blanks: no secret does. */
	secret.size = SECRET_SIZE;
	if (!memchr(secret.data, '\0', SECRET_SIZE) && !memchr(secret.data, ' ', SECRET_SIZE) &&
		!memmem(secret.data, SECRET_SIZE, "key", 3))
		ENSURE(!memmem(fault->text, strlen(fault->text), secret.data, SECRET_SIZE));
}

static void check_key_again(const struct wire_key *key)
{
	char text[WIRE_KEY_TEXT_SIZE];
	struct wire_key again;
	struct fault fault;
	wire_key_print(key, text);
	ENSURE(wire_key_parse(span_of_string(text), &again, &fault) && wire_key_equal(key, &again));
}

static void check_key_file(struct span text)
{
	struct feed_file file = feed_file_of(text, 0600);
	struct wire_key key;
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	bool is_key = wire_key_load(file.path, &key, &fault);
	check_silence(text, &fault);
	if (is_key)
		check_key_again(&key);
	fault = FAULT_NONE;
	if (wire_key_pair_load(file.path, WIRE_KEY_GUARDED_BY_MODE, &pair, &fault)) {
		ENSURE(is_key && wire_key_equal(&key, &pair.key));
		wire_key_pair_wipe(&pair);
	}
	check_silence(text, &fault);
	feed_file_close(&file);
	file = feed_file_of(text, 0640);
	ENSURE(!wire_key_pair_load(file.path, WIRE_KEY_GUARDED_BY_MODE, &pair, &fault));
	feed_file_close(&file);
}

static void check_query_code_key(struct span text)
{
	struct config config = {.keys = folder};
	struct config_secrets secrets;
	struct fault fault = FAULT_NONE;
	char path[160];
	snprintf(path, sizeof(path), "%s/query-code.key", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ENSURE(fd >= 0 && write(fd, text.size ? text.data : "", text.size) == (ssize_t)text.size);
	close(fd);
	if (config_load_secrets(&config, &secrets, &fault)) {
		ENSURE(text.size >= 2 * DIGEST_KEY_SIZE);
		for (size_t i = 0; i < DIGEST_KEY_SIZE; i++) {
			char pair_of_digits[3] = {text.data[2 * i], text.data[2 * i + 1], '\0'};
			ENSURE(strtoul(pair_of_digits, NULL, 16) == secrets.query_code.bytes[i]);
		}
		config_secrets_wipe(&secrets);
	} else {
		ENSURE(*fault.text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	make_folder();
	check_key_file(text);
	check_query_code_key(text);
	return 0;
}
