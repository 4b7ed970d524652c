// The dry run: what it foretells is what migrate then does, and it leaves nothing behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "e2e/harness.h"
#include "e2e/validate_problems.h"
#include "fake_arango/json.h"
#include "source_dir.h"

namespace arango2pg::e2e {
namespace {

using fake_arango::Value;

const std::string source_dir = ARANGO2PG_SOURCE_DIR;

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::int64_t number(const Value& object, std::string_view name) {
  return object.find(name).value_or(Value(-1)).as_integer();
}

std::string text(const Value& object, std::string_view name) {
  const auto v = object.find(name);
  return v && v->is_string() ? v->string() : "(no text)";
}

Value named(const Value& array, std::string_view name, std::string_view is) {
  for (const Value& v : array.items())
    if (text(v, name) == is) return v;
  return {};
}

class Validate : public EndToEnd {
 protected:
  Outcome validate(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"validate", "--source", source()};
    if (std::find(more.begin(), more.end(), "--target") == more.end())
      arguments.insert(arguments.end(), {"--target", target_->conninfo()});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }
  /// Runs validate and reads its JSON report.
  Value report(std::vector<std::string> more = {}) {
    const auto path = (dir_.path() / "report.json").string();
    more.insert(more.end(), {"--report", path});
    outcome_ = validate(more);
    const std::string json = slurp(path);
    EXPECT_FALSE(json.empty()) << outcome_.all();
    return json.empty() ? Value(fake_arango::Object{}) : fake_arango::parse_json(json);
  }
  static Value collection(const Value& report, std::string_view name) {
    return named(*report.find("collections"), "name", name);
  }
  std::string source() { return "jsonl:" + (dir_.path() / "in").string(); }

  /// "collection/key rule" of all documents that a report says would be quarantined, sorted.
  static std::vector<std::string> foretold(const Value& report) {
    std::vector<std::string> all;
    for (const Value& c : report.find("collections")->items())
      for (const Value& rule : c.find("rules")->items()) {
        EXPECT_TRUE(rule.find("all_keys")->boolean()) << text(rule, "rule");
        const std::string after = " " + text(rule, "rule");
        for (const Value& key : rule.find("keys")->items())
          all.push_back(text(c, "name") + "/" + key.string() + after);
        for (std::int64_t i = 0; i < number(rule, "without_key"); ++i)
          all.push_back(text(c, "name") + "/" + after);
      }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::vector<std::string> quarantined() {
    std::vector<std::string> all;
    for (const auto& row :
         target_->query("SELECT collection || '/' || coalesce(key, '') || ' ' || rule "
                        "FROM arango2pg.quarantine WHERE status = 'open'"))
      all.push_back(row[0]);
    std::sort(all.begin(), all.end());
    return all;
  }
  static std::vector<std::string> minus(const std::vector<std::string>& a,
                                        const std::vector<std::string>& b) {
    std::vector<std::string> out;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
    return out;
  }

  /// The ats sample as JSON lines, with its users and the tables of the pack.
  void ats_sample(const std::string& more) {
    const auto up = run_tool(
        {"schema", "up", "--pack", source_dir + "/schemas/ats", "--target", target_->conninfo()});
    ASSERT_EQ(up.exit, 0) << up.all();
    const std::string command = std::string(ARANGO2PG_ATS_SAMPLE) + " --out '" +
                                (dir_.path() / "in").string() +
                                "' --form jsonl --seed 11 --odd --broken " + more + " >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    target_->query(slurp(dir_.path() / "in/users.sql"));
    user_ = target_->value("SELECT id FROM \"user\" ORDER BY id LIMIT 1");
  }
  void plant(const std::vector<Problem>& problems) {
    for (const Problem& p : problems)
      std::ofstream(dir_.path() / "in" / (p.collection + ".jsonl"),
                    std::ios::binary | std::ios::app)
          << p.line << "\n";
  }
  const std::vector<std::string> ats_ = {"--mapping", source_dir + "/mappings/ats"};

  Outcome outcome_;
  std::string user_;
};

// -- what is foretold happens

TEST_F(Validate, ForetellsExactlyWhatMigrateQuarantines) {
  ats_sample("--resumes 60 --jobs 30");
  const auto problems = ats_problems(user_);
  plant(problems);
  std::vector<std::string> arguments = ats_;
  arguments.emplace_back("--probe");
  const auto dry = foretold(report(arguments));
  EXPECT_EQ(outcome_.exit, 5) << outcome_.all();

  const auto real = migrate(source(), ats_);
  ASSERT_EQ(real.exit, 5) << real.all();
  const auto happened = quarantined();
  EXPECT_EQ(minus(dry, happened), std::vector<std::string>()) << "foretold, but loaded";
  EXPECT_EQ(minus(happened, dry), std::vector<std::string>()) << "not foretold";
  EXPECT_GE(problems.size(), 30U);
  std::set<std::string> rules;
  for (const auto& entry : happened) rules.insert(entry.substr(entry.rfind(' ') + 1));
  EXPECT_GE(rules.size(), 24U);
}

TEST_F(Validate, ForetellsTheSameInManySmallTransactions) {
  ats_sample("--resumes 200 --jobs 100");
  plant(ats_problems(user_));
  std::vector<std::string> arguments = ats_;
  arguments.insert(arguments.end(), {"--batch-size", "16KiB", "--jobs", "3"});
  const auto real = migrate(source(), arguments);
  ASSERT_EQ(real.exit, 5) << real.all();
  const auto happened = quarantined();
  arguments.insert(arguments.end(), {"--probe", "--truncate"});
  EXPECT_EQ(foretold(report(arguments)), happened) << outcome_.all();
}

// Without a probe, CHECK constraints are PostgreSQL's secret: all else is known.
TEST_F(Validate, ForetellsAllButCheckConstraintsWithoutAProbe) {
  ats_sample("--resumes 60 --jobs 30");
  plant(ats_problems(user_));
  const Value dry = report(ats_);
  const auto real = migrate(source(), ats_);
  ASSERT_EQ(real.exit, 5) << real.all();
  auto happened = quarantined();
  auto told = foretold(dry);
  EXPECT_EQ(minus(told, happened), std::vector<std::string>());
  std::set<std::string> missed;
  for (const auto& entry : minus(happened, told)) missed.insert(entry.substr(entry.rfind(' ') + 1));
  // A row that points outside of the plan, or at a document that a CHECK refuses.
  for (const char* known :
       {"pg_check_violation", "pg_foreign_key_violation", "pg_statement_too_complex"})
    missed.erase(known);
  EXPECT_EQ(missed, std::set<std::string>());
  bool told_so = false;
  for (const Value& note : dry.find("unchecked")->items())
    told_so = told_so || note.string().find("CHECK constraints") != std::string::npos;
  EXPECT_TRUE(told_so);
}

TEST_F(Validate, EstimatesTheSizeOfTheTablesWithinAQuarter) {
  ats_sample("--resumes 1000 --jobs 500");
  std::vector<std::string> probing = ats_;
  probing.emplace_back("--probe");
  std::map<std::string, double> told;
  std::set<std::string> tables;
  for (const auto& arguments : {ats_, probing}) {
    const Value r = report(arguments);
    told[arguments.back() == "--probe" ? "measured" : "computed"] =
        static_cast<double>(number(named(*r.find("estimates"), "what", "size"), "value"));
    for (const Value& c : r.find("collections")->items())
      for (const Value& t : c.find("tables")->items()) tables.insert(text(t, "name"));
  }
  const auto real = migrate(source(), ats_);
  ASSERT_EQ(real.exit, 5) << real.all();
  double size = 0;
  for (const auto& name : tables)
    size += std::stod(target_->value("SELECT pg_total_relation_size('" + name + "')"));
  for (const auto& [how, bytes] : told) EXPECT_NEAR(bytes / size, 1, 0.25) << how << " " << size;
}

TEST_F(Validate, WorksWithoutATarget) {
  dir_.write("in/items.jsonl",
             "{\"_key\":\"a\",\"v\":1}\n{\"_key\":\"b\",\"v\":\"x\"}\n{\"_key\":\"a\"}\n{broken\n");
  const Value r = report({"--target", "none"});
  EXPECT_EQ(outcome_.exit, 5) << outcome_.all();
  EXPECT_EQ(foretold(r),
            (std::vector<std::string>{"items/ json_syntax", "items/a pg_unique_violation"}));
  EXPECT_EQ(text(r, "verdict"), "would quarantine");
  EXPECT_EQ(number(collection(r, "items"), "read"), 4);
  EXPECT_NE(outcome_.out.find("2 of 4 documents would be quarantined."), std::string::npos)
      << outcome_.out;
}

TEST_F(Validate, IsZeroOnlyIfEveryDocumentWouldLoad) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"v\":1}\n");
  EXPECT_EQ(validate().exit, 0);
  EXPECT_EQ(validate({"--target", "none"}).exit, 0);
  dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"v\":1}\n[]\n");
  EXPECT_EQ(validate().exit, 5);
  EXPECT_EQ(validate({"--max-quarantined", "1"}).exit, 0);
  EXPECT_EQ(migrate(source(), {"--dry-run"}).exit, 5);
  EXPECT_EQ(target_->value("SELECT to_regclass('items') IS NULL"), "t") << "a dry run loaded";
}

// -- it leaves nothing behind

TEST_F(Validate, WritesNothingToTheTargetButItsRecord) {
  target_->query(
      "CREATE TABLE items (id text PRIMARY KEY, n serial, v int CHECK (v > 0), other text "
      "REFERENCES items)");
  const auto mapping = dir_.write(
      "m.yaml",
      "version: 1\nfrom: items\ninto: items\nkey: id\ncolumns:\n  id: { meta: key }\n  v: { path: "
      "v }\n  other: { path: other }\n");
  dir_.write("in/items.jsonl",
             "{\"_key\":\"a\",\"v\":1,\"other\":\"b\"}\n{\"_key\":\"b\",\"v\":2}\n"
             "{\"_key\":\"c\",\"v\":0}\n{\"_key\":\"d\",\"v\":1,\"other\":\"zz\"}\n");
  const Value r = report({"--mapping", mapping, "--probe", "--no-record"});
  EXPECT_EQ(foretold(r), (std::vector<std::string>{"items/c pg_check_violation",
                                                   "items/d pg_foreign_key_violation"}))
      << outcome_.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "0");
  EXPECT_EQ(target_->value("SELECT last_value || ' ' || is_called FROM items_n_seq"), "1 false");
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_namespace WHERE nspname = 'arango2pg'"), "0");

  report({"--mapping", mapping, "--probe"});
  EXPECT_EQ(target_->query("SELECT command, status, message FROM arango2pg.run"),
            (std::vector<std::vector<std::string>>{
                {"validate", "done", "2 of 4 documents would be quarantined."}}));
  EXPECT_EQ(target_->value("SELECT detail ->> 'verdict' FROM arango2pg.run_event WHERE message = "
                           "'validation report'"),
            "would quarantine");
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.quarantine"), "0");
}

TEST_F(Validate, WritesNothingToTheSource) {
  fake_arango::FakeArango arango;
  auto db = arango.database("app");
  auto c = db.create("items");
  c.insert(R"({"_key":"a","v":1})");
  arango.start();
  arango.forget_requests();
  const auto outcome =
      run_tool({"validate", "--source", arango.url() + "/app", "--target", "none"});
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  for (const auto& request : arango.requests())
    EXPECT_TRUE(request.method == "GET" || (request.method == "POST" &&
                                            request.path.find("/_api/cursor") != std::string::npos))
        << request.method << " " << request.path;
  EXPECT_EQ(arango.counters().open_cursors, 0U);
}

// -- what stands in the way

TEST_F(Validate, SaysWhatWouldKeepMigrateFromStarting) {
  target_->query("CREATE TABLE items (key text PRIMARY KEY, revision bigint, doc jsonb)");
  target_->query("INSERT INTO items VALUES ('old')");
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n");
  const Value r = report();
  EXPECT_EQ(outcome_.exit, 4) << outcome_.all();
  EXPECT_EQ(text(r, "verdict"), "blocked");
  EXPECT_EQ(text(r.find("blockers")->items().at(0), "message"),
            "table 'public.items' holds rows already");
  EXPECT_EQ(number(collection(r, "items"), "would_load"), 1)
      << "documents are looked at all the same";
  EXPECT_EQ(report({"--truncate"}).find("blockers")->items().size(), 0U);
  EXPECT_EQ(outcome_.exit, 0) << outcome_.all();
}

TEST_F(Validate, TakesRowsThatAreThereIntoAccountUnderMerge) {
  target_->query("CREATE TABLE items (key text PRIMARY KEY, email text UNIQUE)");
  target_->query("INSERT INTO items VALUES ('a', 'old@x.org'), ('z', 'taken@x.org')");
  const auto mapping =
      dir_.write("m.yaml",
                 "version: 1\nfrom: items\ninto: items\nkey: key\ncolumns:\n  key: "
                 "{ meta: key }\n  email: { path: email }\n");
  dir_.write(
      "in/items.jsonl",
      "{\"_key\":\"a\",\"email\":\"new@x.org\"}\n{\"_key\":\"b\",\"email\":\"taken@x.org\"}\n"
      "{\"_key\":\"c\",\"email\":\"old@x.org\"}\n");
  const Value r = report({"--mapping", mapping, "--merge", "--probe"});
  EXPECT_EQ(foretold(r), (std::vector<std::string>{"items/b pg_unique_violation"}))
      << outcome_.all();
}

TEST_F(Validate, ExaminesTheOthersIfACollectionsNameIsTooLongForATable) {
  dir_.write("in/" + std::string(70, 'n') + ".jsonl", "{\"_key\":\"a\"}\n");
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n");
  const Value r = report();
  EXPECT_EQ(outcome_.exit, 2) << outcome_.all();
  EXPECT_NE(text(r.find("blockers")->items().at(0), "message").find("70 bytes"), std::string::npos);
  EXPECT_EQ(number(collection(r, "items"), "would_load"), 1);
}

// -- bad input

TEST_F(Validate, RefusesAReportThatCantBeWrittenBeforeAnythingIsRead) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n");
  for (const auto& [path, why] : std::map<std::string, std::string>{
           {"/nowhere/r.html", "cannot write the report '/nowhere/r.html': No such file"},
           {dir_.path().string() + "/r.txt", "ends neither with .html nor with .json"},
           {"/proc/r.json", "cannot write the report '/proc/r.json'"}}) {
    const auto outcome = validate({"--report", path});
    EXPECT_EQ(outcome.exit, 2) << path;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
  std::filesystem::create_directories(dir_.path() / "d.html");
  EXPECT_EQ(validate({"--report", (dir_.path() / "d.html").string()}).exit, 2);
}

TEST_F(Validate, DescribesAnEmptyDatabase) {
  fake_arango::FakeArango arango;
  arango.database("app").create("nothing");
  arango.start();
  const auto html = (dir_.path() / "r.html").string();
  const auto outcome = run_tool(
      {"validate", "--source", arango.url() + "/app", "--target", "none", "--report", html});
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_NE(slurp(html).find("There is no document to load."), std::string::npos);
}

TEST_F(Validate, SurvivesHostileNames) {
  const std::string names[] = {
      std::string(821, 'n'), R"(a\"b)",        R"(line\nbreak)", R"(<script>alert(1)<\/script>)",
      R"(\u0000)",           R"(\ud800)",      R"(a.b[0])",      "",
      R"({{name}})",         R"(\u202e\u0007)"};
  std::string line = R"({"_key":"h")";
  for (const auto& name : names) line += ",\"" + name + "\":{\"" + name + "\":\"" + name + "\"}";
  dir_.write("in/items.jsonl", line + "}\n{\"_key\":\"ok\"}\n");
  const auto html = (dir_.path() / "r.html").string();
  const Value r = report({"--report", html, "--log-data"});
  EXPECT_EQ(outcome_.exit, 5) << outcome_.all();
  const Value items = collection(r, "items");
  std::set<std::string> paths;
  for (const Value& p : items.find("paths")->items()) paths.insert(text(p, "path"));
  EXPECT_TRUE(paths.contains("<script>alert(1)</script>"));
  EXPECT_TRUE(paths.contains("\"a\"\"b\""));
  EXPECT_TRUE(paths.contains("\\u0000.\\u0000"));
  EXPECT_TRUE(paths.contains("\\ud800"));
  EXPECT_TRUE(paths.contains("\"\".\"\""));
  const std::string page = slurp(html);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)"), std::string::npos);
  // The report is kept in jsonb, which takes neither.
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.run_event WHERE message = "
                           "'validation report'"),
            "1");
}

TEST_F(Validate, CollapsesFiftyThousandPathsAndSaysSo) {
  std::string lines;
  for (int d = 0; d < 500; ++d) {
    lines += R"({"_key":"d)" + std::to_string(d) + R"(","votes":{)";
    for (int i = 0; i < 100; ++i)
      lines += (i == 0 ? "" : ",") + ("\"u" + std::to_string(d * 100 + i)) + R"(":{"points":1})";
    lines += "}}\n";
  }
  dir_.write("in/items.jsonl", lines);
  const auto html = (dir_.path() / "r.html").string();
  const Value items = collection(report({"--target", "none", "--report", html}), "items");
  EXPECT_EQ(outcome_.exit, 0) << outcome_.all();
  EXPECT_TRUE(items.find("collapsed")->boolean());
  const Value any = named(*items.find("paths"), "path", "votes.*");
  EXPECT_NEAR(static_cast<double>(number(any, "names")), 50000, 5000);
  EXPECT_EQ(number(named(*items.find("paths"), "path", "votes.*.points"), "distinct"), 1);
  EXPECT_LT(items.find("paths")->items().size(), 10U);
  EXPECT_NE(slurp(html).find("stands for all members of an object"), std::string::npos);
}

// -- what it finds

TEST_F(Validate, FindsDanglingEdgesAndReferences) {
  dir_.write("in/people.jsonl",
             "{\"_key\":\"a\",\"boss\":\"b\"}\n{\"_key\":\"b\",\"boss\":\"gone\"}\n");
  dir_.write("in/knows.jsonl",
             "{\"_key\":\"1\",\"_from\":\"people/a\",\"_to\":\"people/b\"}\n"
             "{\"_key\":\"2\",\"_from\":\"people/a\",\"_to\":\"people/zz\"}\n"
             "{\"_key\":\"3\",\"_from\":\"nowhere/a\",\"_to\":\"people/a\"}\n");
  const auto mapping = dir_.write(
      "m/people.yaml",
      "version: 1\nfrom: people\ninto: people\nkey: id\ncreate: true\ncolumns:\n  id: { uuid: _key "
      "}\n  boss: { reference: { path: boss, collection: people } }\n");
  dir_.write("m/knows.yaml",
             "version: 1\nfrom: knows\ninto: knows\nkey: id\ncreate: true\ncolumns:\n  id: { meta: "
             "key }\n  doc: { document: {} }\n");
  const Value r = report({"--mapping", (dir_.path() / "m").string()});
  const auto dangling = [&](const char* of, const char* place) {
    const Value d = named(*collection(r, of).find("references"), "place", place);
    return std::to_string(number(d, "dangling")) + " of " + std::to_string(number(d, "checked"));
  };
  EXPECT_EQ(dangling("knows", "_from"), "1 of 3");
  EXPECT_EQ(dangling("knows", "_to"), "1 of 3");
  EXPECT_EQ(dangling("people", "boss"), "1 of 2");
  EXPECT_EQ(outcome_.exit, 0) << "no constraint forbids them\n" << outcome_.all();
}

TEST_F(Validate, TellsWhatTheSourceHasBesideDocuments) {
  fake_arango::FakeArango arango;
  auto db = arango.database("app");
  fake_arango::CollectionSpec spec;
  spec.properties =
      R"({"schema":{"rule":{"type":"object"},"level":"strict"},"keyOptions":{"type":"autoincrement","lastValue":7},)"
      R"("computedValues":[{"name":"at","expression":"RETURN 1","overwrite":true}]})";
  auto users = db.create("users", spec);
  users.insert(R"({"_key":"1","email":"a@b.org","tags":["x"]})");
  users.add_index(R"({"type":"persistent","fields":["email"],"unique":true,"name":"by_email"})");
  users.add_index(R"({"type":"ttl","fields":["at"],"expireAfter":60,"name":"expiry"})");
  users.add_index(R"({"type":"persistent","fields":["tags[*]"],"name":"by_tag"})");
  db.add_graph(
      R"({"name":"people","edgeDefinitions":[{"collection":"knows","from":["users"],"to":["users"]}]})");
  db.add_view(R"({"name":"search","type":"arangosearch","links":{"users":{}}})");
  arango.start();
  const auto path = (dir_.path() / "r.json").string();
  const auto outcome = run_tool({"validate", "--source", arango.url() + "/app", "--target",
                                 target_->conninfo(), "--report", path});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  const Value r = fake_arango::parse_json(slurp(path));
  const auto becomes = [&](const char* name) {
    return text(named(*r.find("things"), "name", name), "becomes");
  };
  EXPECT_EQ(
      becomes("by_email"),
      "nothing keeps it unique until: CREATE UNIQUE INDEX ON \"public\".\"users\" ((\"doc\" ->> "
      "'email'))");
  EXPECT_EQ(becomes("by_tag"),
            "not there yet: CREATE INDEX ON \"public\".\"users\" USING gin ((\"doc\" -> 'tags'))");
  EXPECT_NE(becomes("expiry").find("do not expire"), std::string::npos);
  EXPECT_NE(becomes("schema").find("`check:"), std::string::npos);
  EXPECT_NE(becomes("at").find("generated column"), std::string::npos);
  EXPECT_NE(becomes("autoincrement").find("sequence"), std::string::npos);
  EXPECT_NE(becomes("people").find("not migrated: knows"), std::string::npos);
  EXPECT_NE(becomes("search").find("GIN"), std::string::npos);
}

// An index over some of the rows does not help all queries; an attribute may go to several tables.
TEST_F(Validate, TellsWhichIndexesTheTablesHaveAlready) {
  fake_arango::FakeArango arango;
  auto users = arango.database("app").create("users");
  users.insert(R"({"_key":"1","email":"a@b.org","at":"2025-01-01"})");
  users.add_index(R"({"type":"persistent","fields":["email"],"name":"by_email"})");
  users.add_index(R"({"type":"persistent","fields":["at"],"name":"by_at"})");
  arango.start();
  target_->query("CREATE TABLE old_users (id text PRIMARY KEY, email text, at timestamptz)");
  target_->query("CREATE TABLE new_users (id text PRIMARY KEY, email text, at timestamptz)");
  target_->query("CREATE INDEX old_some ON old_users (email) WHERE at IS NULL");
  target_->query("CREATE INDEX old_all ON old_users (email, at)");
  target_->query("CREATE INDEX new_some ON new_users (email) WHERE at IS NULL");
  for (const std::string table : {"old_users", "new_users"})
    dir_.write("m/" + table + ".yaml",
               "version: 1\nfrom: users\ninto: " + table +
                   "\nkey: id\ncolumns:\n  id: { meta: key }\n  email: { path: email }\n  at: { "
                   "first: [at, created_at], then: [{ timestamp: [iso8601] }] }\n");
  const auto path = (dir_.path() / "r.json").string();
  const auto outcome =
      run_tool({"validate", "--source", arango.url() + "/app", "--target", target_->conninfo(),
                "--mapping", (dir_.path() / "m").string(), "--report", path});
  const Value r = fake_arango::parse_json(slurp(path));
  EXPECT_EQ(text(named(*r.find("things"), "name", "by_email"), "becomes"),
            "there already: old_all; not there yet: CREATE INDEX ON \"public\".\"new_users\" "
            "(\"email\")")
      << outcome.all();
  EXPECT_EQ(text(named(*r.find("things"), "name", "by_at"), "becomes"),
            "not there yet: CREATE INDEX ON \"public\".\"new_users\" (\"at\"); CREATE INDEX ON "
            "\"public\".\"old_users\" (\"at\")");
}

TEST_F(Validate, HidesValuesUntilToldToShowThem) {
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += R"({"_key":"k)" + std::to_string(i) + R"(","secret":"hunter2","salary":)" +
             std::to_string(91234 + i % 2) + "}\n";
  dir_.write("in/items.jsonl", lines);
  const auto html = (dir_.path() / "r.html").string(), json = (dir_.path() / "r.json").string();
  for (const bool shown : {false, true}) {
    std::vector<std::string> arguments = {"--report", html, "--report", json};
    if (shown) arguments.emplace_back("--log-data");
    const auto outcome = validate(arguments);
    ASSERT_EQ(outcome.exit, 0) << outcome.all();
    for (const std::string& where : {slurp(html), slurp(json)}) {
      EXPECT_EQ(where.find("hunter2") != std::string::npos, shown);
      EXPECT_EQ(
          where.find("91234") != std::string::npos || where.find("91,234") != std::string::npos,
          shown);
    }
    EXPECT_EQ(outcome.all().find("hunter2"), std::string::npos);
  }
}

TEST_F(Validate, ComparesWithTheReportBefore) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"v\":1}\n{broken\n");
  const auto before = (dir_.path() / "before.json").string();
  ASSERT_EQ(validate({"--report", before}).exit, 5);
  dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"v\":\"1\",\"w\":2}\n{\"_key\":\"b\",\"v\":1}\n");
  const Value r = report({"--compare", before});
  EXPECT_EQ(outcome_.exit, 0) << outcome_.all();
  std::set<std::string> changes;
  for (const Value& c : r.find("changes")->items())
    changes.insert(text(c, "kind") + " " + text(c, "where") + ": " + text(c, "text"));
  EXPECT_EQ(changes, (std::set<std::string>{"better : 0 documents would be quarantined, 1 before",
                                            "better items: json_syntax: none any more, 1 before",
                                            "neutral items: new attributes: w",
                                            "neutral items: v now holds 1 values of type string"}));
  const auto wrong = validate({"--compare", (dir_.path() / "in/items.jsonl").string()});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_NE(wrong.err.find("is no JSON report of arango2pg validate"), std::string::npos)
      << wrong.err;
}

// -- samples

TEST_F(Validate, SamplesSpreadOverTheKeys) {
  std::string lines;
  for (int i = 0; i < 60000; ++i)
    lines += R"({"_key":"k)" + std::to_string(100000 + i) + R"(","tenth":)" +
             std::to_string(i / 6000) + R"(,"pad":")" + std::string(200, 'x') + "\"}\n";
  dir_.write("in/items.jsonl", lines);
  const auto tenths = [&](const std::vector<std::string>& more) {
    const Value items = collection(report(more), "items");
    EXPECT_EQ(number(items, "read"), 1000) << outcome_.all();
    EXPECT_NEAR(static_cast<double>(number(items, "total")), 60000, 6000);
    const Value tenth = named(*items.find("paths"), "path", "tenth");
    EXPECT_EQ(number(tenth, "distinct"), 10) << "a tenth of the keys was never looked at";
    return slurp(dir_.path() / "report.json");
  };
  const auto without_times = [](std::string json) {
    json.erase(0, json.find("\"verdict\""));
    const auto begin = json.find("\"estimates\""), end = json.find("\"collections\"");
    return json.erase(begin, end - begin);
  };
  const auto one = without_times(tenths({"--sample", "1000", "--log-data"}));
  EXPECT_EQ(one, without_times(tenths({"--sample", "1000", "--log-data"})));
  EXPECT_EQ(outcome_.exit, 0);
  EXPECT_NE(outcome_.out.find("All 1,000 sampled documents would load."), std::string::npos);
  tenths({"--sample", "1000", "--seed", "2", "--log-data"});
}

TEST_F(Validate, SamplesAServerByKeyRanges) {
  fake_arango::FakeArango arango;
  auto c = arango.database("app").create("items");
  std::vector<std::string> documents;
  for (int i = 0; i < 20000; ++i)
    documents.push_back(R"({"_key":"k)" + std::to_string(100000 + i) + R"(","tenth":)" +
                        std::to_string(i / 2000) + R"(,"pad":")" + std::string(1000, 'x') + "\"}");
  c.insert_all(documents);
  arango.start();
  const auto path = (dir_.path() / "r.json").string();
  const auto outcome = run_tool({"validate", "--source", arango.url() + "/app", "--target", "none",
                                 "--sample", "200", "--report", path});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  const Value items = collection(fake_arango::parse_json(slurp(path)), "items");
  EXPECT_EQ(number(items, "read"), 200);
  EXPECT_EQ(number(named(*items.find("paths"), "path", "tenth"), "distinct"), 10);
  EXPECT_EQ(arango.counters().open_cursors, 0U);
}

TEST_F(Validate, EstimatesHowManyASampleLeavesInDoubt) {
  std::string lines;
  for (int i = 0; i < 30000; ++i)
    lines += i % 10 == 0 ? "[\"bad\"]\n" : R"({"_key":"k)" + std::to_string(i) + "\"}\n";
  dir_.write("in/items.jsonl", lines);
  const Value r = report({"--sample", "2000"});
  EXPECT_EQ(outcome_.exit, 5) << outcome_.all();
  const Value e = named(*r.find("estimates"), "what", "quarantined");
  EXPECT_LE(number(e, "low"), 3000);
  EXPECT_GE(number(e, "high"), 3000);
  EXPECT_NEAR(static_cast<double>(number(e, "value")), 3000, 900);
}

}  // namespace
}  // namespace arango2pg::e2e
