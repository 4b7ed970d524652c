// Types of extensions in the load: ltree and PostGIS go through their text input, and what they
// can't read is the document's fault, though they report it by codes that elsewhere mean a broken
// program.
#include <gtest/gtest.h>

#include "load_fixture.h"
#include "pg/catalog.h"
#include "pg/loader.h"

namespace arango2pg::test {
namespace {

class ExtensionTypes : public LoaderTest {
 protected:
  void SetUp() override {
    LoaderTest::SetUp();
    if (IsSkipped()) return;
    const std::string missing = list(
        "SELECT e FROM unnest('{ltree,postgis}'::text[]) AS e "
        "WHERE NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = e)");
    if (!missing.empty())
      GTEST_SKIP() << "the server has no extension " << missing
                   << " (Debian: postgresql-contrib, postgresql-postgis): scripts/install-deps";
    connection().script("CREATE EXTENSION ltree; CREATE EXTENSION postgis");
    connection().script(R"(
      CREATE TABLE place (id text PRIMARY KEY, path ltree, paths ltree[], at geometry(Point, 4326),
                          area geography))");
  }
  static pg::LoadTable place(bool merge) {
    auto t = table("place", {"id", "path", "paths", "at", "area"});
    t.merge = merge;
    return t;
  }
  static Doc doc(const std::string& key, const std::string& path, const std::string& paths,
                 const std::string& at, const std::string& area) {
    return {key, {{{key, path, paths, at, area}}}};
  }
  std::string load(PartId part, std::uint64_t seq) {
    pg::Loader loader(config());
    auto work = batches(
        batch(0, part, seq,
              {doc("a", "root.a", "{root,a.b}", "SRID=4326;POINT(2.35 48.85)", "POINT(-180 90)"),
               doc("hyphen", "root..b", "{}", "\\N", "\\N"),
               doc("words", "root", "{}", "somewhere", "\\N"),
               doc("b", "root.b", "\\N", "POINT(1e1 -0.5)", "\\N"),
               doc("line", "root", "{}", "LINESTRING(0 0,1 1)", "\\N"),
               doc("element", "root", "{ok,not..ok}", "\\N", "\\N"),
               doc("c", "\\N", "\\N", "\\N", "LINESTRING(0 0,1 1)")}));
    commit(loader, work);
    return list(
        "SELECT concat_ws(' ', id, path, paths, ST_AsEWKT(at), ST_AsText(area)) FROM place "
        "ORDER BY id");
  }
  const std::string good_ =
      "a root.a {root,a.b} SRID=4326;POINT(2.35 48.85) POINT(-180 90),"
      "b root.b SRID=4326;POINT(10 -0.5),c LINESTRING(0 0,1 1)";
  const std::string refused_ =
      "element pg_syntax_error,hyphen pg_syntax_error,line pg_invalid_parameter_value,"
      "words pg_internal_error";
};

TEST_F(ExtensionTypes, AreReadFromTheCatalogAsTypesWithoutBinaryForm) {
  const auto t = pg::read_table(connection(), {"", "place"});
  std::string names;
  for (const doc::Column& c : t->columns)
    names += c.type.name + (c.type.has_binary() ? " binary," : ",");
  EXPECT_EQ(names, "text binary,ltree,ltree[],geometry(Point,4326),geography,");
}

TEST_F(ExtensionTypes, LoadByCopyAndQuarantineWhatTheyCannotRead) {
  const PartId part = add_collection("places", {place(false)});
  EXPECT_EQ(load(part, 0), good_);
  EXPECT_EQ(list("SELECT key || ' ' || rule FROM arango2pg.quarantine ORDER BY key"), refused_);
}

TEST_F(ExtensionTypes, MergeTheSameWay) {
  const PartId part = add_collection("places", {place(true)});
  EXPECT_EQ(load(part, 0), good_);
  EXPECT_EQ(load(part, 1), good_);
  EXPECT_EQ(list("SELECT DISTINCT key || ' ' || rule FROM arango2pg.quarantine ORDER BY 1"),
            refused_);
}

// The same codes, but raised by a trigger: the table is broken, not its rows.
TEST_F(ExtensionTypes, ABrokenTriggerIsNotTheDocumentsFault) {
  connection().script(R"(
    CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'out of order' USING ERRCODE = 'XX000'; END $$;
    CREATE TRIGGER broken BEFORE INSERT ON place FOR EACH ROW EXECUTE FUNCTION broken())");
  const PartId part = add_collection("places", {place(false)});
  EXPECT_THROW(load(part, 0), Error);
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.quarantine"), "0");
}

}  // namespace
}  // namespace arango2pg::test
