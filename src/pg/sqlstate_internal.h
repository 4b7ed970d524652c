/// \file
/// What PostgreSQL's five-character codes mean for us.
#pragma once

#include <string>
#include <string_view>

namespace arango2pg::pg {

/// The same work may succeed later: connection lost, server starting or out of resources, deadlock,
/// serialization failure, lock not available, a standby that is not yet promoted.
bool is_transient(std::string_view sqlstate);

/// A row's fault, not the table's or the program's: bad value, constraint, limit, a trigger's
/// RAISE.
bool is_data_error(std::string_view sqlstate);

/// The condition's name where we know it ("unique_violation"), else the code itself.
std::string condition_name(std::string_view sqlstate);

/// What a user can do about it; empty where the message says it all.
std::string hint_for(std::string_view sqlstate);

}  // namespace arango2pg::pg
