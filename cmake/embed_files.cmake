# Run by arango2pg_embed() at build time: cmake -D list=<file> -P embed_files.cmake
# Files are read as hexadecimal: semicolons, brackets, backslashes and '@' in SQL all mean something to CMake.
include(${list})

set(arrays "")
set(entries "")
set(i 0)
foreach(name path IN ZIP_LISTS names paths)
  file(READ ${path} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(REPLACE "'\\x0a'," "'\\x0a',\n" bytes "${bytes}")  # one source line per line of the file
  string(APPEND arrays "constexpr char file${i}[] = {\n${bytes}'\\0'};  // ${name}\n")
  string(APPEND entries "    Entry{\"${name}\", {file${i}, ${size}}},\n")
  math(EXPR i "${i} + 1")
endforeach()

file(WRITE ${out}/${header}.h "#pragma once
#include <string_view>
#include <vector>
/// Files compiled into the program (cmake/embed.cmake). Views live as long as the program.
namespace ${namespace} {
/// The text of `name` (path below its folder), empty if there is no such file.
std::string_view embedded(std::string_view name);
std::vector<std::string_view> embedded_names();
}  // namespace ${namespace}
")

file(WRITE ${out}/${header}.cpp "#include \"${header}.h\"
namespace ${namespace} {
namespace {
struct Entry {
  std::string_view name;
  std::string_view text;
};
${arrays}
constexpr Entry table[] = {
${entries}};
}  // namespace
std::string_view embedded(std::string_view name) {
  for (const Entry& entry : table)
    if (entry.name == name) return entry.text;
  return {};
}
std::vector<std::string_view> embedded_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : table) names.push_back(entry.name);
  return names;
}
}  // namespace ${namespace}
")
