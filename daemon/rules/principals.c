#include "daemon/rules/principals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/table.h"
#include "daemon/rules/profile_parse.h"

struct entry {
	struct principal principal;
	UT_hash_handle by_key;
	UT_hash_handle by_name;
};

struct principals {
	struct entry *entries;
	uint32_t count;
	struct entry *keys;
	struct entry *names;
};

static const char *const role_names[ROLE_END] = {
	[ROLE_PORTAL] = "portal",
	[ROLE_WORKER] = "worker",
	[ROLE_SUPERVISOR] = "supervisor",
	[ROLE_TRIAGE] = "triage",
	[ROLE_APPROVER] = "approver",
	[ROLE_MODERATOR] = "moderator",
	[ROLE_OPERATOR] = "operator",
};

const char *role_name(enum role role)
{
	REQUIRE(role < ROLE_END);
	return role_names[role];
}

bool role_parse(struct span name, enum role *ret_role)
{
	for (enum role role = 0; role < ROLE_END; role++)
		if (span_equal_string(name, role_names[role]))
			return *ret_role = role, true;
	return false;
}

const char *zone_name(enum zone zone)
{
	static const char *const names[ZONE_END] = {"portal", "worker", "operator"};
	REQUIRE(zone < ZONE_END);
	return names[zone];
}

enum zone zone_of_role(enum role role)
{
	if (role == ROLE_PORTAL)
		return ZONE_PORTAL;
	return role == ROLE_OPERATOR ? ZONE_OPERATOR : ZONE_WORKER;
}

static bool read_departments(
	const struct principal_source *source, struct principal *to, const char *where, struct fault *fault)
{
	bool worker = to->role == ROLE_WORKER;
	if (worker && source->departments_count == 0)
		return fault_set(fault, "%s.departments: a worker serves at least one department", where);
	if (!worker && source->departments_count > 0)
		return fault_set(fault, "%s.departments: only workers serve departments", where);
	if (source->departments_count > DEPARTMENTS_PER_PRINCIPAL_MAX)
		return fault_set(fault, "%s.departments: more than %d", where, DEPARTMENTS_PER_PRINCIPAL_MAX);
	to->departments = memory_new(source->departments_count, sizeof(*to->departments));
	for (uint32_t i = 0; i < source->departments_count; i++) {
		char key[96];
		snprintf(key, sizeof(key), "%s.departments[%u]", where, i);
		if (!parse_id(key, source->departments[i], to->departments[i], sizeof(to->departments[i]),
			    fault))
			return false;
		if (principal_serves(to, span_of_string(to->departments[i])))
			return fault_set(fault, "%s: '%s' is there twice", key, to->departments[i]);
		to->departments_count++;
	}
	return true;
}

static bool read_principal(
	const struct principal_source *source, struct principal *to, const char *where, struct fault *fault)
{
	char key[96];
	snprintf(key, sizeof(key), "%s.name", where);
	if (!parse_id(key, source->name, to->name, sizeof(to->name), fault))
		return false;
	if (!role_parse(span_of_string(source->role), &to->role))
		return fault_set(fault,
			"%s.role: '%.20s' is not one of portal, worker, supervisor, triage, approver, moderator, operator",
			where, source->role ? source->role : "");
	if (!source->key)
		return fault_set(fault,
			"%s.key: must be a public key, 40 characters as `wenzhengctl keys new` prints it",
			where);
	memcpy(to->key, source->key, PRINCIPAL_KEY_SIZE);
	snprintf(key, sizeof(key), "%s.state", where);
	return parse_choice(key, source->state, "active", "revoked", &to->revoked, fault) &&
	       read_departments(source, to, where, fault);
}

/* No name and no key twice: a name is an identity for ever, and a key speaks for one. */
static bool index_entry(struct principals *self, struct entry *entry, const char *where, struct fault *fault)
{
	struct entry *same;
	HASH_FIND(by_name, self->names, entry->principal.name, strlen(entry->principal.name), same);
	if (same)
		return fault_set(fault, "%s.name: '%s' is there twice, first as principals[%zu]", where,
			entry->principal.name, (size_t)(same - self->entries));
	HASH_FIND(by_key, self->keys, entry->principal.key, PRINCIPAL_KEY_SIZE, same);
	if (same)
		return fault_set(fault, "%s.key: '%s' and '%s' have the same key", where,
			same->principal.name, entry->principal.name);
	HASH_ADD(by_name, self->names, principal.name, (unsigned)strlen(entry->principal.name), entry);
	HASH_ADD(by_key, self->keys, principal.key, PRINCIPAL_KEY_SIZE, entry);
	return true;
}

struct principals *principals_new(const struct principal_source *sources, unsigned count, struct fault *fault)
{
	struct principals *self = memory_new(1, sizeof(*self));
	bool good = count <= PRINCIPALS_MAX;
	if (!good)
		fault_set(fault, "principals: more than %d", PRINCIPALS_MAX);
	self->entries = memory_new(good ? count : 0, sizeof(*self->entries));
	for (uint32_t i = 0; good && i < count; i++) {
		char where[64];
		snprintf(where, sizeof(where), "principals[%u]", i);
		struct entry *entry = &self->entries[self->count++];
		good = read_principal(&sources[i], &entry->principal, where, fault) &&
		       index_entry(self, entry, where, fault);
	}
	if (!good)
		principals_destroy(&self);
	return self;
}

struct digest principal_key_digest(const struct principal *self)
{
	return digest_of(span_of(self->key, PRINCIPAL_KEY_SIZE));
}

static bool is_among(const struct principal *self, const struct digest *keys, uint32_t keys_count)
{
	struct digest key = principal_key_digest(self);
	for (uint32_t i = 0; i < keys_count; i++)
		if (digest_equal(&key, &keys[i]))
			return true;
	return false;
}

struct principals *principals_without(
	const struct principals *self, const struct digest *keys, uint32_t keys_count)
{
	struct fault fault;
	struct principals *copy = memory_new(1, sizeof(*copy));
	copy->entries = memory_new(self->count, sizeof(*copy->entries));
	for (; copy->count < self->count; copy->count++) {
		struct principal *one = &copy->entries[copy->count].principal;
		*one = self->entries[copy->count].principal;
		one->departments = memory_new(one->departments_count, sizeof(*one->departments));
		for (uint32_t i = 0; i < one->departments_count; i++)
			memcpy(one->departments[i], self->entries[copy->count].principal.departments[i],
				sizeof(one->departments[i]));
		one->revoked |= is_among(one, keys, keys_count);
		ENSURE(index_entry(copy, &copy->entries[copy->count], "", &fault));
	}
	return copy;
}

void principals_destroy(struct principals **self)
{
	struct principals *principals = *self;
	if (!principals)
		return;
	HASH_CLEAR(by_key, principals->keys);
	HASH_CLEAR(by_name, principals->names);
	for (uint32_t i = 0; i < principals->count; i++)
		free(principals->entries[i].principal.departments);
	free(principals->entries);
	free(principals);
	*self = NULL;
}

const struct principal *principals_find_key(
	const struct principals *self, const uint8_t key[static PRINCIPAL_KEY_SIZE])
{
	struct entry *entry;
	HASH_FIND(by_key, self->keys, key, PRINCIPAL_KEY_SIZE, entry);
	return entry ? &entry->principal : NULL;
}

const struct principal *principals_find_name(const struct principals *self, struct span name)
{
	struct entry *entry = NULL;
	if (name.size > 0)
		HASH_FIND(by_name, self->names, name.data, (unsigned)name.size, entry);
	return entry ? &entry->principal : NULL;
}

bool principals_same(const struct principals *before, const struct principals *after, struct span name)
{
	const struct principal *was = principals_find_name(before, name);
	const struct principal *is = principals_find_name(after, name);
	return was && is && !is->revoked && is->role == was->role &&
	       memcmp(is->key, was->key, PRINCIPAL_KEY_SIZE) == 0;
}

const struct principal *principals_at(const struct principals *self, uint32_t index)
{
	return index < self->count ? &self->entries[index].principal : NULL;
}

bool principal_serves(const struct principal *self, struct span department)
{
	for (uint32_t i = 0; i < self->departments_count; i++)
		if (span_equal_string(department, self->departments[i]))
			return true;
	return false;
}

bool principals_check_departments(
	const struct principals *self, const struct profile *profile, struct fault *fault)
{
	for (uint32_t i = 0; i < self->count; i++) {
		const struct principal *one = &self->entries[i].principal;
		for (uint32_t j = 0; j < one->departments_count; j++)
			if (!profile_find_department(profile, span_of_string(one->departments[j])))
				return fault_set(fault,
					"principals[%u].departments[%u]: '%s' of '%s' is not a department of profile '%s'",
					i, j, one->departments[j], one->name, profile->id);
	}
	return true;
}

struct digest principals_digest(const struct principals *self)
{
	struct buffer bytes = BUFFER_NULL;
	for (uint32_t i = 0; i < self->count; i++) {
		const struct principal *one = &self->entries[i].principal;
		buffer_append_prefixed(&bytes, span_of_string(one->name));
		buffer_append(&bytes, one->key, PRINCIPAL_KEY_SIZE);
		buffer_append_byte(&bytes, (uint8_t)one->role);
		buffer_append_byte(&bytes, one->revoked);
		buffer_append_u32(&bytes, one->departments_count);
		for (uint32_t j = 0; j < one->departments_count; j++)
			buffer_append_prefixed(&bytes, span_of_string(one->departments[j]));
	}
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return digest;
}
