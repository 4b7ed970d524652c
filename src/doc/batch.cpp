#include "doc/batch.h"

namespace arango2pg::doc {

void MappingNotes::merge(const MappingNotes& other) {
  for (const auto& [k, n] : other.defaults_used) defaults_used[k] += n;
  for (const auto& [k, n] : other.warnings) warnings[k] += n;
  for (const auto& [k, u] : other.unmapped) {
    auto& mine = unmapped[k];
    mine.count += u.count;
    mine.bytes += u.bytes;
  }
}

}  // namespace arango2pg::doc
