// Pages that a server cuts into several batches, which the double never does.
#include "arango/range_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/error.h"
#include "scripted_server.h"

using namespace arango2pg;
using namespace arango2pg::arango;
using test::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Answer = ScriptedServer::Answer;

Answer page(const std::string& rows, const std::string& more = "\"hasMore\":false") {
  return {ScriptedServer::json("{\"result\":[" + rows + "]," + more + "}")};
}

/// Reads the collection `c` to its end: one string for each batch, rows joined by spaces.
std::vector<std::string> read(const ScriptedServer& server, const std::string& position = "") {
  SourceOptions options;
  options.url = server.url();
  options.give_up_after = std::chrono::seconds(1);
  doc::PartTask task;
  task.spec.collection = "c";
  task.spec.spec = "{}";
  task.position = position;
  ByteBudget budget(1U << 20);
  RangeReader reader(std::make_shared<Session>(options), {task}, budget);
  std::vector<std::string> out;
  while (const auto batch = reader.next({})) {
    std::string rows;
    for (std::size_t i = 0; i < batch->docs.size(); ++i)
      rows += std::string(batch->document(i)) + " ";
    out.push_back(rows + "@" + batch->position_after + (batch->last ? " last" : ""));
  }
  return out;
}

/// Parts as a server's collection is cut: "lo-hi@shard documents".
std::vector<std::string> joined(const std::vector<KeyRange>& ranges, std::size_t lanes,
                                std::uint64_t documents) {
  std::vector<doc::PartSpec> parts;
  for (const KeyRange& range : ranges) {
    doc::PartSpec part;
    part.spec = range.json();
    part.documents = 100;
    part.stream = static_cast<std::uint32_t>(parts.size());
    parts.push_back(part);
  }
  std::vector<std::string> out;
  for (const doc::PartSpec& part : joined_ranges(parts, lanes, documents)) {
    EXPECT_EQ(part.stream, out.size());
    const KeyRange range = KeyRange::parse(part.spec);
    out.push_back(range.lo.value_or("") + "-" + range.hi.value_or("") + "@" + range.shard + " " +
                  std::to_string(part.documents));
  }
  return out;
}

TEST(JoinedRanges, GiveEachLaneItsShareOfNeighbours) {
  const std::vector<KeyRange> four = {{{}, "d", ""}, {"d", "k", ""}, {"k", "q", ""}, {"q", {}, ""}};
  EXPECT_THAT(joined(four, 2, 1000), ElementsAre("-k@ 200", "k-@ 200"));
  EXPECT_THAT(joined(four, 3, 1000), ElementsAre("-k@ 200", "k-@ 200"));
  EXPECT_THAT(joined(four, 1, 1000), ElementsAre("-@ 400"));
  EXPECT_THAT(joined(four, 8, 1000), ElementsAre("-d@ 100", "d-k@ 100", "k-q@ 100", "q-@ 100"));
  EXPECT_THAT(joined(four, 1, 200), ElementsAre("-k@ 200", "k-@ 200")) << "not too large";
  EXPECT_THAT(joined({}, 2, 1000), ElementsAre());
}

TEST(JoinedRanges, KeepShardsApart) {
  EXPECT_THAT(joined({{{}, "m", "s1"}, {"m", {}, "s1"}, {{}, {}, "s2"}}, 1, 1000),
              ElementsAre("-@s1 200", "-@s2 100"));
}

}  // namespace

TEST(RangeReader, JoinsThePiecesOfAPage) {
  const ScriptedServer server([](const std::string& request) -> Answer {
    if (request.starts_with("POST /_db/_system/_api/cursor/9/2 "))
      return page("{\"_key\":\"b\"}", "\"hasMore\":true,\"id\":\"9\",\"nextBatchId\":\"3\"");
    if (request.starts_with("POST /_db/_system/_api/cursor/9/3 ")) return page("{\"_key\":\"c\"}");
    if (request.find("\"lo\":\"\"") != std::string::npos)
      return page("{\"_key\":\"a\"}", "\"hasMore\":true,\"id\":\"9\",\"nextBatchId\":\"2\"");
    return page("");
  });
  EXPECT_THAT(read(server), ElementsAre(R"({"_key":"a"} {"_key":"b"} {"_key":"c"} @c)", "@c last"));
}

TEST(RangeReader, AsksForAPageAgainWhoseRestIsLost) {
  std::atomic<int> lost{0};
  const ScriptedServer server([&](const std::string& request) -> Answer {
    if (request.starts_with("DELETE ")) return {ScriptedServer::json("{}", "202 Accepted")};
    if (request.starts_with("POST /_db/_system/_api/cursor/9")) {
      if (++lost == 1) return {"", true};  // the connection is gone
      if (lost == 2)
        return {ScriptedServer::json(R"({"error":true,"errorNum":1600})", "404 Not Found")};
      return page("{\"_key\":\"b\"}");
    }
    if (request.find("\"lo\":\"\"") != std::string::npos)
      return page("{\"_key\":\"a\"}", "\"hasMore\":true,\"id\":\"9\"");
    return page("");
  });
  EXPECT_THAT(read(server), ElementsAre(R"({"_key":"a"} {"_key":"b"} @b)", "@b last"));
}

TEST(RangeReader, GoesOnBehindItsPosition) {
  const ScriptedServer server([](const std::string& request) -> Answer {
    return request.find("\"lo\":\"m\"") != std::string::npos ? page("{\"_key\":\"n\"}") : page("");
  });
  EXPECT_THAT(read(server, "m"), ElementsAre(R"({"_key":"n"} @n)", "@n last"));
}

TEST(RangeReader, DoesNotTakeAShortPageForTheEnd) {
  // Some server versions lose the last row of a LIMIT: a page may be short although more follows.
  const ScriptedServer server([](const std::string& request) -> Answer {
    if (request.find("\"lo\":\"\"") != std::string::npos) return page("{\"_key\":\"a\"}");
    if (request.find("\"lo\":\"a\"") != std::string::npos) return page("{\"_key\":\"b\"}");
    return page("");
  });
  EXPECT_EQ(read(server).size(), 3U);
}

TEST(RangeReader, KeepsABrokenDocumentBetweenGoodOnes) {
  const ScriptedServer server([](const std::string& request) -> Answer {
    return request.find("\"lo\":\"\"") != std::string::npos
               ? page("{\"_key\":\"a\",\"x\":tru},{\"x\":1},{\"_key\":\"c\"}")
               : page("");
  });
  EXPECT_THAT(read(server),
              ElementsAre(R"({"_key":"a","x":tru} {"x":1} {"_key":"c"} @c)", "@c last"));
}

TEST(RangeReader, RefusesAPageThatGoesBackwards) {
  const ScriptedServer server(
      [](const std::string&) -> Answer { return page("{\"_key\":\"b\"},{\"_key\":\"a\"}"); });
  EXPECT_THROW(read(server), Error);
}
