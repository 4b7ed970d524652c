// arangodump directories of all versions and ages.
#include "arango/dump_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arango/open.h"
#include "base/error.h"
#include "source_contract.h"
#include "source_dir.h"
#include "temp_directory.h"

using namespace arango2pg;
using namespace arango2pg::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr const char* users_md5 = "9bc65c2abec141778ffaa729489f3e87";

std::string structure(const std::string& name, int type = 2, const std::string& more = "") {
  return R"({"indexes":[],"parameters":{"name":")" + name + R"(","type":)" + std::to_string(type) +
         more + "}}";
}

std::string stem(const std::string& name) { return name + "_" + users_md5; }

std::unique_ptr<doc::Source> open_dump(const TempDirectory& dir) {
  arango::SourceOptions options;
  options.url = "dump:" + dir.path().string();
  return arango::open_source(options);
}

Documents read(const TempDirectory& dir, const std::string& collection) {
  return read_all(*open_dump(dir), collection);
}

/// Exit code and message of a refused directory.
std::string refusal(const TempDirectory& dir) {
  try {
    open_dump(dir)->info();
  } catch (const Error& e) {
    return std::to_string(static_cast<int>(e.kind())) + ": " + e.what() + " / " + e.hint();
  }
  return "";
}

/// Removes and counts what the readers skipped.
std::uint64_t skipped(const TempDirectory& dir, const std::string& collection) {
  const auto source = open_dump(dir);
  ByteBudget budget(64U << 20);
  std::uint64_t n = 0;
  for (auto& [stream, tasks] : tasks_of(*source, collection, {}))
    for (const auto& batch : read_stream(*source, tasks, budget)) n += batch.skipped;
  return n;
}

}  // namespace

TEST(Dump, ReadsPlainAndGzipWithAndWithoutMd5) {
  const TempDirectory dir;
  dir.write("dump.json",
            R"({"database":"app","lastTickAtDumpStart":"188344","useEnvelope":false})");
  dir.write("ENCRYPTION", "none");
  dir.write(stem("users") + ".structure.json", structure("users"));
  dir.write(stem("users") + ".data.json.gz", "{\"_key\":\"1\"}\n{\"_key\":\"2\"}\n");
  dir.write("old.structure.json", structure("old"));
  dir.write("old.data.json", "{\"_key\":\"3\"}\n");
  dir.write("sharded.structure.json", structure("sharded", 3));
  dir.write(stem("sharded") + ".data.json.gz", "{\"_key\":\"4\"}\n");
  const auto source = open_dump(dir);
  EXPECT_EQ(source->info().kind, "dump");
  EXPECT_THAT(source->info().description, HasSubstr("database 'app'"));
  EXPECT_EQ(source->info().start_tick, "188344");
  EXPECT_THAT(source->info().warnings, testing::IsEmpty());
  EXPECT_EQ(source->collections().size(), 3U);
  EXPECT_TRUE(find_collection(*source, "sharded").edge);
  EXPECT_FALSE(find_collection(*source, "users").edge);
  EXPECT_EQ(source->count("users"), std::nullopt);
  EXPECT_THAT(read_all(*source, "users"), ElementsAre("{\"_key\":\"1\"}", "{\"_key\":\"2\"}"));
  EXPECT_THAT(read_all(*source, "old"), ElementsAre("{\"_key\":\"3\"}"));
  EXPECT_THAT(read_all(*source, "sharded"), ElementsAre("{\"_key\":\"4\"}"));
}

TEST(Dump, TakesTheNameFromTheStructure) {
  const TempDirectory dir;
  dir.write("123456.structure.json", structure("Länder"));
  dir.write("123456.data.json", "{\"_key\":\"1\"}\n");
  EXPECT_EQ(read(dir, "Länder").size(), 1U);
}

TEST(Dump, ReadsSplitFilesInOrderAndEmptyCollections) {
  const TempDirectory dir;
  dir.write(stem("users") + ".structure.json", structure("users"));
  for (int i = 0; i < 12; ++i)
    dir.write(stem("users") + "." + std::to_string(i) + ".data.json.gz",
              "{\"_key\":\"" + std::to_string(i) + "\"}\n");
  dir.write("empty.structure.json", structure("empty"));
  const auto source = open_dump(dir);
  EXPECT_EQ(read_all(*source, "users").size(), 12U);
  EXPECT_EQ(read_all(*source, "empty").size(), 0U);
  EXPECT_EQ(find_collection(*source, "empty").count, 0U);
  EXPECT_THAT(source->info().warnings, testing::Contains(HasSubstr("'empty' has no data file")));
  const auto parts = source->split(find_collection(*source, "users"), {});
  ASSERT_EQ(parts.size(), 12U);
  EXPECT_THAT(parts[2].spec, HasSubstr(".2.data"));  // 2 before 10
  EXPECT_THAT(parts[10].spec, HasSubstr(".10.data"));
}

TEST(Dump, AFileThatIsMuchLargerThanTheOthersIsDealtToAllLanes) {
  const TempDirectory dir;
  dir.write(stem("users") + ".structure.json", structure("users"));
  std::string large;
  for (int i = 0; i < 40'000; ++i)
    large +=
        "{\"_key\":\"L" + std::to_string(i) + "\",\"pad\":\"" + std::string(300, 'p') + "\"}\n";
  for (int i = 0; i < 4; ++i)
    dir.write(stem("users") + "." + std::to_string(i) + ".data.json",
              i == 2 ? large : "{\"_key\":\"" + std::to_string(i) + "\"}\n");
  const auto source = open_dump(dir);
  std::map<std::uint32_t, int> stripes;  // of each file
  for (const auto& part : source->split(find_collection(*source, "users"), {3}))
    ++stripes[part.stream];
  EXPECT_EQ(stripes, (std::map<std::uint32_t, int>{{0, 1}, {1, 1}, {2, 3}, {3, 1}}));
  EXPECT_EQ(read_all(*source, "users", {3}).size(), 40'003U);
}

TEST(Dump, SniffsEachLineForItsEnvelope) {
  const TempDirectory dir;
  dir.write("dump.json", R"({"database":"app","useEnvelope":false})");
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json",
            "{\"type\":2300,\"data\":{\"_key\":\"1\"}}\n{\"_key\":\"2\"}\n"
            "{\"data\":{\"_key\":\"3\"},\"type\":2300}\n");
  EXPECT_THAT(read(dir, "a"), ElementsAre(R"({"_key":"1"})", R"({"_key":"2"})", R"({"_key":"3"})"));
}

TEST(Dump, AppliesRemovalsToWhatCameBefore) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json",
            "{\"type\":2300,\"data\":{\"_key\":\"1\",\"v\":1}}\n"
            "{\"type\":2300,\"data\":{\"_key\":\"2\",\"v\":1}}\n"
            "{\"type\":2302,\"data\":{\"_key\":\"1\"}}\n"
            "{\"type\":2300,\"data\":{\"_key\":\"1\",\"v\":2}}\n"
            "{\"type\":2302,\"key\":\"3\",\"rev\":7}\n");
  EXPECT_THAT(read(dir, "a"), ElementsAre(R"({"_key":"1","v":2})", R"({"_key":"2","v":1})"));
  EXPECT_EQ(skipped(dir, "a"), 3U);  // two markers and the removed document
}

TEST(Dump, AppliesRemovalsAcrossSplitFiles) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.0.data.json", "{\"type\":2300,\"data\":{\"_key\":\"1\"}}\n");
  dir.write("a.1.data.json", "{\"type\":2302,\"data\":{\"_key\":\"1\"}}\n");
  EXPECT_TRUE(read(dir, "a").empty());
}

TEST(Dump, LetsARemovalThatNobodyExpectedReachTheQuarantine) {
  // The file begins bare, so it was not searched for markers; the line must not vanish.
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  std::string text;
  while (text.size() < (2U << 20))
    text += "{\"_key\":\"k\",\"x\":\"" + std::string(500, 'x') + "\"}\n";
  dir.write("a.data.json", text + "{\"type\":2302,\"data\":{\"_key\":\"k\"}}\n");
  const auto documents = read(dir, "a");
  EXPECT_THAT(documents, testing::Contains(R"({"type":2302,"data":{"_key":"k"}})"));
}

TEST(Dump, CompletesEdgesOfVersion2) {
  const TempDirectory dir;
  dir.write("e.structure.json", structure("e", 3));
  dir.write("e.data.json",
            R"({"type":2301,"key":"9","rev":"12","data":{"_from":"a/1","_to":"b/2"}})"
            "\n");
  EXPECT_THAT(read(dir, "e"), ElementsAre(R"({"_key":"9","_rev":"12","_from":"a/1","_to":"b/2"})"));
}

TEST(Dump, TakesTheNewerOfTwoTwins) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"old\"}\n");
  dir.write("a.data.json.gz", "{\"_key\":\"new\"}\n");
  dir.age("a.data.json", 5);
  const auto source = open_dump(dir);
  EXPECT_THAT(read_all(*source, "a"), ElementsAre("{\"_key\":\"new\"}"));
  EXPECT_THAT(source->info().warnings,
              testing::Contains(HasSubstr("'a.data.json' left out, because 'a.data.json.gz'")));
}

TEST(Dump, TakesTheNewerOfTwoDumpsOfOneCollection) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a", 2));
  dir.write("a.data.json", "{\"_key\":\"old\"}\n");
  dir.write(stem("a") + ".structure.json", structure("a", 3));
  dir.write(stem("a") + ".data.json.gz", "{\"_key\":\"new\"}\n");
  dir.age("a.data.json", 5);
  dir.age("a.structure.json", 5);
  const auto source = open_dump(dir);
  EXPECT_THAT(read_all(*source, "a"), ElementsAre("{\"_key\":\"new\"}"));
  EXPECT_TRUE(find_collection(*source, "a").edge);
}

TEST(Dump, RefusesTwinsOfTheSameAge) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\n");
  dir.write("a.data.json.gz", "{\"_key\":\"1\"}\n");
  std::filesystem::last_write_time(dir.path() / "a.data.json",
                                   std::filesystem::last_write_time(dir.path() / "a.data.json.gz"));
  EXPECT_THAT(refusal(dir), HasSubstr("3: collection 'a' has two sets of data files"));
}

TEST(Dump, RefusesWhatItCantRead) {
  const auto with = [](const std::string& name, const std::string& text) {
    auto dir = std::make_unique<TempDirectory>();
    dir->write("a.structure.json", structure("a"));
    dir->write("a.data.json", "");
    dir->write(name, text);
    return refusal(*dir);
  };
  EXPECT_THAT(with("ENCRYPTION", "aes-256-ctr"), HasSubstr("3: the dump in"));
  EXPECT_THAT(with("ENCRYPTION", "aes-256-ctr"), HasSubstr("encrypted (aes-256-ctr)"));
  EXPECT_EQ(with("ENCRYPTION", "none\n"), "");
  EXPECT_THAT(with("b.data.vpack.gz", "x"), HasSubstr("VelocyPack"));
  EXPECT_THAT(with("b.structure.json", structure("b")), HasSubstr("'b' has a structure file but"));
  EXPECT_THAT(with("b.data.json", "{}"), HasSubstr("'b.data.json' has no structure file"));
  EXPECT_THAT(with("b.structure.json", "{\"para"), HasSubstr("b.structure.json"));
}

TEST(Dump, NamesTheDatabasesOfADumpOfAll) {
  const TempDirectory dir;
  dir.write("app/a.structure.json", structure("a"));
  dir.write("shop/dump.json", "{}");
  EXPECT_THAT(refusal(dir), HasSubstr("2: "));
  EXPECT_THAT(refusal(dir), HasSubstr("several databases: 'app', 'shop'"));
}

TEST(Dump, SaysThatADirectoryIsNone) {
  const TempDirectory dir;
  EXPECT_THAT(refusal(dir), HasSubstr("3: '"));
  EXPECT_THAT(refusal(dir), HasSubstr("holds no arangodump files"));
  arango::SourceOptions options;
  options.url = "dump:" + (dir.path() / "nowhere").string();
  EXPECT_THROW(arango::open_source(options)->info(), Error);
}

TEST(Dump, LivesWithoutDumpJson) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\n");
  dir.write("v.view.json", "{}");
  {
    const auto source = open_dump(dir);
    EXPECT_EQ(source->info().start_tick, "");
    EXPECT_THAT(source->info().warnings,
                ElementsAre(HasSubstr("dump.json is missing"), HasSubstr("1 view definitions")));
  }
  dir.write("dump.json", "{\"data");
  EXPECT_THAT(open_dump(dir)->info().warnings,
              testing::Contains(HasSubstr("dump.json can't be read")));
}

TEST(Dump, MarksSystemCollectionsAndHidesPartsOfSmartOnes) {
  const TempDirectory dir;
  dir.write("_graphs.structure.json", structure("_graphs", 2, ",\"isSystem\":true"));
  dir.write("_graphs.data.json", "");
  dir.write("e.structure.json", structure("e", 3));
  dir.write("e.data.json", "");
  dir.write("gone.structure.json", structure("gone", 2, ",\"deleted\":true"));
  const auto source = open_dump(dir);
  ASSERT_EQ(source->collections().size(), 2U);
  EXPECT_TRUE(find_collection(*source, "_graphs").system);
  EXPECT_FALSE(find_collection(*source, "e").system);
}

TEST(Dump, ReadsCrlfBlankLinesAndRubbish) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\r\n\r\n\nrubbish\n{\"_key\":\"2\"}");
  EXPECT_THAT(read(dir, "a"), ElementsAre("rubbish", "{\"_key\":\"1\"}", "{\"_key\":\"2\"}"));
}

TEST(Dump, ChangesItsIdentityWithItsFiles) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\n");
  const std::string before = open_dump(dir)->info().identity;
  EXPECT_EQ(open_dump(dir)->info().identity, before);
  dir.write("a.data.json", "{\"_key\":\"12\"}\n");
  EXPECT_NE(open_dump(dir)->info().identity, before);
}

TEST(Dump, NoticesAFileThatGrowsUnderTheRun) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\n");
  const auto source = open_dump(dir);
  source->info();
  dir.write("a.data.json", "{\"_key\":\"1\"}\n{\"_key\":\"2\"}\n");
  EXPECT_THROW(read_all(*source, "a"), Error);
}

TEST(Dump, StopsWhenAsked) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\n");
  const auto source = open_dump(dir);
  ByteBudget budget(1U << 20);
  const auto reader = source->open(tasks_of(*source, "a", {}).begin()->second, budget);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(reader->next(stop.get_token()));
}

class DumpContract : public testing::TestWithParam<const char*> {};

TEST_P(DumpContract, KeepsTheSourceContract) {
  const TempDirectory dir;
  const std::string form = GetParam();
  const bool enveloped = form.starts_with("enveloped");
  const std::string suffix = form.ends_with("gz") ? ".data.json.gz" : ".data.json";
  std::string text;
  Documents expected;
  for (int i = 0; text.size() < (9U << 20); ++i) {
    const std::size_t size = i % 97 == 5 ? 1'300'000 : static_cast<std::size_t>(i * 131 % 6000);
    const std::string document = "{\"_key\":\"" + std::to_string(i) + "\",\"x\":\"" +
                                 std::string(size, static_cast<char>('a' + i % 26)) + "\"}";
    expected.push_back(document);
    text += (enveloped ? "{\"type\":2300,\"data\":" + document + "}" : document) + "\n";
  }
  dir.write("a.structure.json", structure("a"));
  dir.write("a" + suffix, text);
  const auto source = open_dump(dir);
  expect_contract(*source, "a", expected);
}

INSTANTIATE_TEST_SUITE_P(AllForms, DumpContract,
                         testing::Values("plain", "gz", "enveloped", "enveloped-gz"));

namespace {

std::filesystem::path real_dumps() {
  return std::filesystem::path(ARANGO2PG_SOURCE_DIR) / "../shared/real-data/dumps";
}

std::map<std::string, std::size_t> counts_of(const std::string& dump) {
  arango::SourceOptions options;
  options.url = "dump:" + (real_dumps() / dump).string();
  const auto source = arango::open_source(options);
  std::map<std::string, std::size_t> out;
  for (const auto& c : source->collections()) out[c.name] = read_all(*source, c.name, {3}).size();
  return out;
}

using Counts = std::map<std::string, std::size_t>;

}  // namespace

TEST(RealDump, OfVersion312IsReadWhole) {
  if (!std::filesystem::exists(real_dumps())) GTEST_SKIP() << "no real dumps on this machine";
  EXPECT_EQ(counts_of("bus_management_hcm"), (Counts{{"connects", 24},
                                                     {"operates_on", 12},
                                                     {"routes", 4},
                                                     {"schedules", 8},
                                                     {"serves", 0},
                                                     {"stations", 15},
                                                     {"vehicles", 10}}));
}

TEST(RealDump, WithAStaleEnvelopedFileIsReadWhole) {
  if (!std::filesystem::exists(real_dumps())) GTEST_SKIP() << "no real dumps on this machine";
  EXPECT_EQ(counts_of("docman"),
            (Counts{{"_graphs", 1}, {"documents", 4}, {"filesystem", 7}, {"folders", 4}}));
}

TEST(RealDump, OfVersion310IsReadWhole) {
  if (!std::filesystem::exists(real_dumps())) GTEST_SKIP() << "no real dumps on this machine";
  const auto counts = counts_of("dex");
  std::size_t documents = 0;
  for (const auto& [name, n] : counts)
    if (!name.starts_with('_')) documents += n;
  EXPECT_EQ(documents, 8688U);
  EXPECT_EQ(counts.at("_graphs"), 3U);
}

TEST(Dump, LeavesOutASystemCollectionWithoutData) {
  const TempDirectory dir;
  dir.write("a.structure.json", structure("a"));
  dir.write("a.data.json", "{\"_key\":\"1\"}\n");
  dir.write("_jobs.structure.json", structure("_jobs", 2, ",\"isSystem\":true"));
  const auto source = open_dump(dir);
  EXPECT_EQ(source->collections().size(), 1U);
  EXPECT_THAT(source->info().warnings, testing::Contains(HasSubstr("'_jobs' left out")));
}
