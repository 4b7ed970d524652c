// Our parser's promise: what passes is taken by jsonb, what jsonb takes passes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "db/server_session.h"
#include "doc/json.h"
#include "doc/jsonb_order.h"
#include "source_dir.h"
#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

constexpr std::uint8_t impossible = Node::has_nul | Node::has_surrogate;

class JsonVerdict : public test::ServerSuite {
 protected:
  bool server_takes(std::string_view text) {
    return server->ask("SELECT $1::text::jsonb IS NULL", {text}).sqlstate.empty();
  }

  /// Ours and theirs agree; flagged documents pass once they are stripped or replaced.
  bool expect_agreement(const std::string& text) {
    const auto error = document.parse(text);
    const bool flagged = !error && (document.root().flags() & impossible) != 0;
    const bool ours = !error && !flagged;
    EXPECT_EQ(ours, server_takes(text))
        << testing::PrintToString(text) << " " << (error ? error->message : "");
    if (flagged) {
      for (const CharPolicy policy : {CharPolicy::strip, CharPolicy::replace}) {
        std::string repaired;
        append_json(repaired, document.root(), {policy, policy});
        EXPECT_TRUE(server_takes(repaired)) << testing::PrintToString(text);
      }
    }
    return ours;
  }

  Document document;
};

TEST_F(JsonVerdict, AgreesWithJsonbOnTheJsonTestSuite) {
  const std::filesystem::path suite =
      ARANGO2PG_SOURCE_DIR "/../shared/real-data/json-corpus/JSONTestSuite";
  if (!std::filesystem::exists(suite)) GTEST_SKIP() << "the JSONTestSuite corpus is not here";
  for (const auto& entry : std::filesystem::directory_iterator(suite)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    SCOPED_TRACE(entry.path().filename());
    // jsonb's stack depth is the server's own limit; what is deeper is isolated when it is loaded.
    if (text.size() < 50'000) expect_agreement(text);
  }
}

TEST_F(JsonVerdict, AgreesWithJsonbOnTheLimitsOfNumbers) {
  for (const char* text : {"1e131071", "1e131072", "0.1e131072", "1e-16383", "1e-16384", "0e-16383",
                           "0e-16384", "1.0e-16383", "0e1073741822", "0e1073741823", "-0", "-0.0e5",
                           "0.00000001e131079", "0.00000001e131080", "1e99999999999999999999"})
    expect_agreement(text);
  expect_agreement(std::string(131072, '9'));
  expect_agreement(std::string(131073, '9'));
  expect_agreement("0." + std::string(16383, '1'));
  expect_agreement("0." + std::string(16384, '1'));
}

TEST_F(JsonVerdict, AgreesWithJsonbOnRandomDamage) {
  SCOPED_TRACE(seed_note());
  RandomJson random("AgreesWithJsonbOnRandomDamage");
  int taken = 0;
  constexpr int rounds = 8000;
  for (int i = 0; i < rounds && !HasFailure(); ++i) {
    const std::string sound = random.value(4);
    taken += expect_agreement(random.below(4) == 0 ? sound : random.damaged(sound)) ? 1 : 0;
  }
  EXPECT_GT(taken, rounds / 10) << "the corpus should not be all broken";
  EXPECT_LT(taken, rounds * 9 / 10) << "nor all sound";
}

TEST_F(JsonVerdict, FindsTheMemberThatJsonbKeeps) {
  SCOPED_TRACE(seed_note());
  RandomJson random("FindsTheMemberThatJsonbKeeps");
  random.impossible = false;
  int members = 0;
  for (int i = 0; i < 1500 && !HasFailure(); ++i) {
    const std::string text = random.object(3);
    ASSERT_FALSE(document.parse(text)) << text;
    for (const auto [name, value] : Members(document.root())) {
      std::string name_scratch, value_scratch;
      const std::string_view wanted = name.string(name_scratch);
      const auto found = document.root().find(wanted);
      ASSERT_TRUE(found);
      const auto same = server->ask("SELECT $1::jsonb -> $2 = $3::jsonb, $1::jsonb ->> $2",
                                    {text, wanted, found->json()});
      ASSERT_EQ(same.cells.at(0), "t") << text;
      if (found->kind() == Kind::string) {
        ASSERT_EQ(same.cells.at(1), std::string(found->string(value_scratch))) << text;
      }
      ++members;
    }
  }
  EXPECT_GT(members, 1000);
}

TEST_F(JsonVerdict, SeesTheSameValueInJsonbOrder) {
  SCOPED_TRACE(seed_note());
  RandomJson random("SeesTheSameValueInJsonbOrder");
  random.impossible = false;
  JsonbOrder order;
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    const std::string text = random.value(5);
    ASSERT_FALSE(document.parse(text)) << text;
    std::string ordered;
    order.append(ordered, document.root());
    EXPECT_EQ(server->ask("SELECT $1::jsonb = $2::jsonb", {text, ordered}).cells.at(0), "t")
        << text;
  }
}

TEST_F(JsonVerdict, KeepsMembersInTheServersOrder) {
  const std::string text =
      R"({"bb":1,"a":2,"B":3,"abcdefgz":4,"abcdefga":5,"":6,"z":{"d":7,"c":8}})";
  ASSERT_FALSE(document.parse(text));
  std::string ordered;
  JsonbOrder().append(ordered, document.root());
  const auto stored = server->ask("SELECT replace($1::jsonb::text, ' ', '')", {text});
  EXPECT_EQ(stored.cells.at(0), ordered);
}

}  // namespace
}  // namespace arango2pg::doc
