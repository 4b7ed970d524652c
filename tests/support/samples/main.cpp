/// \file
/// ats_sample: writes sample data of the ATS collections. `ats_sample --help`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "samples/ats_sample.h"
#include "samples/file_flags.h"

namespace {

using namespace arango2pg::samples;

void write(const AtsSample& sample, const FileFlags& files) {
  const SampleDirectory directory(files.out, files.options(), "atspro", 188344);
  write_collections(directory, sample.collections);
  directory.write("users.sql", sample.users_sql);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Writes invented documents of the ATS collections (resumes, jobs, documents, "
      "task_results, job_research) and users.sql; prints a manifest as JSON: counts, and "
      "the documents that must be quarantined.");
  AtsOptions options;
  FileFlags files;
  files.add_to(app);
  app.add_option("--resumes", options.resumes, "how many résumés")->capture_default_str();
  app.add_option("--jobs", options.jobs, "how many jobs; results follow from both")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "equal seeds give equal bytes")->capture_default_str();
  app.add_flag("--ascii", options.ascii, "non-ASCII characters as \\uXXXX");
  app.add_flag("--users", options.users, "add a collection 'users'");
  app.add_flag("--odd", options.odd, "add documents that must be quarantined, one per rule");
  app.add_flag("--broken", options.broken, "add lines that are no documents (files only)");
  CLI11_PARSE(app, argc, argv);

  const AtsSample sample = make_ats_sample(options);
  write(sample, files);
  std::fputs(manifest(options, sample).c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ats_sample: %s\n", error.what());
    return 1;
  }
}
