// The documentation names what the program knows.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "mapping/rules_internal.h"
#include "mapping/transforms.h"
#include "source_dir.h"

using namespace arango2pg::mapping;

namespace {

std::string read(const std::string& file) {
  std::ifstream in(std::string(ARANGO2PG_SOURCE_DIR "/") + file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Codes in the sources: fail("code", …), fail_at("code", …), fault = {"code", …}.
std::set<std::string> rule_codes() {
  std::set<std::string> codes;
  const std::regex call(
      R"re((?:fail|fail_at)\(\s*"([a-z_0-9]+)"|fault = \{"([a-z_]+)"|rule = "([a-z_]+)")re");
  for (const auto& entry :
       std::filesystem::directory_iterator(ARANGO2PG_SOURCE_DIR "/src/mapping")) {
    const std::string text = read("src/mapping/" + entry.path().filename().string());
    for (std::sregex_iterator i(text.begin(), text.end(), call), end; i != end; ++i)
      for (std::size_t group = 1; group < i->size(); ++group)
        if ((*i)[group].matched) codes.insert((*i)[group].str());
  }
  for (int kind = 0; kind <= static_cast<int>(CheckRule::Kind::schema); ++kind)
    codes.insert(std::string(rule_code(static_cast<CheckRule::Kind>(kind))));
  return codes;
}

}  // namespace

TEST(Docs, NameEveryStep) {
  const std::string reference = read("docs/mapping.md"), short_list = read("mappings/README.md");
  for (const std::string_view step : transform_names()) {
    EXPECT_NE(reference.find('`' + std::string(step) + '`'), std::string::npos) << step;
    EXPECT_NE(short_list.find('`' + std::string(step)), std::string::npos) << step;
  }
}

TEST(Docs, NameEveryRejectionRule) {
  const std::string rules = read("docs/rules.md");
  const auto codes = rule_codes();
  EXPECT_GT(codes.size(), 35U);
  for (const std::string& code : codes)
    EXPECT_NE(rules.find('`' + code + '`'), std::string::npos) << code;
}
