#include "cli/cli.h"

#include <spdlog/fmt/fmt.h>

namespace arango2pg::cli {

Exit run(int, char**) {
  fmt::print("arango2pg\n");
  return Exit::done;
}

}  // namespace arango2pg::cli
