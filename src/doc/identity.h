/// \file
/// Deterministic identity: the same document always becomes the same UUID, so references need no
/// look-up.
#pragma once

#include <string_view>

#include "base/ids.h"

namespace arango2pg::doc {

/// A key that is a UUID is kept; any other key becomes UUIDv5(project namespace, "collection/key").
Uuid document_uuid(std::string_view collection, std::string_view key);

/// RFC 4122 version 5 (SHA-1).
Uuid uuid_v5(const Uuid& name_space, std::string_view name);

/// The project's namespace; a constant of the product, never to change: rows in the world depend on
/// it.
const Uuid& project_namespace();

}  // namespace arango2pg::doc
