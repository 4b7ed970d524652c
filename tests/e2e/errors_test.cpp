// Bad input gets a clear error before anything is read or written: what, which, why, next step,
// exit code.
#include <gtest/gtest.h>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

class Refuses : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"v\":1}\n");
    source_ = "jsonl:" + (dir_.path() / "in").string();
  }
  /// Expects exit code and words in the message, and that nothing but the control schema was made.
  void expect(const Outcome& outcome, int exit, const std::vector<std::string>& words) {
    EXPECT_EQ(outcome.exit, exit) << outcome.all();
    for (const auto& word : words)
      EXPECT_NE(outcome.err.find(word), std::string::npos) << word << "\n" << outcome.err;
    EXPECT_EQ(target_->value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
  }
  std::string source_;
};

TEST_F(Refuses, AnUnknownOptionWithASuggestion) {
  expect(run_tool({"migrate", "--sorce", "x"}), 2,
         {"unknown option '--sorce'", "did you mean '--source'"});
}

TEST_F(Refuses, AnUnknownCommand) {
  expect(run_tool({"migrat"}), 2, {"migrat", "did you mean 'migrate'"});
}

TEST_F(Refuses, AMissingSource) {
  expect(run_tool({"migrate", "--target", target_->conninfo()}), 2, {"no source given"});
}

TEST_F(Refuses, ASourceThatCantBeMeant) { expect(migrate("ftp://x"), 2, {"ftp://x"}); }

TEST_F(Refuses, ASizeThatIsNone) {
  expect(migrate(source_, {"--memory", "lots"}), 2, {"'lots'", "--memory"});
}

TEST_F(Refuses, AMissingMappingFile) {
  expect(migrate(source_, {"--mapping", "nowhere.yaml"}), 2, {"nowhere.yaml"});
}

TEST_F(Refuses, AnUnknownTransformWithFileLineAndSuggestion) {
  const auto file =
      dir_.write("m.yaml",
                 "version: 1\nfrom: items\ninto: items\ncreate: true\nkey: id\ncolumns:\n"
                 "  id: { meta: key }\n  v: { path: v, then: [lowr] }\n");
  expect(migrate(source_, {"--mapping", file}), 2, {"m.yaml:8", "'lowr'", "did you mean 'lower'"});
}

TEST_F(Refuses, AnUnknownKeyInAMapping) {
  const auto file = dir_.write("m.yaml", "version: 1\nfrom: items\ninto: items\ncolums: {}\n");
  expect(migrate(source_, {"--mapping", file}), 2,
         {"m.yaml:4", "'colums'", "did you mean 'columns'"});
}

TEST_F(Refuses, AMappingForAMissingTable) {
  const auto file = dir_.write(
      "m.yaml", "version: 1\nfrom: items\ninto: nowhere\nkey: id\ncolumns:\n  id: { meta: key }\n");
  expect(migrate(source_, {"--mapping", file}), 2, {"nowhere"});
}

TEST_F(Refuses, AMappingForAMissingCollection) {
  const auto file = dir_.write(
      "m.yaml",
      "version: 1\nfrom: itms\ninto: x\ncreate: true\nkey: id\ncolumns:\n  id: { meta: key }\n");
  expect(migrate(source_, {"--mapping", file}), 3,
         {"collection 'itms'", "did you mean 'items'", "optional: true"});
}

TEST_F(Refuses, AMissingDumpDirectory) {
  expect(migrate("dump:/nonexistent/dump"), 3, {"/nonexistent/dump"});
}

TEST_F(Refuses, AnEncryptedDump) {
  dir_.write("enc/ENCRYPTION", "aes-256-ctr");
  dir_.write("enc/dump.json", "xxxx");
  expect(migrate("dump:" + (dir_.path() / "enc").string()), 3, {"encrypt"});
}

TEST_F(Refuses, AnUnreachableHost) {
  expect(migrate("http://127.0.0.1:1/app", {"--retry-for", "1s"}), 3, {"127.0.0.1:1"});
}

TEST_F(Refuses, AWrongSourcePasswordWithoutPrintingIt) {
  fake_arango::Options options;
  options.users = {{"root", "right", {{"*", fake_arango::Access::write}}, {}}};
  fake_arango::FakeArango arango(options);
  arango.start();
  const std::string host = arango.url().substr(7);
  const auto outcome = migrate("http://root:s3cretwrong@" + host + "/_system");
  expect(outcome, 3, {"refuses user and password", "ARANGO_PASSWORD"});
  EXPECT_EQ(outcome.all().find("s3cretwrong"), std::string::npos) << outcome.all();
}

TEST_F(Refuses, AnOldServer) {
  fake_arango::Options options;
  options.version = "3.4.11";
  fake_arango::FakeArango arango(options);
  arango.database().create("items");
  arango.start();
  expect(migrate(arango.url()), 3, {"3.4.11"});
}

TEST_F(Refuses, AnUnreachableTargetWithoutPrintingThePassword) {
  const auto outcome = run_tool({"migrate", "--source", source_, "--target",
                                 "postgresql://me:t0psecret@127.0.0.1:1/x", "--retry-for", "1s"});
  expect(outcome, 4, {"127.0.0.1"});
  EXPECT_EQ(outcome.all().find("t0psecret"), std::string::npos) << outcome.all();
}

TEST_F(Refuses, ATargetThatIsNotUtf8) {
  Target latin("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  expect(run_tool({"migrate", "--source", source_, "--target", latin.conninfo()}), 4,
         {"LATIN1", "UTF8"});
}

TEST_F(Refuses, ARoleWithoutPrivileges) {
  target_->query("CREATE ROLE " + target_->name() + "_guest LOGIN PASSWORD 'guest'");
  target_->query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  const auto outcome =
      run_tool({"migrate", "--source", source_, "--target",
                target_->conninfo() + " user=" + target_->name() + "_guest password=guest"});
  expect(outcome, 4, {"may not create the control schema", "GRANT CREATE"});
  target_->query("DROP ROLE " + target_->name() + "_guest");
}

TEST_F(Refuses, ATypeThatCantFitBeforeAnythingIsRead) {
  target_->query("CREATE SCHEMA app");
  target_->query("CREATE TABLE app.items (id text PRIMARY KEY, v integer)");
  const auto file = dir_.write(
      "m.yaml",
      "version: 1\nfrom: items\ninto: app.items\nkey: id\ncolumns:\n  id: { meta: key }\n"
      "  v: { const: many }\n");
  expect(migrate(source_, {"--mapping", file}), 2, {"m.yaml:7", "'items.v'", "needs a number"});
  EXPECT_EQ(target_->value("SELECT count(*) FROM app.items"), "0");
}

TEST_F(Refuses, AConfigurationFileWithAnUnknownName) {
  const auto file = dir_.write("c.yaml", "jobs: 2\nmemry: 1GiB\n");
  expect(run_tool({"migrate", "--config", file}), 2,
         {"c.yaml:2", "'memry'", "did you mean 'memory'"});
}

}  // namespace
}  // namespace arango2pg::e2e
