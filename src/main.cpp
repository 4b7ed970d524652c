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
  // Batches are freed on another thread than they were made on: without these, glibc keeps them in
  // the arenas of both and the process grows beyond what is in flight.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_ARENA_MAX, 4);
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
