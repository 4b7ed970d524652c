// What users see while a run goes on and at its end.
#include <gtest/gtest.h>

#include "run/plan_run.h"
#include "run/progress.h"
#include "run/summary.h"

namespace arango2pg::run {
namespace {

TEST(ProgressLines, ShowActiveCollectionsAndTheTotal) {
  Progress progress;
  auto& users = progress.add("users");
  users.bytes_total = 1000;
  users.parts_left = 1;
  auto& done = progress.add("done");
  done.bytes_total = 1000;
  progress.committed(0, 10, 500, 2);
  progress.committed(1, 20, 1000, 0);
  const auto lines = progress_lines(progress, 120, 24);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].rfind("users", 0), 0U) << lines[0];
  EXPECT_NE(lines[0].find("50%  10 docs  500 B  2 quarantined"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("75%  30 docs"), std::string::npos) << lines[1];
}

TEST(ProgressLines, NeverExceedTheTerminalsHeight) {
  Progress progress;
  for (int i = 0; i < 50; ++i) {
    auto& c = progress.add("c" + std::to_string(i));
    c.documents_total = 10;
    c.parts_left = 1;
  }
  for (std::size_t i = 0; i < 50; ++i) progress.committed(i, 1, 1, 0);
  const auto lines = progress_lines(progress, 80, 10);
  EXPECT_LE(lines.size(), 10U);
  EXPECT_NE(lines.back().find("collections)"), std::string::npos) << lines.back();
}

TEST(ProgressJson, SaysNullForAnUnknownEta) {
  const Progress progress;
  EXPECT_NE(progress_json(progress).find(R"("eta_seconds":null)"), std::string::npos);
}

TEST(Progress, ModesAreCheckedWithASuggestion) {
  EXPECT_EQ(parse_progress("plain"), ProgressMode::plain);
  try {
    parse_progress("plian");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::usage);
    EXPECT_NE(std::string(e.what()).find("did you mean 'plain'"), std::string::npos);
  }
}

Summary sample() {
  Summary s;
  s.run = 7;
  s.command = "migrate";
  s.status = "done";
  s.seconds = 2;
  CollectionSummary c;
  c.collection = "a \"quoted\" name";
  c.table = "public.t";
  c.tables = {"public.t", "public.t_children"};
  c.audit_tables = {"public.log"};
  c.counters = {10, 7, 0, 0, 1, 2, 4096};
  c.notes.defaults_used = {{"t.city", 7}, {"log.action", 7}};
  c.notes.unmapped["extra"] = {3, 1024};
  s.collections.push_back(c);
  return s;
}

TEST(SummaryJson, HasTheStableMembers) {
  const std::string json = to_json(sample());
  EXPECT_EQ(
      json.rfind(
          R"({"run":7,"command":"migrate","status":"done","exit":0,"collections":[{"collection":)"
          R"("a \"quoted\" name","table":"public.t")",
          0),
      0U)
      << json;
  EXPECT_NE(
      json.find(
          R"("totals":{"read":10,"written":7,"updated":0,"deleted":0,"filtered":1,"quarantined":2,)"
          R"("bytes":4096})"),
      std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("seconds":2.000,"bound_by":null)"), std::string::npos) << json;
}

TEST(SummaryText, NamesWhatWasFilledInAndWhatNobodyMapped) {
  const std::string text = to_text(sample());
  EXPECT_NE(text.find("constant or default used in t.city for 7 of 10"), std::string::npos) << text;
  EXPECT_NE(text.find("attribute 'extra' is not mapped: 3 documents, 25.0% of the bytes"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("log.action"), std::string::npos) << "an audit entry is made of constants";
  EXPECT_NE(text.find("2 documents are in quarantine"), std::string::npos) << text;
}

TEST(PlanDifferences, SayWhatWasAndWhatIs) {
  EXPECT_EQ(plan_differences({{"mapping a.yaml", "1"}, {"gone", "x"}},
                             {{"mapping a.yaml", "2"}, {"new", "y"}}),
            (std::vector<std::string>{"mapping a.yaml: was 1, is 2", "new: new (y)",
                                      "gone: gone (was x)"}));
  EXPECT_TRUE(plan_differences({{"a", "1"}}, {{"a", "1"}}).empty());
}

}  // namespace
}  // namespace arango2pg::run
