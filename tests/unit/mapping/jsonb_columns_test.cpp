// Plans write jsonb in the order in which PostgreSQL stores it.
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

TEST(JsonbColumns, AreWrittenInTheOrderOfJsonb) {
  const auto specs = automatic({{"c", false, false, {}, 0}}, "public");
  CompileOptions options;
  options.format = doc::CopyFormat::text;
  const auto plan = CollectionPlan::compile({"c", false, false, {}, 0}, specs, {}, options);
  Scratch scratch(1);
  EXPECT_EQ(plan->apply(batch_of({R"({"bb":{"d":1,"c":2},"_key":"k","a":3,"_rev":null})"}), scratch)
                .tables[0]
                .bytes,
            "k\t\\N\t{\"a\":3,\"bb\":{\"c\":2,\"d\":1}}\n");
}
