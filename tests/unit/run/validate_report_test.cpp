// The report of a dry run, from one model into text, JSON and HTML.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "doc/parsed_json.h"
#include "run/report.h"

namespace arango2pg::run {
namespace {

ReportCollection users() {
  ReportCollection c;
  c.name = "users";
  c.tables.push_back({"public.users"});
  c.read = 100;
  c.would_load = 97;
  c.quarantined = 3;
  c.bytes = 20000;
  c.sizes = {0, 0, 0, 0, 0, 0, 0, 40, 60};
  ReportRule rule;
  rule.rule = "bad_timestamp";
  rule.documents = 3;
  rule.paths = {{"created_at", 2}, {"seen_at", 1}};
  rule.message = "users.created_at: is no time";
  rule.advice = rule_advice(rule.rule);
  rule.keys = {"ada", "bob"};
  rule.without_key = 1;
  c.rules.push_back(rule);
  ReportPath path;
  path.path = "created_at";
  path.documents = 50;
  path.types = {10, 0, 0, 40, 0, 0};
  path.top_of = 40;
  path.distinct = 38;
  path.length = {10, 24};
  path.forms = {{"timestamp", 38}, {"other", 2}};
  path.columns = {{"users", "created_at", "timestamp with time zone"}};
  path.mapped = true;
  c.paths.push_back(path);
  return c;
}

ValidationReport report() {
  ValidationReport r;
  r.version = "1.2.3";
  r.created_at = "2026-11-27T10:12:00Z";
  r.source = "JSON lines in 'in'";
  r.seconds = 1;
  r.collections.push_back(users());
  return r;
}

TEST(Report, SaysTheVerdictInOneSentence) {
  ValidationReport r = report();
  EXPECT_EQ(r.sentence(), "3 of 100 documents would be quarantined.");
  EXPECT_EQ(r.exit(), Exit::quarantined);
  r.max_quarantined = 3;
  EXPECT_EQ(r.exit(), Exit::done);
  r.stopped = true;
  EXPECT_EQ(r.sentence(), "Stopped after 100 documents: 3 of them would be quarantined.");
  EXPECT_EQ(r.exit(), Exit::interrupted);
  r.blockers.push_back({"table 'x' holds rows already", "Say --truncate.", Exit::target});
  EXPECT_EQ(r.sentence(), "The migration would not start: table 'x' holds rows already.");
  EXPECT_EQ(r.exit(), Exit::target);
  r = {};
  EXPECT_EQ(r.sentence(), "There is no document to load.");
  EXPECT_EQ(r.exit(), Exit::done);
  r = report();
  r.collections[0].quarantined = 0;
  r.collections[0].filtered = 3;
  r.sample = 100;
  EXPECT_EQ(r.sentence(),
            "All 100 sampled documents would load, but for 3 that the mapping leaves out.");
}

TEST(Report, IsJsonThatPostgresqlWouldTake) {
  const doc::ParsedJson json(report_json(report()));
  ASSERT_TRUE(json.valid()) << json.error()->message;
  const auto collection = json.find("collections")->at(0);
  EXPECT_EQ(doc::text_of(collection->find("name")), "users");
  const auto rule = collection->find("rules")->at(0);
  EXPECT_EQ(doc::count_of(rule->find("without_key")), 1U);
  EXPECT_TRUE(doc::is_true(rule->find("all_keys")));
  EXPECT_EQ(doc::text_of(collection->find("paths")->at(0)->find("columns")->at(0)),
            "users.created_at timestamp with time zone");
}

TEST(Report, TakesTheUsualWaysOutFromTheUsersTableOfRules) {
  EXPECT_EQ(rule_advice("bad_timestamp"), "more formats, `truncate: us`");
  EXPECT_EQ(rule_advice("check_min_items"), "`severity: warn`");
  EXPECT_NE(rule_advice("pg_unique_violation"), "");
  EXPECT_EQ(rule_advice("pg_something_new"), "see the message");
  EXPECT_EQ(rule_advice("no_such_rule"), "");
}

TEST(Report, TellsOnTheTerminalWhatNeedsAPerson) {
  const std::string text = report_text(report());
  EXPECT_EQ(text.rfind("\n3 of 100 documents would be quarantined.\n", 0), 0U) << text;
  EXPECT_NE(text.find("3  bad_timestamp  users created_at  for example 'ada'"), std::string::npos)
      << text;
}

TEST(Report, EscapesEveryTextInHtml) {
  const std::string evil = "<script>'\"&";
  ValidationReport r = report();
  for (std::string* text :
       {&r.source, &r.target, &r.mapping, &r.collections[0].name, &r.collections[0].rules[0].rule,
        &r.collections[0].rules[0].message, &r.collections[0].rules[0].advice,
        &r.collections[0].rules[0].keys[0], &r.collections[0].rules[0].paths[0].name,
        &r.collections[0].paths[0].path, &r.collections[0].paths[0].forms[0].name,
        &r.collections[0].paths[0].columns[0].column, &r.collections[0].tables[0].name,
        &r.compared_with})
    *text = evil;
  r.blockers.push_back({evil, evil, Exit::usage});
  r.things.push_back({evil, evil, evil, evil, evil, true});
  r.changes.push_back({ReportChange::Kind::worse, evil, evil});
  r.estimates.push_back({"time", 1, 1, 2, "seconds", evil});
  r.warnings = r.names = r.unchecked = r.not_mapped = {evil};
  r.collections[0].paths[0].remarks = {evil};
  r.collections[0].paths[0].top = {{evil, 9}};
  r.collections[0].warnings = r.collections[0].defaults_used = {{evil, 1}};
  r.collections[0].unmapped.push_back({evil, 1, 1});
  r.collections[0].references.push_back({evil, 2, 1, {evil}});
  std::string html = report_html(r);
  const std::size_t script = html.find("<script>\n\"use strict\";");
  ASSERT_NE(script, std::string::npos);
  html.erase(script, 8);
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;&#39;&quot;&amp;"), std::string::npos);
}

TEST(Report, StaysBelowTwoMegabytesForTwoHundredPaths) {
  ValidationReport r = report();
  ReportPath path = r.collections[0].paths[0];
  for (int i = 0; i < 8; ++i) path.top.push_back({std::string(60, 'v'), 5});
  path.lengths.assign(30, 7);
  path.length = {1, 1U << 29};
  path.remarks = {std::string(200, 'r'), std::string(200, 's')};
  for (int i = 0; i < 200; ++i) {
    path.path = std::string(100, 'p') + std::to_string(i);
    r.collections[0].paths.push_back(path);
  }
  EXPECT_LT(report_html(r).size(), 2'000'000U);
}

TEST(Report, GivesEachAttributeALinkOfItsOwn) {
  ValidationReport r = report();
  for (const char* name : {"a.b", "a-b", "a b", "é"}) {
    r.collections[0].paths.push_back(r.collections[0].paths[0]);
    r.collections[0].paths.back().path = name;
  }
  const std::string html = report_html(r);
  for (const char* id : {"\"c-users--a-b\"", "\"c-users--a-b-2\"", "\"c-users--a-b-3\""})
    EXPECT_NE(html.find(std::string("<tr id=") + id), std::string::npos) << id;
}

TEST(Report, ComparesOnlyWithReports) {
  ValidationReport now = report();
  EXPECT_THROW(compare_reports(now, "{}", "x.json"), Error);
  EXPECT_THROW(compare_reports(now, "no json", "x.json"), Error);
  EXPECT_THROW(compare_reports(now, R"({"tool":"arango2pg 9","format":2})", "x.json"), Error);
  compare_reports(now, report_json(report()), "x.json");
  EXPECT_EQ(now.changes.size(), 0U);
  EXPECT_EQ(now.compared_with, "2026-11-27T10:12:00Z");
}

TEST(Report, TellsWhatGotBetterAndWorse) {
  ValidationReport before = report(), now = report();
  before.collections.push_back(users());
  before.collections[1].name = "gone";
  before.collections[1].quarantined = 0;
  now.collections[0].rules[0].documents = now.collections[0].quarantined = 5;
  now.collections[0].paths[0].types[2] = 4;
  compare_reports(now, report_json(before), "x.json");
  std::vector<std::string> texts;
  for (const auto& c : now.changes)
    texts.push_back((c.kind == ReportChange::Kind::worse ? "worse " : "") + c.where + ": " +
                    c.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"worse : 5 documents would be quarantined, 3 before",
                                             "worse users: bad_timestamp: 5 documents, 3 before",
                                             "users: created_at now holds 4 values of type number",
                                             "gone: gone (had 100 documents)"}));
}

TEST(Report, IsNeverHalfWritten) {
  const auto dir = std::filesystem::temp_directory_path() / "arango2pg_report_test";
  std::filesystem::create_directories(dir);
  const std::string path = (dir / "r.json").string();
  check_report_path(path);
  EXPECT_TRUE(std::filesystem::is_empty(dir)) << "looking left something behind";
  write_report(report(), path);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir), {}), 1);
  std::filesystem::remove_all(dir);
  EXPECT_THROW(check_report_path(path), Error);
  EXPECT_THROW(check_report_path("r.pdf"), Error);
}

}  // namespace
}  // namespace arango2pg::run
