#include "samples/ats_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/ids.h"
#include "samples/clock.h"
#include "samples/json_text.h"
#include "samples/parsed.h"

namespace arango2pg::samples {
namespace {

const SampleCollection& collection(const AtsSample& sample, std::string_view name) {
  return *std::find_if(sample.collections.begin(), sample.collections.end(),
                       [&](const auto& c) { return c.name == name; });
}

TEST(AtsSample, GivesTheSameBytesForTheSameSeedAndOthersForAnother) {
  AtsOptions options;
  options.odd = true;
  const auto one = make_ats_sample(options), two = make_ats_sample(options);
  for (std::size_t i = 0; i < one.collections.size(); ++i)
    EXPECT_EQ(one.collections[i].documents, two.collections[i].documents);
  options.seed = 2;
  EXPECT_NE(one.collections[0].documents, make_ats_sample(options).collections[0].documents);
}

TEST(AtsSample, HoldsOnlyDocumentsThatAServerCouldSend) {
  for (const bool ascii : {false, true}) {
    AtsOptions options;
    options.odd = options.users = true;
    options.ascii = ascii;
    for (const auto& c : make_ats_sample(options).collections) expect_sendable(c, ascii);
  }
}

// 13 of 20 real résumés had no created_at; the time of the write is in _rev, to the millisecond.
TEST(AtsSample, LeavesTheTrueTimeInTheRevision) {
  const auto sample = make_ats_sample({});
  std::size_t without = 0, checked = 0;
  for (const std::string& text : collection(sample, "resumes").documents) {
    const Parsed document(text);
    const std::string created = document.text("created_at") + document.text("createdAt");
    without += created.empty() ? 1U : 0U;
    if (created.empty() || !document.text("updated_at").empty()) continue;
    const auto at = Rev::parse(document.text("_rev"))->unix_micros();
    EXPECT_TRUE(created.substr(0, 19) == iso_time(at).substr(0, 19) ||
                created.substr(0, 19) == iso_time(at - 1000000).substr(0, 19))
        << text;
    ++checked;
  }
  EXPECT_EQ(without, 78U);  // 13 of 20
  EXPECT_GT(checked, 0U);
}

TEST(AtsSample, RefersToDocumentsThatAreThere) {
  const auto sample = make_ats_sample({});
  std::set<std::string> ids;
  for (const auto& c : sample.collections)
    for (const std::string& text : c.documents) ids.insert(Parsed(text).text("_id"));
  std::size_t odd_keys = 0;
  for (const std::string& text : collection(sample, "documents").documents) {
    const Parsed document(text);
    if (document.text("type") == "cover_letter") continue;
    EXPECT_TRUE(ids.contains("resumes/" + document.text("resume_id"))) << text;
    EXPECT_TRUE(ids.contains("jobs/" + document.text("job_id"))) << text;
    odd_keys += Uuid::parse(document.text("resume_id")) ? 0U : 1U;
  }
  EXPECT_GT(odd_keys, 0U) << "references to keys that are no UUIDs belong to the sample";
  for (const std::string& text : collection(sample, "job_research").documents) {
    EXPECT_TRUE(ids.contains(Parsed(text).text("_from"))) << text;
    EXPECT_TRUE(ids.contains(Parsed(text).text("_to"))) << text;
  }
}

TEST(AtsSample, OddDocumentsComeOnTopAndAreNamedInTheManifest) {
  AtsOptions options;
  const auto plain = make_ats_sample(options);
  options.odd = true;
  const auto odd = make_ats_sample(options);
  std::map<std::string, std::size_t> more;
  for (const auto& e : odd.quarantined) ++more[e.collection];
  EXPECT_GE(odd.quarantined.size(), 18U);
  for (const auto& c : plain.collections)
    EXPECT_EQ(collection(odd, c.name).documents.size(), c.documents.size() + more[c.name])
        << c.name;
  const std::string text = manifest(options, odd);
  for (const auto& e : odd.quarantined)
    EXPECT_NE(text.find(R"("key":")" + e.key + R"(","rule":")" + e.rule + "\""), std::string::npos);
}

TEST(JsonText, EscapesLikeTheServer) {
  EXPECT_EQ(JsonText().string("a\"b\\c/\t\x01é😀").text(), "\"a\\\"b\\\\c/\\t\\u0001é😀\"");
  EXPECT_EQ(JsonText(true).string("é😀").text(), R"("\u00E9\uD83D\uDE00")");
  EXPECT_EQ(JsonText().begin_object().end_object().text(), "{}");
  EXPECT_EQ(JsonText()
                .begin_object()
                .number("a", 1)
                .name("b")
                .strings({"x", "y"})
                .null("c")
                .end_object()
                .text(),
            R"({"a":1,"b":["x","y"],"c":null})");
}

// The worked examples of the protocol reference and of the seed systems.
TEST(SampleClock, WritesRevisionsAndTimesAsTheOriginalsDid) {
  EXPECT_EQ(revision(1748024177112000, 1), "_jt3aKbe--_");
  EXPECT_EQ(revision(1755421951004000), Rev{1755421951004ULL << 20}.text());
  EXPECT_EQ(iso_time(1755421951004211), "2025-08-17T09:12:31.004211");
  EXPECT_EQ(iso_time(1755421951000000, "+00:00"), "2025-08-17T09:12:31+00:00");
}

}  // namespace
}  // namespace arango2pg::samples
