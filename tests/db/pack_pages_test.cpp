// The pages of the schema packs (docs/packs/) are complete and true: every object of a pack is on
// its page, every row of "The seed's names" has a test, and every test named there exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// "Suite.Name" of every test in the sources.
const std::set<std::string>& all_tests() {
  static const std::set<std::string> found = [] {
    std::set<std::string> names;
    const std::regex test(R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(ARANGO2PG_SOURCE_DIR "/tests")) {
      if (entry.path().extension() != ".cpp") continue;
      const std::string text = contents(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it)
        names.insert((*it)[1].str() + "." + (*it)[2].str());
    }
    return names;
  }();
  return found;
}

class PackPages : public AppliedPackTest, public ::testing::WithParamInterface<const char*> {
 protected:
  PackPages() : AppliedPackTest(GetParam()) {}

  const std::string page_ =
      contents(std::string(ARANGO2PG_SOURCE_DIR "/docs/packs/") + GetParam() + ".md");
};

TEST_P(PackPages, NameEveryObjectOfThePack) {
  ASSERT_FALSE(page_.empty());
  std::set<std::string> words;
  const std::regex word(R"(\w+)");
  for (std::sregex_iterator it(page_.begin(), page_.end(), word), end; it != end; ++it)
    words.insert(it->str());
  // Of an index that a constraint made, the constraint is the object.
  const Rows objects = query(R"(
    SELECT DISTINCT o.kind, o.name
    FROM (
      SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'i' THEN 'index' ELSE 'view' END AS kind,
             c.relname AS name, 'pg_class'::regclass AS catalog, c.oid, c.relnamespace AS schema
      FROM pg_class c
      WHERE c.relkind IN ('r', 'v', 'm', 'i')
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
      UNION ALL
      SELECT 'function', proname, 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
      UNION ALL
      SELECT 'type', typname, 'pg_type'::regclass, oid, typnamespace FROM pg_type
      WHERE typtype IN ('e', 'd')
      UNION ALL
      SELECT 'trigger', t.tgname, 'pg_trigger'::regclass, t.oid, c.relnamespace
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE NOT t.tgisinternal
    ) o
    JOIN pg_namespace n ON n.oid = o.schema AND n.nspname IN ('public', 'rollback', 'backup')
    WHERE NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')
    ORDER BY 1, 2)");
  EXPECT_GT(objects.size(), 40U);
  for (std::size_t i = 0; i < objects.size(); ++i)
    EXPECT_EQ(words.count(objects.text(i, 1)), 1U)
        << objects.text(i, 0) << " " << objects.text(i, 1) << " is not on the page";
}

TEST_P(PackPages, ProveEveryRowByATestThatExists) {
  const std::string title = "\n## The seed's names\n";
  const auto begin = page_.find(title);
  ASSERT_NE(begin, std::string::npos);
  const std::string section = page_.substr(begin, page_.find("\n## ", begin + 1) - begin);
  const std::regex row(R"(\n\| (?!---|seed \||object \|)[^\n]*)");
  const std::regex test(R"(`([A-Z]\w+\.[A-Z]\w+)`)");
  int rows = 0;
  for (std::sregex_iterator r(section.begin(), section.end(), row), end; r != end; ++r, ++rows) {
    const std::string line = r->str();
    std::sregex_iterator t(line.begin(), line.end(), test);
    EXPECT_NE(t, end) << "no test in" << line;
    for (; t != end; ++t)
      EXPECT_EQ(all_tests().count((*t)[1].str()), 1U) << (*t)[1] << " does not exist, in" << line;
  }
  EXPECT_GT(rows, 20);
}

INSTANTIATE_TEST_SUITE_P(EachPack, PackPages,
                         ::testing::Values("ats", "applications", "assets", "requests", "entities"),
                         [](const auto& pack) { return std::string(pack.param); });

}  // namespace
}  // namespace arango2pg::pg
