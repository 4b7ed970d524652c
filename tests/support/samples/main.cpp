/// \file
/// ats_sample: writes sample data of the ATS collections. `ats_sample --help`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "samples/ats_sample.h"
#include "samples/collection_file.h"

namespace {

using namespace arango2pg::samples;

void write(const AtsSample& sample, const std::string& out, const FileOptions& files) {
  const SampleDirectory directory(out, files, "atspro", 188344);
  for (const SampleCollection& collection : sample.collections) {
    CollectionFile file(directory, collection.name, collection.edge, collection.indexes);
    for (const std::string& document : collection.documents) file.document(document);
    file.finish();
  }
  directory.write("users.sql", sample.users_sql);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Writes invented documents of the ATS collections (resumes, jobs, documents, "
      "task_results, job_research) and users.sql; prints a manifest as JSON: counts, and "
      "the documents that must be quarantined.");
  AtsOptions options;
  FileOptions files;
  std::string out, form = "dump";
  bool gzip = false, plain = false;
  app.add_option("--out", out, "directory, made if absent")->required();
  app.add_option("--form", form, "dump (arangodump directory) or jsonl (arangoexport files)")
      ->check(CLI::IsMember({"dump", "jsonl"}))
      ->capture_default_str();
  app.add_option("--resumes", options.resumes, "how many résumés")->capture_default_str();
  app.add_option("--jobs", options.jobs, "how many jobs; results follow from both")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "equal seeds give equal bytes")->capture_default_str();
  app.add_flag("--gzip", gzip, "compress the data files (default for dump)");
  app.add_flag("--plain", plain, "do not compress (default for jsonl)")->excludes("--gzip");
  app.add_flag("--envelope", files.envelope, "dump: lines as arangodump before 3.8 wrote them");
  app.add_flag("--ascii", options.ascii, "non-ASCII characters as \\uXXXX");
  app.add_flag("--users", options.users, "add a collection 'users'");
  app.add_flag("--odd", options.odd, "add documents that must be quarantined, one per rule");
  app.add_flag("--broken", options.broken, "add lines that are no documents (files only)");
  CLI11_PARSE(app, argc, argv);

  files.form = form == "dump" ? Form::dump : Form::jsonl;
  files.gzip = gzip || (files.form == Form::dump && !plain);
  files.envelope = files.envelope && files.form == Form::dump;
  const AtsSample sample = make_ats_sample(options);
  write(sample, out, files);
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
