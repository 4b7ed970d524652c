// Mapping files.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/units.h"
#include "mapping/path.h"
#include "run/infer_names.h"
#include "run/infer_write.h"

namespace arango2pg::run {
namespace {

/// A text that YAML reads as this text, whatever it holds.
std::string yaml(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool plain =
      !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '_';
      });
  constexpr std::string_view others[] = {"true", "false", "null", "yes", "no",
                                         "on",   "off",   "y",    "n"};
  std::string low(text);
  for (char& c : low)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (plain && std::find(std::begin(others), std::end(others), low) == std::end(others))
    return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  // Line ends of Unicode would be folded into spaces.
  constexpr std::pair<std::string_view, std::string_view> ends[] = {
      {"\xC2\x85", "\\N"}, {"\xE2\x80\xA8", "\\L"}, {"\xE2\x80\xA9", "\\P"}};
  for (const auto& [from, to] : ends)
    for (std::size_t at = 0; (at = out.find(from, at)) != std::string::npos; at += to.size())
      out.replace(at, from.size(), to);
  return out + "\"";
}

std::string path_text(const std::string& attribute) {
  std::string path;
  mapping::append_name(path, attribute);
  return yaml(path);
}

std::string table_text(const std::string& schema, const std::string& table) {
  std::string out;
  if (schema != "public") {
    mapping::append_name(out, schema);
    out += '.';
  }
  mapping::append_name(out, table);
  return yaml(out);
}

class MappingWriter {
 public:
  MappingWriter(const InferredSchema& schema, const InferredTable& table)
      : schema_(schema), table_(table) {}

  std::string write() {
    head();
    line("columns:");
    own_columns();
    for (const InferredColumn& c : table_.columns) column(c);
    document();
    tail();
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }
  void comment(const std::string& text, const char* indent = "") {
    line(fmt::format("{}# {}", indent, one_line(text)));
  }

  void head() {
    comment(fmt::format("{} of {}, written by arango2pg infer.",
                        table_.ends == Ends::none ? "Documents" : "Edges", table_.collection));
    if (table_.sampled)
      comment(
          fmt::format("A sample of {} documents was looked at: columns are copies, `doc` holds "
                      "the whole document.",
                      format_count(table_.documents)));
    else if (table_.documents == 0)
      comment("There are no documents yet: all attributes go to `doc`.");
    else
      comment(fmt::format("{} documents ({}) were looked at, all there are: each of them fits.",
                          format_count(table_.documents), format_size(table_.bytes)));
    line("version: 1");
    line("from: " + yaml(table_.collection));
    line("into: " + table_text(schema_.schema, table_.name));
    line("key: key");
    if (table_.revision)
      line("revision: revision");
    else
      comment("No `revision`: some `_rev` are none, so a resync writes every document anew.");
  }

  void own_columns() {
    line("  key: { meta: key }");
    if (table_.revision && table_.sampled)
      line("  revision: { meta: revision, default: null, on_error: default }");
    if (table_.ends == Ends::none) return;
    comment(
        "An edge holds where it begins and ends as collection and key, to be joined with "
        "(`key`) both ways.",
        "  ");
    const char* how =
        table_.ends == Ends::strict ? "required: true" : "default: null, on_error: default";
    for (const char* end : {"from_collection", "from_key", "to_collection", "to_key"})
      line(fmt::format("  {}: {{ meta: {}, {} }}", end, end, how));
  }

  void column(const InferredColumn& c) {
    comment(c.because, "  ");
    std::string value = "path: " + path_text(c.attribute);
    if (c.epoch) value += ", then: [{ timestamp: [epoch_s] }]";
    if (c.lenient) value += ", default: null, on_error: default";
    line(fmt::format("  {}: {{ {} }}", yaml(c.name), value));
  }

  void document() {
    std::string omit;
    for (const InferredColumn& c : table_.columns)
      if (c.moved && c.attribute != "_from" && c.attribute != "_to")
        omit += (omit.empty() ? "" : ", ") + yaml(c.attribute);
    comment(omit.empty() ? "The whole document." : "All other attributes, new ones too.", "  ");
    if (!table_.stays.empty()) comment("What stays in it:", "  ");
    for (const std::string& s : table_.stays) comment("- " + s, "  ");
    line(omit.empty() ? "  doc: { document: }" : "  doc: { document: { omit: [" + omit + "] } }");
  }

  void tail() {
    if (table_.replace_nul || table_.replace_surrogate) {
      comment(
          "PostgreSQL can't store these characters; U+FFFD stands in their place. Others: "
          "strip, reject.");
      std::string which = table_.replace_nul ? "nul: replace" : "";
      if (table_.replace_surrogate)
        which += (which.empty() ? "" : ", ") + std::string("surrogate: replace");
      line("strings: { " + which + " }");
    }
    if (!table_.rule.empty() && table_.rule_checked) {
      comment(
          fmt::format("ArangoDB's own validation rule, level {}: violations are counted, not "
                      "refused.",
                      table_.rule_level));
      line(fmt::format("check:\n  - {{ schema: {}, severity: warn }}",
                       yaml("../documents/" + table_.schema_file)));
    }
  }

  const InferredSchema& schema_;
  const InferredTable& table_;
  std::string out_;
};

}  // namespace

std::string mapping_yaml(const InferredSchema& schema, std::size_t table) {
  return MappingWriter(schema, schema.tables[table]).write();
}

}  // namespace arango2pg::run
