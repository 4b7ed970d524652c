#include <array>
#include <utility>

#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {
namespace {

constexpr auto conditions = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"22000", "data_exception"},
    {"22001", "string_data_right_truncation"},
    {"22003", "numeric_value_out_of_range"},
    {"22007", "invalid_datetime_format"},
    {"22008", "datetime_field_overflow"},
    {"22009", "invalid_time_zone_displacement_value"},
    {"22012", "division_by_zero"},
    {"22021", "character_not_in_repertoire"},
    {"22023", "invalid_parameter_value"},
    {"22026", "string_data_length_mismatch"},
    {"2202E", "array_subscript_error"},
    {"22030", "duplicate_json_object_key_value"},
    {"22032", "invalid_json_text"},
    {"22P02", "invalid_text_representation"},
    {"22P03", "invalid_binary_representation"},
    {"22P04", "bad_copy_file_format"},
    {"22P05", "untranslatable_character"},
    {"23000", "integrity_constraint_violation"},
    {"23001", "restrict_violation"},
    {"23502", "not_null_violation"},
    {"23503", "foreign_key_violation"},
    {"23505", "unique_violation"},
    {"23514", "check_violation"},
    {"23P01", "exclusion_violation"},
    {"42601", "syntax_error"},
    {"44000", "with_check_option_violation"},
    {"54000", "program_limit_exceeded"},
    {"54001", "statement_too_complex"},
    {"54011", "too_many_columns"},
    {"P0001", "raise_exception"},
    {"P0004", "assert_failure"},
    {"XX000", "internal_error"},
});

bool one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  for (const std::string_view c : codes)
    if (c == code) return true;
  return false;
}

}  // namespace

bool is_transient(std::string_view sqlstate) {
  const std::string_view kind = sqlstate.substr(0, 2);
  // 53: disk full, out of memory, too many connections: somebody may make room while we wait.
  // 57P01…57P05: shut down, crash, starting up, idle time-out. 58: I/O errors of the server.
  return sqlstate.empty() || one_of(kind, {"08", "53", "58"}) || sqlstate.substr(0, 3) == "57P" ||
         one_of(sqlstate, {"40001", "40P01", "40003", "55P03", "25006", "25P03", "25P04"});
}

bool is_data_error(std::string_view sqlstate) {
  return one_of(sqlstate.substr(0, 2), {"21", "22", "23", "38", "39", "44", "54", "P0"});
}

std::string condition_name(std::string_view sqlstate) {
  for (const auto& [code, name] : conditions)
    if (code == sqlstate) return std::string(name);
  return std::string(sqlstate);
}

std::string hint_for(std::string_view sqlstate) {
  if (sqlstate == "42501") return "Grant the missing privilege to the role, or use another role.";
  if (sqlstate == "42P01" || sqlstate == "42703")
    return "Create it first, for example with `arango2pg schema up`.";
  if (sqlstate == "42P10")
    return "Merging needs a primary key or unique constraint on exactly the key columns.";
  if (sqlstate == "53100")
    return "Make room on the server's disk, then run the same command again.";
  if (sqlstate == "53300") return "Raise max_connections or use fewer lanes (--jobs).";
  if (sqlstate == "25006") return "Connect to the primary server, not to a standby.";
  if (sqlstate == "55P03")
    return "Another session holds a lock on it; wait for that session to end.";
  return {};
}

}  // namespace arango2pg::pg
