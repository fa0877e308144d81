#include "daemon/host/profile_yaml.h"

#include "daemon/host/yaml_file.h"

#define TEXT(type, key, member) \
	CYAML_FIELD_STRING_PTR( \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, CYAML_UNLIMITED)
#define LIST(type, key, member, entry) \
	CYAML_FIELD_SEQUENCE(          \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, entry, 0, CYAML_UNLIMITED)

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t department_fields[] = {
	TEXT(struct profile_source_department, "id", id),
	TEXT(struct profile_source_department, "name", name),
	TEXT(struct profile_source_department, "placeholder", placeholder),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t department = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_source_department, department_fields)};

static const cyaml_schema_field_t class_fields[] = {
	TEXT(struct profile_source_class, "id", id),
	TEXT(struct profile_source_class, "name", name),
	TEXT(struct profile_source_class, "within", within),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t class_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_source_class, class_fields)};

static const cyaml_schema_field_t rule_fields[] = {
	TEXT(struct profile_source_rule, "name", name),
	LIST(struct profile_source_rule, "category", category, &word),
	LIST(struct profile_source_rule, "keyword", keyword, &word),
	LIST(struct profile_source_rule, "region", region, &word),
	TEXT(struct profile_source_rule, "department", department),
	TEXT(struct profile_source_rule, "class", class),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_source_rule, rule_fields)};

static const cyaml_schema_field_t rung_fields[] = {
	TEXT(struct profile_source_rung, "at", at),
	TEXT(struct profile_source_rung, "time", time),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t rung = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_source_rung, rung_fields)};

static const cyaml_schema_field_t profile_fields[] = {
	TEXT(struct profile_source, "id", id),
	TEXT(struct profile_source, "name", name),
	TEXT(struct profile_source, "utc_offset", utc_offset),
	TEXT(struct profile_source, "identity", identity),
	TEXT(struct profile_source, "display", display),
	LIST(struct profile_source, "departments", departments, &department),
	LIST(struct profile_source, "classes", classes, &class_value),
	TEXT(struct profile_source, "default_class", default_class),
	LIST(struct profile_source, "rules", rules, &rule),
	CYAML_FIELD_MAPPING_PTR("reminder", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile_source,
		reminder, rung_fields),
	LIST(struct profile_source, "rungs", rungs, &rung),
	TEXT(struct profile_source, "nonworkday_receipt", nonworkday_receipt),
	TEXT(struct profile_source, "after_hours_receipt", after_hours_receipt),
	TEXT(struct profile_source, "close_of_business", close_of_business),
	TEXT(struct profile_source, "due_moment", due_moment),
	TEXT(struct profile_source, "makeup_day_counts", makeup_day_counts),
	TEXT(struct profile_source, "due_may_move_earlier", due_may_move_earlier),
	TEXT(struct profile_source, "returns_per_case", returns_per_case),
	TEXT(struct profile_source, "lease", lease),
	TEXT(struct profile_source, "heartbeat", heartbeat),
	TEXT(struct profile_source, "messages_per_minute", messages_per_minute),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t profile_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct profile_source, profile_fields)};

/* Frees the file. */
static struct profile *make(struct yaml_file *file, struct fault *fault)
{
	struct profile *profile = profile_new(file->data, fault);
	if (!profile)
		yaml_file_blame(file, fault);
	yaml_file_deinit(file);
	return profile;
}

struct profile *profile_yaml_load(const char *path, struct fault *fault)
{
	struct yaml_file file;
	return yaml_file_load(path, &profile_schema, &file, fault) ? make(&file, fault) : NULL;
}

struct profile *profile_yaml_parse(const char *path, struct span text, struct fault *fault)
{
	struct yaml_file file;
	return yaml_file_parse(path, text, &profile_schema, &file, fault) ? make(&file, fault) : NULL;
}
