/// \file
/// Some documents of a batch as a batch of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::doc {

/// Copies of the documents with the given numbers (ascending) and of their rows. Without notes and
/// rejections, and without a lease: the caller accounts for the memory.
RowBatch subset(const RowBatch& batch, const std::vector<std::uint32_t>& documents);

}  // namespace arango2pg::doc
