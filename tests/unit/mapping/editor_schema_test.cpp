// mappings/mapping.schema.json says the same as the reader does.
#include <fstream>
#include <sstream>

#include "mapping/schema_check.h"
#include "mapping/transforms.h"
#include "source_dir.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

const std::string schema_file = ARANGO2PG_SOURCE_DIR "/mappings/mapping.schema.json";

/// "" or where it does not fit.
std::string editor_says(const std::string& yaml) {
  static const auto schema = SchemaCheck::load(schema_file);
  const Literal document(to_json(parse_yaml(yaml, "m.yaml")));
  std::string path;
  const std::string phrase = schema->check(document.value(), path);
  return phrase.empty() ? "" : path + ": " + phrase;
}

const std::string head = "version: 1\nfrom: c\ninto: t\nkey: id\n";

}  // namespace

TEST(EditorSchema, TakesTheShippedMappings) {
  for (const Spec& s : load(ARANGO2PG_SOURCE_DIR "/mappings/ats")) {
    std::ifstream in(s.file);
    std::ostringstream text;
    text << in.rdbuf();
    EXPECT_EQ(editor_says(text.str()), "") << s.file;
  }
}

TEST(EditorSchema, TakesTheExampleOfTheDesign) {
  const std::string yaml = R"(
version: 1
from: resumes
into: resume_documents
key: id
revision: source_rev
columns:
  id:          { uuid: _key }
  user_id:     { path: user_id, required: true }
  parsed_data: { document: { omit: [user_id, metadata, created_at, updated_at] } }
  metadata:    { path: metadata, default: {} }
  location:    { join: [office_city, office_province, office_country], with: ", " }
  experience_level: { first: [experience_level, seniority_level] }
  priority_score:   { path: prestige_factor, default: 0, then: [{ round: 2 }] }
  created_at:  { path: created_at, then: [{ timestamp: [iso8601, epoch_ms] }], default: { meta: revision_time } }
where:
  - { path: status, not_in: [draft] }
check:
  - { path: email, format: email, severity: warn }
  - { path: experience, type: array, max_items: 500 }
children:
  - { each: experience, into: resume_experience, key: [resume_id, position],
      columns: { resume_id: { parent: id }, position: { meta: index }, company: { path: company } } }
strings: { nul: reject, surrogate: reject }
unmapped: warn
on_delete: soft
audit: { table: document_audit_log, level: document }
indexes: after
)";
  EXPECT_EQ(editor_says(yaml), "");
  EXPECT_EQ(error_of(yaml), "no error");
}

TEST(EditorSchema, KnowsEveryTransform) {
  const std::map<std::string, std::string> arguments = {{"truncate", "3"},
                                                        {"substring", "{ from: 1 }"},
                                                        {"replace", "{ from: a, to: b }"},
                                                        {"split", "x"},
                                                        {"null_if", "x"},
                                                        {"scale", "2"},
                                                        {"timezone", "Europe/Prague"},
                                                        {"map", "{ values: {} }"},
                                                        {"not_before", "v"},
                                                        {"pick", "[a]"},
                                                        {"omit", "[a]"},
                                                        {"rename", "{ a: b }"},
                                                        {"merge", "{ a: 1 }"}};
  for (const std::string_view name : transform_names()) {
    const auto argument = arguments.find(std::string(name));
    const std::string step = argument == arguments.end()
                                 ? std::string(name)
                                 : "{ " + std::string(name) + ": " + argument->second + " }";
    const std::string yaml =
        head + "columns: { id: { meta: key }, v: { path: a, then: [" + step + "] } }\n";
    EXPECT_EQ(editor_says(yaml), "") << step;
    EXPECT_EQ(error_of(yaml), "no error") << step;
  }
}

TEST(EditorSchema, RefusesWhatTheReaderRefuses) {
  for (const char* bad : {"colums: {}\n", "columns: { v: { path: a, then: [lowr] } }\n",
                          "columns: { v: { pth: a } }\n", "columns: { v: { path: a, const: b } }\n",
                          "columns: { v: { default: x } }\n", "columns: {}\n",
                          "columns: { v: { path: a } }\nwhere: [{ equals: 1 }]\n",
                          "columns: { v: { path: a } }\non_delete: sof\n",
                          "columns: { v: { path: a } }\ncheck: [{ path: a, format: emial }]\n",
                          "columns: { v: { path: a } }\nchildren: [{ into: x, key: id, columns: { "
                          "id: { meta: index } } }]\n",
                          "columns: { v: { path: a, then: [{ trim: 1 }] } }\n"}) {
    EXPECT_NE(editor_says(head + bad), "") << bad;
    EXPECT_NE(error_of(head + bad), "no error") << bad;
  }
}
