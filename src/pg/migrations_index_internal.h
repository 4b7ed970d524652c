/// \file
/// What a failed concurrent index build leaves behind.
#pragma once

#include "pg/migrations_internal.h"

namespace arango2pg::pg {

/// Drops the INVALID indexes that an interrupted run of this statement left behind. Throws
/// Error(target) if another session is building the index right now.
void drop_invalid(Connection& connection, const ConcurrentIndex& index);

/// The index stands on its table and is usable.
bool is_valid(Connection& connection, const ConcurrentIndex& index);

}  // namespace arango2pg::pg
