# arango2pg_embed(<target> <header> <namespace> <directories and files…>): every *.sql, *.yaml, *.html, *.css and *.js below
# the directories, and each file by its name, becomes
#   std::string_view <namespace>::embedded("relative/path.sql")
# declared in "<header>.h" and listed by <namespace>::embedded_names(). SQL stays in files that psql can run.
# The source is made at build time by embed_files.cmake, and again whenever one of the files changes.
function(arango2pg_embed target header namespace)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded/${target})
  set(names "")
  set(paths "")
  foreach(dir IN LISTS ARGN)
    if(NOT IS_DIRECTORY ${dir})
      get_filename_component(name ${dir} NAME)
      list(APPEND names ${name})
      list(APPEND paths ${dir})
      continue()
    endif()
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${dir}
      ${dir}/*.sql ${dir}/*.yaml ${dir}/*.html ${dir}/*.css ${dir}/*.js)
    foreach(f IN LISTS files)
      list(APPEND names ${f})
      list(APPEND paths ${dir}/${f})
    endforeach()
  endforeach()
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  # The lists travel in a file: a semicolon on a command line would need a different escape in every generator.
  file(CONFIGURE OUTPUT ${out}/${header}.list.cmake @ONLY CONTENT [[
set(names "@names@")
set(paths "@paths@")
set(header "@header@")
set(namespace "@namespace@")
set(out "@out@")
]])
  add_custom_command(
    OUTPUT ${out}/${header}.cpp ${out}/${header}.h
    COMMAND ${CMAKE_COMMAND} -D list=${out}/${header}.list.cmake -P ${script}
    DEPENDS ${paths} ${script} ${out}/${header}.list.cmake
    COMMENT "Embedding files as ${header}"
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/${header}.cpp ${out}/${header}.h)
  target_include_directories(${target} PRIVATE ${out})
endfunction()
