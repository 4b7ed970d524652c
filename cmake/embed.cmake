# arango2pg_embed(<target> <directory> <namespace>): every *.sql below <directory> becomes
#   std::string_view <namespace>::embedded("relative/path.sql")
# declared in "<target>_embedded.h" and listed by <namespace>::embedded_names(). SQL stays in files that psql can run.
function(arango2pg_embed target header namespace)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded/${target})
  file(MAKE_DIRECTORY ${out})
  set(cases "")
  foreach(dir IN LISTS ARGN)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/*.sql ${dir}/*.yaml)
    foreach(f IN LISTS files)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${dir}/${f})
      file(READ ${dir}/${f} text)
      # A string literal may be limited to 64 KiB by some compilers: cut into pieces that the compiler joins.
      string(LENGTH "${text}" len)
      set(pieces "")
      set(at 0)
      while(at LESS len)
        string(SUBSTRING "${text}" ${at} 12000 piece)
        string(APPEND pieces "R\"__sql__(${piece})__sql__\"\n")
        math(EXPR at "${at} + 12000")
      endwhile()
      if(pieces STREQUAL "")
        set(pieces "\"\"")
      endif()
      string(APPEND cases "    {\"${f}\", ${pieces}},\n")
    endforeach()
  endforeach()
  file(CONFIGURE OUTPUT ${out}/${header}.cpp @ONLY CONTENT [[
#include "@header@.h"
#include <array>
#include <utility>
namespace @namespace@ {
namespace {
constexpr auto table = std::to_array<std::pair<std::string_view, std::string_view>>({
@cases@});
}
std::string_view embedded(std::string_view name) {
  for (const auto& [n, text] : table)
    if (n == name) return text;
  return {};
}
std::vector<std::string_view> embedded_names() {
  std::vector<std::string_view> names;
  for (const auto& [n, text] : table) names.push_back(n);
  return names;
}
}  // namespace @namespace@
]])
  file(CONFIGURE OUTPUT ${out}/${header}.h @ONLY CONTENT [[
#pragma once
#include <string_view>
#include <vector>
/// Files compiled into the program (cmake/embed.cmake). Views live as long as the program.
namespace @namespace@ {
/// The text of `name` (path below its folder), empty if there is no such file.
std::string_view embedded(std::string_view name);
std::vector<std::string_view> embedded_names();
}
]])
  target_sources(${target} PRIVATE ${out}/${header}.cpp)
  target_include_directories(${target} PRIVATE ${out})
endfunction()
