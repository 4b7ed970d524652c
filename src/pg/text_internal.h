/// \file
/// Text that PostgreSQL takes: UTF-8 without NUL, and JSON made of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::pg {

/// `text` with NUL and everything that is no UTF-8 replaced by U+FFFD.
std::string valid_text(std::string_view text);

/// A JSON string with its quotes; repaired like valid_text().
std::string json_string(std::string_view text);

/// {"defaults_used":{…},"warnings":{…},"unmapped":{name:{"count":n,"bytes":n}}}; "{}" if there are
/// none. The form that arango2pg.add_counts() adds up.
std::string json_of(const doc::MappingNotes& notes);

/// A text[] literal for a parameter: {"a","b"}.
std::string array_literal(const std::vector<std::string>& items);

/// 128 random bits in hexadecimal: names a call, so that its repetition is recognised.
std::string random_token();

/// A statement of src/pg/sql by its path; Error(unexpected) if it was not compiled in.
std::string statement(std::string_view file);

/// "a", "b", … each with `of` ("t.") in front.
std::string quoted_list(const std::vector<std::string>& names, const std::string& of = {});

}  // namespace arango2pg::pg
