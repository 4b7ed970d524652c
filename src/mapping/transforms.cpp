#include "mapping/transforms.h"

namespace arango2pg::mapping {
namespace {

const std::vector<const std::vector<Transform>*>& themes() {
  static const std::vector<const std::vector<Transform>*> all = {
      &text_transforms, &value_transforms, &json_transforms};
  return all;
}

}  // namespace

const Transform* find_transform(std::string_view name) {
  for (const auto* theme : themes())
    for (const Transform& t : *theme)
      if (t.name == name) return &t;
  return nullptr;
}

const std::vector<std::string_view>& transform_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out;
    for (const auto* theme : themes())
      for (const Transform& t : *theme) out.push_back(t.name);
    return out;
  }();
  return names;
}

void no_argument(const RuleReader& reader, const Yaml* node, const std::string& what, bool, Step&) {
  if (node != nullptr && !node->is_null()) reader.place().fail(node->line, what + " takes nothing");
}

const Yaml& argument(const RuleReader& reader, const Yaml* node, const std::string& what,
                     const Step& step, const char* example) {
  if (node == nullptr || node->is_null())
    reader.place().fail(step.line, what + " needs an argument",
                        std::string("Write ") + example + ".");
  return *node;
}

}  // namespace arango2pg::mapping
