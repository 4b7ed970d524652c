#include "run/verify_sums.h"

#include <algorithm>

namespace arango2pg::run {

void Suspects::narrow(const BucketSums& sums) {
  Level& level = levels_.emplace_back();
  level.salt = sums.salt();
  level.differs.resize(sums.size());
  buckets_ = 0;
  for (std::size_t b = 0; b < sums.size(); ++b) {
    level.differs[b] = sums.differs(b);
    buckets_ += level.differs[b] ? 1U : 0U;
  }
  share_ = static_cast<double>(buckets_) / static_cast<double>(sums.size());
}

void Suspects::keep_only(std::size_t buckets) {
  if (buckets >= buckets_) return;
  std::vector<bool>& differs = levels_.back().differs;
  std::size_t kept = 0;
  for (std::size_t b = 0; b < differs.size(); ++b) {
    if (!differs[b]) continue;
    if (kept == buckets)
      differs[b] = false;
    else
      ++kept;
  }
  buckets_ = kept;
  share_ = static_cast<double>(kept) / static_cast<double>(differs.size());
  complete_ = false;
}

bool Suspects::contains(const doc::Digest& key) const {
  return std::all_of(levels_.begin(), levels_.end(), [&](const Level& level) {
    return level.differs[BucketSums::bucket_of(key, level.salt, level.differs.size() - 1)];
  });
}

}  // namespace arango2pg::run
