/// \file
/// `_rev`: the server's hybrid logical clock and its base-64 (protocol section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fake_arango {

std::string encode_revision(std::uint64_t value);
/// Also of decimal revisions of old servers. Nothing if it is neither.
std::optional<std::uint64_t> decode_revision(std::string_view text);

/// Gives rising revisions; not thread-safe.
class RevisionClock {
 public:
  /// 0 = from the system's clock, else counts from `first`.
  explicit RevisionClock(std::uint64_t first)
      : last_(first == 0 ? 0 : first - 1), counts_(first != 0) {}
  std::uint64_t next();
  /// A revision from elsewhere was seen: later ones are greater.
  void see(std::uint64_t revision);

 private:
  std::uint64_t last_;
  bool counts_;
};

}  // namespace fake_arango
