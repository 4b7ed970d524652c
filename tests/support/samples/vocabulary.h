/// \file
/// Words of invented résumés and job postings, in several scripts.
#pragma once

#include <span>
#include <string_view>

namespace arango2pg::samples {

struct Person {
  std::string_view name;
  std::string_view city;
  std::string_view ascii;  ///< for addresses and file names
};

std::span<const Person> people();
std::span<const std::string_view> companies();
std::span<const std::string_view> positions();
std::span<const std::string_view> skills();
std::span<const std::string_view> schools();
std::span<const std::string_view> degrees();
std::span<const std::string_view> certificates();
std::span<const std::string_view> achievements();  ///< sentences
std::span<const std::string_view> summaries();     ///< sentences
std::span<const std::string_view> locations();
std::span<const std::string_view> salaries();

}  // namespace arango2pg::samples
