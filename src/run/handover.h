/// \file
/// Tells ThreadSanitizer what it can't see: oneTBB is not compiled for it, so everything that TBB's
/// threads hand to each other looks like a race. Nothing in all other builds.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace arango2pg::run {

/// What this thread did until now is known to whoever calls takes_over() with the same address
/// later.
inline void hands_over([[maybe_unused]] void* what) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(what);
#endif
}

inline void takes_over([[maybe_unused]] void* what) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(what);
#endif
}

/// Something that one thread at a time works on.
class Turn {
 public:
  explicit Turn(void* what) : what_(what) { takes_over(what_); }
  ~Turn() { hands_over(what_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  void* what_;
};

}  // namespace arango2pg::run
