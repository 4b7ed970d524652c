// Mistakes in mapping files: what is wrong, where, and what was probably meant.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

const std::string head = "version: 1\nfrom: c\ninto: t\nkey: id\n";

/// The message for a column rule that stands in line 6.
std::string column_error(const std::string& rule) {
  return error_of(head + "columns:\n  v: " + rule + "\n");
}
/// The message for something that stands in line 6, behind one good column.
std::string more_error(const std::string& more) {
  return error_of(head + "columns: { id: { meta: key } }\n" + more + "\n");
}

class TempDir {
 public:
  TempDir()
      : path_(std::filesystem::temp_directory_path() /
              ("mapping_test_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

std::string load_error(const std::string& path) {
  try {
    static_cast<void>(load(path));
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST(Spec, ReadsEverySetting) {
  const Spec s = spec_of(R"(
version: 1
from: resumes
optional: true
into: app.resume_documents
create: true
key: [id, part]
revision: source_rev
columns: { id: { uuid: _key }, part: { const: 1 } }
unmapped: reject
on_delete: hard
audit: document
indexes: keep
strings: { nul: strip, surrogate: replace }
)");
  EXPECT_EQ(s.from, "resumes");
  EXPECT_TRUE(s.optional);
  EXPECT_EQ(s.into.text(), "app.resume_documents");
  EXPECT_TRUE(s.create);
  EXPECT_EQ(s.key, (std::vector<std::string>{"id", "part"}));
  EXPECT_EQ(s.revision, "source_rev");
  EXPECT_EQ(s.on_delete, OnDelete::hard);
  EXPECT_EQ(s.audit, AuditLevel::document);
  EXPECT_FALSE(s.indexes_after);
  EXPECT_EQ(s.digest.size(), 64U);
}

TEST(Spec, HasDefaults) {
  const Spec s = spec_of(head + "columns: { id: { meta: key } }\n");
  EXPECT_FALSE(s.optional);
  EXPECT_FALSE(s.create);
  EXPECT_EQ(s.audit, AuditLevel::batch);
  EXPECT_EQ(s.audit_table, "");
  EXPECT_EQ(s.on_delete, std::nullopt);  // as the table allows
  EXPECT_TRUE(s.indexes_after);
}

TEST(Spec, NamesLineOfUnknownKey) {
  EXPECT_EQ(error_of(head + "colums: {}\n"),
            "users.yaml:5: unknown key 'colums' (did you mean 'columns'?)");
  EXPECT_EQ(more_error("uniqe: 1"), "users.yaml:6: unknown key 'uniqe'");
  EXPECT_EQ(more_error("strings: { null: strip }"),
            "users.yaml:6: unknown key 'null' in 'strings' (did you mean 'nul'?)");
  EXPECT_EQ(more_error("audit: { level: document, tabel: x }"),
            "users.yaml:6: unknown key 'tabel' in 'audit' (did you mean 'table'?)");
}

TEST(Spec, NamesTheUnknownTransformOrWord) {
  EXPECT_EQ(column_error("{ path: a, then: [lowr] }"),
            "users.yaml:6: unknown transform 'lowr' (did you mean 'lower'?)");
  EXPECT_EQ(column_error("{ pth: a }"),
            "users.yaml:6: unknown word 'pth' in column 'v' (did you mean 'path'?)");
  EXPECT_EQ(column_error("{ path: a, requird: true }"),
            "users.yaml:6: unknown word 'requird' in column 'v' (did you mean 'required'?)");
  EXPECT_EQ(column_error("{ first: [a, { pat: b }] }"),
            "users.yaml:6: unknown word 'pat' in 'first' of column 'v' (did you mean 'path'?)");
  EXPECT_EQ(column_error("{ meta: revison }"),
            "users.yaml:6: unknown meta word 'revison' (did you mean 'revision'?)");
}

TEST(Spec, WantsExactlyOneSourceWord) {
  EXPECT_EQ(column_error("{ path: a, const: b }"),
            "users.yaml:6: column 'v' has two source words, 'path' and 'const'");
  EXPECT_EQ(column_error("{ default: x }"), "users.yaml:6: column 'v' has no source word");
  EXPECT_EQ(column_error("a"), "users.yaml:6: column 'v' must be a map with a source word");
}

TEST(Spec, RefusesKeysThatStandTwice) {
  EXPECT_EQ(error_of(head + "columns:\n  a: { path: a }\n  a: { path: b }\n"),
            "users.yaml:7: key 'a' stands twice");
  EXPECT_EQ(error_of("version: 1\nversion: 1\n"), "users.yaml:2: key 'version' stands twice");
  EXPECT_EQ(
      error_of("version: 1\nfrom: c\ninto: t\nkey: [id, id]\ncolumns: { id: { meta: key } }\n"),
      "users.yaml:4: column 'id' stands twice in 'key'");
}

TEST(Spec, SaysWhatIsMissing) {
  EXPECT_EQ(error_of("from: c\n"), "users.yaml:1: 'version' is missing");
  EXPECT_EQ(error_of("version: 1\n"), "users.yaml:1: 'from' is missing");
  EXPECT_EQ(error_of("version: 1\nfrom: c\n"), "users.yaml:1: 'into' is missing");
  EXPECT_EQ(error_of("version: 1\nfrom: c\ninto: t\n"), "users.yaml:1: 'key' is missing");
  EXPECT_EQ(error_of(head), "users.yaml:1: 'columns' is missing");
  EXPECT_EQ(error_of(head + "columns: {}\n"), "users.yaml:5: 'columns' is empty");
  EXPECT_EQ(error_of("version: 2\nfrom: c\n"),
            "users.yaml:1: version 2 is not known to this program");
  EXPECT_EQ(error_of(""), "users.yaml: a mapping file must be a map (name: value)");
}

TEST(Spec, RefusesWhatIsNoYaml) {
  EXPECT_EQ(error_of("version: 1\nfrom: [c\n").substr(0, 22), "users.yaml:3: not YAML");
  EXPECT_EQ(error_of(head + "columns: { id: { meta: key } }\n---\nversion: 1\n"),
            "users.yaml:7: holds more than one YAML document");
  EXPECT_EQ(error_of("version: &a [*a]\n").substr(0, 12), "users.yaml:1");
}

TEST(Spec, ChecksShapesOfValues) {
  EXPECT_EQ(more_error("optional: maybe"), "users.yaml:6: 'optional' must be true or false");
  EXPECT_EQ(more_error("on_delete: sof"),
            "users.yaml:6: unknown word for 'on_delete' 'sof' (did you mean 'soft'?)");
  EXPECT_EQ(more_error("unmapped: warm"),
            "users.yaml:6: unknown word for 'unmapped' 'warm' (did you mean 'warn'?)");
  EXPECT_EQ(more_error("where: { path: a }"), "users.yaml:6: 'where' must be a list");
  EXPECT_EQ(error_of("version: 1\nfrom: [c]\n"), "users.yaml:2: 'from' must be a text");
  EXPECT_EQ(error_of("version: 1\nfrom: c\ninto: a.b.c\nkey: id\ncolumns: { id: { meta: key } }\n"),
            "users.yaml:3: 'into': 'a.b.c' is no table name");
}

TEST(Spec, ChecksSourceWords) {
  EXPECT_EQ(column_error("{ path: 'a..b' }"), "users.yaml:6: path 'a..b' has an empty name");
  EXPECT_EQ(column_error("{ first: [] }"), "users.yaml:6: 'first' of column 'v' is an empty list");
  EXPECT_EQ(column_error("{ path: a, with: x }"),
            "users.yaml:6: 'with' of column 'v' belongs to 'join'");
  EXPECT_EQ(column_error("{ document: { only: [a], omit: [b] } }"),
            "users.yaml:6: 'only' and 'omit' exclude each other");
  EXPECT_EQ(column_error("{ document: { rename: { a: c, b: c } } }"),
            "users.yaml:6: two attributes are renamed to 'c'");
  EXPECT_EQ(column_error("{ meta: index }"),
            "users.yaml:6: 'meta: index' is the number of an array's element");
  EXPECT_EQ(column_error("{ parent: id }"),
            "users.yaml:6: 'parent' names a column of the parent row");
  EXPECT_EQ(column_error("{ reference: { collection: x } }"),
            "users.yaml:6: 'reference' of column 'v' has no source word");
}

TEST(Spec, ChecksModifiers) {
  EXPECT_EQ(column_error("{ path: a, required: true, default: 1 }"),
            "users.yaml:6: the 'default' of required column 'v' would never be used");
  EXPECT_EQ(column_error("{ path: a, on_error: default }"),
            "users.yaml:6: 'on_error: default' of column 'v' needs a 'default'");
  EXPECT_EQ(column_error("{ path: a, on_error: ignore, default: 1 }"),
            "users.yaml:6: unknown on_error 'ignore'");
  EXPECT_EQ(column_error("{ path: a, then: trim }"),
            "users.yaml:6: 'then' of column 'v' must be a list");
  EXPECT_EQ(column_error("{ path: a, then: [{ trim: 1, lower: 2 }] }"),
            "users.yaml:6: a step of column 'v' is a name or one 'name: argument'");
}

TEST(Spec, ChecksArgumentsOfSteps) {
  EXPECT_EQ(column_error("{ path: a, then: [{ trim: 1 }] }"), "users.yaml:6: 'trim' takes nothing");
  EXPECT_EQ(column_error("{ path: a, then: [truncate] }"),
            "users.yaml:6: 'truncate' needs an argument");
  EXPECT_EQ(column_error("{ path: a, then: [{ truncate: x }] }"),
            "users.yaml:6: 'truncate' must be a whole number from 0 to 1000000000");
  EXPECT_EQ(column_error("{ path: a, then: [{ replace: { to: x } }] }"),
            "users.yaml:6: 'replace' needs either 'from' or 'pattern'");
  EXPECT_EQ(column_error("{ path: a, then: [{ replace: { pattern: '(', to: x } }] }"),
            "users.yaml:6: pattern '(': missing ): (");
  EXPECT_EQ(
      column_error("{ path: a, then: [{ replace: { pattern: 'a', to: '\\1' } }] }").substr(0, 44),
      "users.yaml:6: 'to' does not fit the pattern:");
  EXPECT_EQ(column_error("{ path: a, then: [{ timestamp: [iso] }] }"),
            "users.yaml:6: time format 'iso' is no format");
  EXPECT_EQ(column_error("{ path: a, then: [{ timestamp: iso8602 }] }"),
            "users.yaml:6: time format 'iso8602' is no format (did you mean 'iso8601'?)");
  EXPECT_EQ(column_error("{ path: a, then: [{ timestamp: { truncate: h } }] }"),
            "users.yaml:6: unknown unit 'h' (did you mean 's'?)");
  EXPECT_EQ(column_error("{ path: a, then: [{ timezone: Europe/Prag }] }"),
            "users.yaml:6: unknown time zone 'Europe/Prag'");
  EXPECT_EQ(column_error("{ path: a, then: [{ map: { a: b } }] }"),
            "users.yaml:6: 'map' needs 'values'");
  EXPECT_EQ(column_error("{ path: a, then: [{ scale: ten }] }"),
            "users.yaml:6: 'scale' needs a number to multiply with");
}

TEST(Spec, ChecksConditions) {
  EXPECT_EQ(more_error("where: [{ equals: 1 }]"),
            "users.yaml:6: an entry of 'where' needs a 'path'");
  EXPECT_EQ(more_error("where: [{ path: a }]"),
            "users.yaml:6: an entry of 'where' needs a condition");
  EXPECT_EQ(more_error("where: [{ path: a, equal: 1 }]"),
            "users.yaml:6: unknown condition 'equal' (did you mean 'equals'?)");
  EXPECT_EQ(more_error("where: [{ path: a, type: text }]"), "users.yaml:6: unknown type 'text'");
  EXPECT_EQ(more_error("where: [{ path: a, gt: true }]"),
            "users.yaml:6: 'gt' compares numbers or texts");
  EXPECT_EQ(more_error("where: [{ path: a, in: x }]"), "users.yaml:6: 'in' must be a list");
}

TEST(Spec, ChecksChecks) {
  EXPECT_EQ(more_error("check: [{ path: a }]"), "users.yaml:6: an entry of 'check' needs a rule");
  EXPECT_EQ(more_error("check: [{ min: 1 }]"), "users.yaml:6: check 'min' needs a 'path'");
  EXPECT_EQ(more_error("check: [{ path: a, max_lenght: 1 }]"),
            "users.yaml:6: unknown check 'max_lenght' (did you mean 'max_length'?)");
  EXPECT_EQ(more_error("check: [{ path: a, format: emial }]"),
            "users.yaml:6: unknown format 'emial' (did you mean 'email'?)");
  EXPECT_EQ(more_error("check: [{ path: a, min: 1, severity: fatal }]"),
            "users.yaml:6: unknown severity 'fatal'");
  EXPECT_EQ(more_error("check: [{ schema: missing.json }]"),
            "users.yaml:6: can't read the JSON Schema 'missing.json'");
}

TEST(Spec, ChecksChildren) {
  EXPECT_EQ(more_error("children: [{ into: x, key: id, columns: { id: { meta: index } } }]"),
            "users.yaml:6: a child has no 'each'");
  EXPECT_EQ(more_error("children: [{ each: a, key: id, columns: { id: { meta: index } } }]"),
            "users.yaml:6: a child has no 'into'");
  EXPECT_EQ(more_error("children: [{ each: a, into: x, key: id, colums: {} }]"),
            "users.yaml:6: unknown key 'colums' in a child (did you mean 'columns'?)");
}

TEST(Spec, AnAuditTableOfItsOwnTakesEntriesPerDocument) {
  EXPECT_EQ(more_error("audit: { table: my_log, level: batch }"),
            "users.yaml:6: an audit table of its own takes entries per document, not per batch");
  EXPECT_EQ(more_error("audit: { level: document, columns: { a: { meta: key } } }"),
            "users.yaml:6: the columns of arango2pg.audit_log are fixed");
}

TEST(Digest, IgnoresSpellingOrderAndComments) {
  const Spec a =
      spec_of(head + "columns:\n  id: { meta: key }\n  v: { path: a, default: 1 }\n", "a.yaml");
  const Spec b = spec_of(
      "# a comment\nkey: id\n\"from\": 'c'\ninto: t\nversion: 1\ncolumns: {v: {default: 1, path: "
      "\"a\"}, id: {meta: key}}\n",
      "b.yaml");
  EXPECT_EQ(a.digest, b.digest);
}

TEST(Digest, ChangesWithTheRules) {
  const auto digest = [](const std::string& fallback) {
    return spec_of(head + "columns: { id: { meta: key }, v: { path: a, default: " + fallback +
                   " } }\n")
        .digest;
  };
  EXPECT_NE(digest("1"), digest("2"));
  EXPECT_NE(digest("1"), digest("\"1\""));
  EXPECT_NE(digest("true"), digest("\"true\""));
}

TEST(Digest, ChangesWithTheJsonSchema) {
  const TempDir dir;
  const auto digest = [&](const std::string& schema) {
    dir.write("s.json", schema);
    return spec_of(head + "columns: { id: { meta: key } }\ncheck: [{ schema: s.json }]\n",
                   dir.path("m.yaml"))
        .digest;
  };
  EXPECT_NE(digest(R"({"type":"object"})"), digest(R"({"type":"array"})"));
}

TEST(Load, ReadsADirectoryInOrder) {
  const TempDir dir;
  const std::string columns = "key: id\ncolumns: { id: { meta: key } }\n";
  dir.write("b.yaml", "version: 1\nfrom: b\ninto: t\n" + columns);
  dir.write("a/x.yml", "version: 1\nfrom: x\ninto: t\n" + columns);
  dir.write("c.yaml", "version: 1\nfrom: c\ninto: t\n" + columns);
  dir.write(".hidden.yaml", "nonsense");
  dir.write("mapping.schema.json", "{}");
  dir.write("golden/input.jsonl", "{}");
  dir.write("golden/mapping.yaml", "nonsense");
  const auto specs = load(dir.path());
  ASSERT_EQ(specs.size(), 3U);
  EXPECT_EQ(specs[0].from, "x");
  EXPECT_EQ(specs[1].from, "b");
  EXPECT_EQ(specs[2].from, "c");
}

TEST(Load, SaysWhatItCannotFind) {
  const TempDir dir;
  EXPECT_EQ(load_error(dir.path("nowhere")), "no mapping at '" + dir.path("nowhere") + "'");
  EXPECT_EQ(load_error(dir.path()), "no mapping file in '" + dir.path() + "'");
}

TEST(Load, FindsJsonSchemasBesideTheMapping) {
  const TempDir dir;
  dir.write("m/u.yaml",
            head + "columns: { id: { meta: key } }\ncheck: [{ schema: ../s/u.json }]\n");
  dir.write("s/u.json", R"({"type":"object"})");
  EXPECT_EQ(load(dir.path("m")).size(), 1U);
}

TEST(Automatic, RefusesNamesThatAreNoTableNames) {
  try {
    static_cast<void>(automatic({{std::string(64, 'x'), false, false, {}, 0}}, "public"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::usage);
    EXPECT_EQ(std::string(e.what()), "the collection '" + std::string(64, 'x') +
                                         "' has a name of 64 bytes; names of tables end at 63");
  }
}
