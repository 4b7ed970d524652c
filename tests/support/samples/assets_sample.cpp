// Pack `assets`: the software that client companies pay for.
#include "samples/pack_sample.h"

namespace arango2pg::samples {
namespace {

struct World : PackWorld {
  using PackWorld::PackWorld;
  Collection companies{"companies", false, {"company_name"}};
};

}  // namespace

PackSample make_assets(const PackOptions& options) {
  World world(options);
  world.made.database = "prism";
  world.made.collections.push_back(std::move(world.companies).finish());
  return std::move(world.made);
}

}  // namespace arango2pg::samples
