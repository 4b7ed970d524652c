# One interface target carries warnings and sanitizers; nothing is set globally.
add_library(arango2pg_options INTERFACE)
target_compile_options(arango2pg_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 in std::string and std::variant at -O2; clang and -O0 still check.
  target_compile_options(arango2pg_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized
    -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
endif()
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
# -DCMAKE_UNITY_BUILD=ON compiles several files at once: a whole build takes a fifth of the time, as long as no two
# neighbours have a helper of the same name.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(arango2pg_options INTERFACE -Wno-subobject-linkage)  # types of one .cpp only
endif()
if(ARANGO2PG_SANITIZE)
  foreach(s IN LISTS ARANGO2PG_SANITIZE)
    target_compile_options(arango2pg_options INTERFACE -fsanitize=${s} -fno-omit-frame-pointer)
    target_link_options(arango2pg_options INTERFACE -fsanitize=${s})
  endforeach()
  target_compile_options(arango2pg_options INTERFACE -fno-sanitize-recover=all)
endif()
# What the tests of a sanitizer's build run with: the first finding fails the test, with its stack.
set(arango2pg_test_environment "")
if(ARANGO2PG_SANITIZE AND NOT "thread" IN_LIST ARANGO2PG_SANITIZE)
  set(arango2pg_test_environment "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1")
endif()
