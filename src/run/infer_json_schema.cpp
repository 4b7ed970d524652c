// The observed documents of a collection as JSON Schema.
#include <algorithm>

#include "run/infer_decide.h"
#include "run/json_writer.h"
#include "run/validate_paths.h"

namespace arango2pg::run {
namespace {

using doc::Kind;
using Step = doc::Profile::Step;

class SchemaWriter {
 public:
  explicit SchemaWriter(const doc::Profile& profile) : profile_(profile) {
    for (const std::uint32_t id : profile.in_order()) {
      below_.resize(std::max<std::size_t>(below_.size(), id + 1));
      if (profile.path(id).step == Step::root) continue;
      below_[profile.path(id).parent].push_back(id);
    }
  }

  std::string write(const std::string& title, bool sampled) {
    json_.begin_object();
    json_.member("$schema", "http://json-schema.org/draft-07/schema#");
    json_.member("title", shown_text(title));
    json_.member("description", "What " + std::string(sampled ? "a sample of " : "") +
                                    "the documents look like (" +
                                    std::to_string(profile_.documents()) +
                                    " seen); written by arango2pg infer");
    body(0);
    json_.end_object();
    return json_.take();
  }

 private:
  void body(std::uint32_t id) {
    const doc::PathStats& s = profile_.path(id).stats;
    types(s);
    if (s.of(Kind::object) != 0) object(id, s);
    if (s.of(Kind::array) == 0) return;
    for (const std::uint32_t child : below_[id])
      if (profile_.path(child).step == Step::element) {
        json_.name("items").begin_object();
        body(child);
        json_.end_object();
      }
  }

  void types(const doc::PathStats& s) {
    std::vector<const char*> names;
    constexpr const char* by_kind[] = {"null", "boolean", "number", "string", "array", "object"};
    for (std::size_t k = 0; k < s.kinds.size(); ++k) {
      if (s.kinds[k] == 0) continue;
      const bool whole = static_cast<Kind>(k) == Kind::number && s.fractions == 0;
      names.push_back(whole ? "integer" : by_kind[k]);
    }
    if (names.empty()) return;
    if (names.size() == 1) {
      json_.member("type", names[0]);
      return;
    }
    json_.array("type", names, [&](const char* n) { json_.value(n); });
  }

  void object(std::uint32_t id, const doc::PathStats& s) {
    std::vector<std::uint32_t> members;
    std::vector<std::string> required;
    for (const std::uint32_t child : below_[id]) {
      const auto& path = profile_.path(child);
      if (path.step == Step::any_member) {
        json_.name("additionalProperties").begin_object();
        body(child);
        json_.end_object();
      }
      // A name that JSON can't carry describes nothing.
      if (path.step != Step::member || shown_text(path.name) != path.name) continue;
      members.push_back(child);
      const bool always = path.stats.values() == s.of(Kind::object);
      if (always && !profile_.incomplete()) required.push_back(path.name);
    }
    if (members.empty()) return;
    json_.name("properties").begin_object();
    for (const std::uint32_t child : members) {
      json_.name(profile_.path(child).name).begin_object();
      body(child);
      json_.end_object();
    }
    json_.end_object();
    if (!required.empty())
      json_.array("required", required, [&](const std::string& n) { json_.value(n); });
  }

  const doc::Profile& profile_;
  std::vector<std::vector<std::uint32_t>> below_;
  JsonWriter json_;
};

}  // namespace

std::string observed_schema(const doc::Profile& profile, const std::string& title, bool sampled) {
  return SchemaWriter(profile).write(title, sampled);
}

}  // namespace arango2pg::run
