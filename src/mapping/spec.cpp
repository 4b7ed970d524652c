#include "mapping/spec.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <set>

#include "base/error.h"
#include "mapping/rules_internal.h"
#include "mapping/schema_check.h"
#include "mapping/spec_internal.h"

namespace arango2pg::mapping {
namespace {

namespace fs = std::filesystem;

std::string sha256_hex(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Error(Exit::unexpected, "OpenSSL can't compute SHA-256");
  std::string out;
  for (const unsigned char byte : digest) {
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

/// "schema.table" or "table"; quotes where a name holds a dot.
TableName read_table_name(const Place& place, const Yaml& node, const std::string& what) {
  const std::string& text = place.want_text(node, what);
  std::string why;
  const auto path = Path::parse(text, why);
  if (!path || path->steps.size() > 2 ||
      std::any_of(path->steps.begin(), path->steps.end(),
                  [](const Path::Step& s) { return s.is_index || s.name.empty(); }))
    place.fail(node.line, what + ": '" + text + "' is no table name",
               "Write table or schema.table; put names with dots in quotes.");
  TableName name;
  name.name = path->steps.back().name;
  if (path->steps.size() == 2) name.schema = path->steps[0].name;
  return name;
}

std::vector<std::string> read_key(const Place& place, const Yaml& node) {
  std::vector<std::string> key = place.want_texts(node, "'key'");
  std::set<std::string> seen;
  for (const std::string& k : key)
    if (!seen.insert(k).second) place.fail(node.line, "column '" + k + "' stands twice in 'key'");
  if (key.empty()) place.fail(node.line, "'key' is an empty list");
  return key;
}

class SpecReader {
 public:
  SpecReader(const Yaml& root, const std::string& file)
      : root_(root), rules_(std::make_shared<Rules>()), place_(rules_->place), reader_(place_) {
    rules_->place = Place(file);
  }

  Spec read() {
    place_.want_map(root_, "a mapping file");
    place_.only(
        root_, "",
        {"version", "from", "optional", "into", "create", "key", "revision", "columns", "where",
         "check", "children", "strings", "unmapped", "on_delete", "audit", "indexes"});
    const Yaml& version = want("version");
    if (place_.want_integer(version, "'version'", 1, 1'000'000) != 1)
      place_.fail(version.line, "version " + version.text + " is not known to this program",
                  "Write `version: 1`.");
    spec_.file = place_.file();
    spec_.from = place_.want_text(want("from"), "'from'");
    if (const Yaml* n = root_.find("optional")) spec_.optional = place_.want_bool(*n, "'optional'");
    if (const Yaml* n = root_.find("create")) spec_.create = place_.want_bool(*n, "'create'");
    if (const Yaml* n = root_.find("strings")) rules_->strings = reader_.strings(*n, {});
    rules_->root = table(root_, false);
    spec_.into = rules_->root.into;
    spec_.key = rules_->root.key;
    read_settings();
    spec_.digest = digest();
    spec_.rules = rules_;
    return std::move(spec_);
  }

 private:
  const Yaml& want(std::string_view name) {
    const Yaml* node = root_.find(name);
    if (node == nullptr) place_.fail(root_.line, "'" + std::string(name) + "' is missing");
    return *node;
  }

  TableRules table(const Yaml& node, bool child) {
    TableRules t;
    t.line = node.line;
    for (const char* name : {"into", "key", "columns"})
      if (node.find(name) == nullptr)
        place_.fail(node.line, std::string(child ? "a child has no '" : "'") + name +
                                   (child ? "'" : "' is missing"));
    t.into = read_table_name(place_, *node.find("into"), "'into'");
    t.into_line = node.find("into")->line;
    t.key = read_key(place_, *node.find("key"));
    t.key_line = node.find("key")->line;
    for (const auto& m : place_.want_map(*node.find("columns"), "'columns'").members)
      t.columns.push_back(reader_.column(m.name, m.line, m.value, child));
    if (t.columns.empty()) place_.fail(node.find("columns")->line, "'columns' is empty");
    if (const Yaml* n = node.find("where")) t.where = reader_.conditions(*n, child);
    if (const Yaml* n = node.find("check")) t.checks = reader_.checks(*n, child);
    if (const Yaml* n = node.find("children"))
      for (const Yaml& item : place_.want_list(*n, "'children'").items)
        t.children.push_back(this->child(item, child));
    return t;
  }

  TableRules child(const Yaml& node, bool nested) {
    place_.want_map(node, "an entry of 'children'");
    place_.only(node, "a child", {"each", "into", "key", "columns", "where", "check", "children"});
    const Yaml* each = node.find("each");
    if (each == nullptr) place_.fail(node.line, "a child has no 'each'");
    SlotPath path = reader_.path(*each, "'each'", nested);
    TableRules t = table(node, true);
    t.each = std::move(path);
    return t;
  }

  void read_settings() {
    if (const Yaml* n = root_.find("revision")) {
      spec_.revision = place_.want_text(*n, "'revision'");
      rules_->revision_line = n->line;
    }
    if (const Yaml* n = root_.find("unmapped"))
      rules_->unmapped = static_cast<Unmapped>(
          place_.want_word(*n, "word for 'unmapped'", {"ignore", "warn", "reject"}));
    if (const Yaml* n = root_.find("on_delete"))
      spec_.on_delete = static_cast<OnDelete>(
          place_.want_word(*n, "word for 'on_delete'", {"soft", "hard", "keep"}));
    if (const Yaml* n = root_.find("indexes"))
      spec_.indexes_after = place_.want_word(*n, "word for 'indexes'", {"after", "keep"}) == 0;
    if (const Yaml* n = root_.find("audit")) read_audit(*n);
  }

  void read_audit(const Yaml& node) {
    rules_->audit_line = node.line;
    if (node.is_scalar()) {
      spec_.audit = audit_level(node);
      return;
    }
    place_.only(place_.want_map(node, "'audit'"), "'audit'",
                {"table", "level", "columns", "keep_before"});
    if (const Yaml* keep = node.find("keep_before"))
      spec_.keep_before = place_.want_bool(*keep, "'keep_before'");
    if (const Yaml* table = node.find("table")) {
      const TableName name = read_table_name(place_, *table, "'table'");
      spec_.audit_table = name.text() == "arango2pg.audit_log" ? "" : table->text;
      if (!spec_.audit_table.empty()) spec_.audit = AuditLevel::document;
    }
    if (const Yaml* level = node.find("level")) spec_.audit = audit_level(*level);
    if (!spec_.audit_table.empty() && spec_.audit == AuditLevel::batch)
      place_.fail(node.line, "an audit table of its own takes entries per document, not per batch",
                  "Write `level: document`, or leave 'table' out.");
    if (const Yaml* columns = node.find("columns")) {
      if (spec_.audit_table.empty())
        place_.fail(columns->line, "the columns of arango2pg.audit_log are fixed",
                    "Name an audit table of your own in 'table'.");
      rules_->audit_columns.emplace();
      for (const auto& m : place_.want_map(*columns, "'columns'").members) {
        // `parent` is a column of the row that is logged; elements have an index, rows do not.
        rules_->audit_columns->push_back(reader_.column(m.name, m.line, m.value, true));
      }
    }
  }

  AuditLevel audit_level(const Yaml& node) {
    return static_cast<AuditLevel>(
        place_.want_word(node, "audit level", {"document", "batch", "off"}));
  }

  /// What the file and its schemas say, without spelling, order of keys and comments.
  std::string digest() const {
    std::string text = to_json(root_, true);
    const std::function<void(const TableRules&)> add = [&](const TableRules& t) {
      for (const CheckRule& c : t.checks)
        if (c.schema) text += "\n" + c.schema->bundle();
      for (const TableRules& child : t.children) add(child);
    };
    add(rules_->root);
    return sha256_hex(text);
  }

  const Yaml& root_;
  std::shared_ptr<Rules> rules_;
  const Place& place_;
  RuleReader reader_;
  Spec spec_;
};

bool is_yaml(const fs::path& file) {
  return file.extension() == ".yaml" || file.extension() == ".yml";
}

bool is_hidden(const fs::path& path) { return path.filename().string()[0] == '.'; }

void collect(const fs::path& directory, std::vector<std::string>& files) {
  // A folder with sample documents is a golden test (see golden.h): its mapping is not for a run.
  if (fs::exists(directory / "input.jsonl")) return;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (is_hidden(entry.path())) continue;
    if (entry.is_directory()) {
      collect(entry.path(), files);
    } else if (is_yaml(entry.path())) {
      files.push_back(entry.path().string());
    }
  }
}

}  // namespace

Spec read_spec(const Yaml& root, const std::string& file) { return SpecReader(root, file).read(); }

std::vector<Spec> load(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    throw Error(Exit::usage, "no mapping at '" + path + "'",
                "Give a mapping file or a directory with mapping files.");
  std::vector<std::string> files;
  if (fs::is_directory(status)) {
    try {
      collect(path, files);
    } catch (const fs::filesystem_error& e) {
      throw Error(Exit::usage, "can't read the directory '" + e.path1().string() + "'");
    }
    if (files.empty())
      throw Error(Exit::usage, "no mapping file in '" + path + "'",
                  "Mapping files end in .yaml or .yml.");
  } else {
    files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  std::vector<Spec> specs;
  for (const std::string& file : files) specs.push_back(read_spec(read_yaml(file), file));
  return specs;
}

}  // namespace arango2pg::mapping
