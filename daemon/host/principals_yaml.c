#include "daemon/host/principals_yaml.h"

#include <stdlib.h>

#include "base/memory.h"
#include "daemon/host/yaml_file.h"
#include "wire/keys.h"

#define TEXT(type, key, member) \
	CYAML_FIELD_STRING_PTR( \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, CYAML_UNLIMITED)

struct yaml_principal {
	const char *name;
	const char *role;
	const char *key;
	const char **departments;
	unsigned departments_count;
	const char *state;
};

struct yaml_principals {
	struct yaml_principal *principals;
	unsigned principals_count;
};

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t principal_fields[] = {
	TEXT(struct yaml_principal, "name", name),
	TEXT(struct yaml_principal, "role", role),
	TEXT(struct yaml_principal, "key", key),
	CYAML_FIELD_SEQUENCE("departments", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_principal,
		departments, &word, 0, CYAML_UNLIMITED),
	TEXT(struct yaml_principal, "state", state),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t principal = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_principal, principal_fields)};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE("principals", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_principals,
		principals, &principal, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_principals, file_fields)};

static struct principals *compile(const struct yaml_principals *file, struct fault *fault)
{
	struct principal_source *sources = memory_new(file->principals_count, sizeof(*sources));
	struct wire_key *keys = memory_new(file->principals_count, sizeof(*keys));
	struct fault unused;
	for (unsigned i = 0; i < file->principals_count; i++) {
		const struct yaml_principal *from = &file->principals[i];
		bool readable = wire_key_parse(span_of_string(from->key), &keys[i], &unused);
		sources[i] = (struct principal_source){
			.name = from->name,
			.role = from->role,
			.key = readable ? keys[i].public_key : NULL,
			.departments = from->departments,
			.departments_count = from->departments_count,
			.state = from->state,
		};
	}
	struct principals *principals = principals_new(sources, file->principals_count, fault);
	free(sources);
	free(keys);
	return principals;
}

/* Frees the file. */
static struct principals *make(struct yaml_file *file, const struct profile *profile, struct fault *fault)
{
	struct principals *principals = compile(file->data, fault);
	if (principals && profile && !principals_check_departments(principals, profile, fault))
		principals_destroy(&principals);
	if (!principals)
		yaml_file_blame(file, fault);
	yaml_file_deinit(file);
	return principals;
}

struct principals *principals_yaml_load(const char *path, const struct profile *profile, struct fault *fault)
{
	struct yaml_file file;
	return yaml_file_load(path, &file_schema, &file, fault) ? make(&file, profile, fault) : NULL;
}

struct principals *principals_yaml_parse(
	const char *path, struct span text, const struct profile *profile, struct fault *fault)
{
	struct yaml_file file;
	return yaml_file_parse(path, text, &file_schema, &file, fault) ? make(&file, profile, fault) : NULL;
}
