/// \file
/// Shared by pack files, migration engine and ledger.
#pragma once

#include "pg/migrations.h"

namespace arango2pg::pg {

/// Sorts by number. Throws Error(usage) for duplicate or missing numbers.
void order_migrations(Pack& pack);

/// The control schema's pack, from the files compiled into the program.
Pack control_pack();

/// Creates or upgrades the control schema. Costs one query if there is nothing to do. Throws
/// Error(target) if the schema is of a newer program.
void ensure_control_schema(Connection& connection);

}  // namespace arango2pg::pg
