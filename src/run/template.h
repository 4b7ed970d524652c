/// \file
/// Templates for the HTML report, a small part of Mustache: `{{name}}` inserts a text, always
/// escaped; `{{#name}}…{{/name}}` repeats for each item of a list, or stands if a text is not
/// empty; `{{^name}}…{{/name}}` stands if there is none; `{{>file}}` inserts another template.
/// There is no way to insert anything unescaped, so nothing that a document holds can become
/// markup.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::run {

/// What the names of a template stand for. Texts that are not here are looked up in the data
/// around, lists are not.
class TemplateData {
 public:
  TemplateData& set(const std::string& name, std::string text) {
    texts_[name] = std::move(text);
    return *this;
  }
  TemplateData& flag(const std::string& name, bool there) {
    return set(name, std::string(there ? "1" : ""));
  }
  /// A new item at the end of a list.
  TemplateData& add(const std::string& name) {
    return *lists_[name].emplace_back(std::make_unique<TemplateData>());
  }
  [[nodiscard]] const std::string* text(const std::string& name) const {
    const auto at = texts_.find(name);
    return at == texts_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<TemplateData>>* list(
      const std::string& name) const {
    const auto at = lists_.find(name);
    return at == lists_.end() ? nullptr : &at->second;
  }

 private:
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<std::unique_ptr<TemplateData>>> lists_;
};

/// Text of a template by its file name.
using TemplateFiles = std::function<std::string_view(std::string_view file)>;

/// Throws Error(unexpected) for a template that is wrong: they are part of the program.
std::string render(std::string_view file, const TemplateData& data, const TemplateFiles& files);

/// The one escape function of HTML: for text and for attribute values in double quotes. Characters
/// that can't be seen, or that would turn the direction of the text, become visible escapes; what
/// is no UTF-8 becomes U+FFFD.
std::string html_escaped(std::string_view text);

}  // namespace arango2pg::run
