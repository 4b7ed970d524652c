// Pack `applications`: a personal job search.
#include "samples/pack_sample.h"

namespace arango2pg::samples {
namespace {

struct World : PackWorld {
  using PackWorld::PackWorld;
  Collection companies{"companies", false, {"name"}};
};

}  // namespace

PackSample make_applications(const PackOptions& options) {
  World world(options);
  world.made.database = "merlin";
  world.made.collections.push_back(std::move(world.companies).finish());
  return std::move(world.made);
}

}  // namespace arango2pg::samples
