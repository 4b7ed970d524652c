/// \file
/// Checks that hold in every build, unlike assert().
#pragma once

#include <cstdio>
#include <cstdlib>

namespace arango2pg::fuzz {

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace arango2pg::fuzz
