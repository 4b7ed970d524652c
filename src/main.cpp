/// \file
/// Program start; the only catch-all; turns an Error into an exit code.
#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <exception>

#include "base/error.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  using arango2pg::Error;
  using arango2pg::Exit;
  try {
    return static_cast<int>(arango2pg::cli::run(argc, argv));
  } catch (const Error& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    if (!e.hint().empty()) fmt::print(stderr, "hint: {}\n", e.hint());
    return static_cast<int>(e.kind());
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: unexpected failure: {}\nhint: This is a bug in arango2pg; please report it.\n",
               e.what());
    return static_cast<int>(Exit::unexpected);
  }
}
