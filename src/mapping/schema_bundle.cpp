#include "mapping/schema_bundle.h"

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "doc/json.h"
#include "mapping/literal.h"

namespace arango2pg::mapping {
namespace {

namespace fs = std::filesystem;

/// Where schemas stand inside a schema; everything else is copied as it is.
constexpr std::array<std::string_view, 5> maps_of_schemas = {
    "properties", "patternProperties", "definitions", "$defs", "dependencies"};
constexpr std::array<std::string_view, 4> lists_of_schemas = {"allOf", "anyOf", "oneOf", "items"};
constexpr std::array<std::string_view, 9> schemas = {"items",
                                                     "additionalItems",
                                                     "additionalProperties",
                                                     "contains",
                                                     "propertyNames",
                                                     "if",
                                                     "then",
                                                     "else",
                                                     "not"};
/// valijson does not know these; a rule that silently checks nothing would be worse than none.
constexpr std::array<std::string_view, 10> unknown = {"$dynamicRef",      "$recursiveRef",
                                                      "prefixItems",      "dependentRequired",
                                                      "dependentSchemas", "unevaluatedProperties",
                                                      "unevaluatedItems", "minContains",
                                                      "maxContains",      "$vocabulary"};

class Bundler {
 public:
  SchemaBundle run(const std::string& file) {
    static_cast<void>(number_of(fs::path(file)));
    for (std::size_t i = 0; i < files_.size(); ++i) {  // grows while references are found
      const Literal text = read(files_[i]);
      if (i == 0) result_.draft4 = is_draft4(text.value());
      std::string json;
      append_schema(json, text.value(), i);
      texts_.push_back(std::move(json));
    }
    result_.json = texts_[0];
    if (texts_.size() == 1) return std::move(result_);
    if (result_.json[0] != '{') fail(0, "a boolean schema references nothing");
    result_.json.pop_back();
    result_.json += result_.json.size() > 1 ? "," : "";
    result_.json += "\"x-files\":{";
    for (std::size_t i = 1; i < texts_.size(); ++i)
      result_.json += (i > 1 ? ",\"" : "\"") + std::to_string(i) + "\":" + texts_[i];
    result_.json += "}}";
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::size_t file, const std::string& message) const {
    throw Error(Exit::usage, files_[file].string() + ": " + message);
  }

  std::size_t number_of(const fs::path& file) {
    const fs::path normal = file.lexically_normal();
    const auto found = std::find(files_.begin(), files_.end(), normal);
    if (found == files_.end()) {
      files_.push_back(normal);
      return files_.size() - 1;
    }
    return static_cast<std::size_t>(found - files_.begin());
  }

  static Literal read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf()))
      throw Error(Exit::usage, "can't read the JSON Schema '" + file.string() + "'");
    doc::PaddedBuffer bytes;
    bytes.append(text.str());
    doc::Document document;
    if (const auto error = document.parse(bytes.view()))
      throw Error(Exit::usage, file.string() + ": no JSON: " + error->message);
    return Literal(text.str());
  }

  static bool is_draft4(doc::Value root) {
    const auto draft = root.find("$schema");
    return draft && draft->raw().find("draft-04") != std::string_view::npos;
  }

  void append_schema(std::string& out, doc::Value schema, std::size_t file) {
    if (schema.kind() == doc::Kind::boolean) {
      out += schema.raw();
      return;
    }
    if (schema.kind() != doc::Kind::object) fail(file, "a schema must be an object");
    out += '{';
    const std::size_t start = out.size();
    std::string scratch;
    for (const auto member : doc::Members(schema)) {
      const std::string name(member.name.string(scratch));
      if (contains(unknown, name)) fail(file, "the keyword '" + name + "' is not supported");
      // References are resolved by file, so an id must not move what they are relative to.
      if (name == "$id" || name == "id" || name == "$schema") continue;
      if (out.size() > start) out += ',';
      append_keyword(out, name, member.value, file);
    }
    out += '}';
  }

  void append_keyword(std::string& out, const std::string& name, doc::Value value,
                      std::size_t file) {
    std::string written = name;
    const bool is_text = value.kind() == doc::Kind::string;
    if (name == "pattern" && is_text) written = pattern_keyword;
    if (name == "format" && is_text) written = format_keyword;
    if (name == "uniqueItems" && value.kind() == doc::Kind::boolean) written = unique_keyword;
    if (name == "patternProperties") result_.pattern_properties = true;
    doc::append_json_string(out, written);
    out += ':';
    if (name == "$ref") {
      doc::append_json_string(out, reference(value, file));
    } else if (contains(maps_of_schemas, name) && value.kind() == doc::Kind::object) {
      append_map(out, value, file);
    } else if (contains(lists_of_schemas, name) && value.kind() == doc::Kind::array) {
      append_list(out, value, file);
    } else if (contains(schemas, name)) {
      append_schema(out, value, file);
    } else {
      out += value.json();
    }
  }

  void append_map(std::string& out, doc::Value map, std::size_t file) {
    out += '{';
    const std::size_t start = out.size();
    for (const auto member : doc::Members(map)) {
      if (out.size() > start) out += ',';
      out += member.name.json();
      out += ':';
      if (member.value.kind() == doc::Kind::array) {  // dependencies: a list of names
        out += member.value.json();
      } else {
        append_schema(out, member.value, file);
      }
    }
    out += '}';
  }

  void append_list(std::string& out, doc::Value list, std::size_t file) {
    out += '[';
    const std::size_t start = out.size();
    for (const doc::Value v : doc::Elements(list)) {
      if (out.size() > start) out += ',';
      append_schema(out, v, file);
    }
    out += ']';
  }

  std::string reference(doc::Value value, std::size_t file) {
    if (value.kind() != doc::Kind::string) fail(file, "a '$ref' must be a text");
    std::string scratch;
    const std::string ref(value.string(scratch));
    const std::size_t hash = std::min(ref.find('#'), ref.size());
    const std::string target = ref.substr(0, hash);
    const std::string pointer = hash < ref.size() ? ref.substr(hash + 1) : "";
    if (target.find("://") != std::string::npos || target.rfind("urn:", 0) == 0)
      fail(file, "the reference '" + ref + "' is no file; nothing is fetched from the net");
    if (!pointer.empty() && pointer[0] != '/')
      fail(file, "the reference '" + ref + "' has no JSON pointer behind '#'");
    const std::size_t number =
        target.empty() ? file : number_of(files_[file].parent_path() / target);
    return number == 0 ? "#" + pointer : "#/x-files/" + std::to_string(number) + pointer;
  }

  std::deque<fs::path> files_;
  std::vector<std::string> texts_;
  SchemaBundle result_;
};

}  // namespace

SchemaBundle bundle_schema(const std::string& file) { return Bundler().run(file); }

}  // namespace arango2pg::mapping
