/// \file
/// Program start; the only catch-all; turns an Error into an exit code.
#include <spdlog/fmt/fmt.h>

#include <malloc.h>

#include <cstdio>
#include <exception>

#include "base/error.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  using arango2pg::Error;
  using arango2pg::Exit;
  // Batches are made on one thread and freed on another. One arena gets them all back, so that the
  // process holds little more than what is in flight; and buffers of some megabytes stay in it,
  // since giving each back to the system and having it cleared again cost a third of the CPU. In
  // the steady state few allocations compete for the arena's lock.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  try {
    return static_cast<int>(arango2pg::cli::run(argc, argv));
  } catch (const Error& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    if (!e.hint().empty()) fmt::print(stderr, "hint: {}\n", e.hint());
    return static_cast<int>(e.kind());
  } catch (const std::exception& e) {
    fmt::print(
        stderr,
        "error: unexpected failure: {}\nhint: This is a bug in arango2pg; please report it.\n",
        e.what());
    return static_cast<int>(Exit::unexpected);
  }
}
