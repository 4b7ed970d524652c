/// \file
/// pack_sample: writes sample data of a schema pack. `pack_sample --help`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "samples/file_flags.h"
#include "samples/pack_sample.h"

namespace {

using namespace arango2pg::samples;

void write(const PackSample& sample, const FileFlags& files) {
  const SampleDirectory directory(files.out, files.options(), sample.database, 188344);
  write_collections(directory, sample.collections);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Writes invented documents of a schema pack's collections; prints a manifest as JSON: "
      "counts, and the documents that must be quarantined.");
  std::string about = "the pack:";
  std::vector<std::string> names;
  for (const PackMaker& maker : pack_makers()) {
    names.emplace_back(maker.pack);
    about += " " + names.back() + " (" + std::string(maker.about) + ")";
  }
  PackOptions options;
  FileFlags files;
  std::string pack;
  app.add_option("--pack", pack, about)->required()->check(CLI::IsMember(names));
  files.add_to(app);
  app.add_option("--seed", options.seed, "equal seeds give equal bytes")->capture_default_str();
  app.add_option("--scale", options.scale, "times as many documents; 1 = some hundred")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--ascii", options.ascii, "non-ASCII characters as \\uXXXX");
  app.add_flag("--odd", options.odd, "add documents that must be quarantined, one per rule");
  CLI11_PARSE(app, argc, argv);

  const auto makers = pack_makers();
  const auto maker = std::find_if(makers.begin(), makers.end(),
                                  [&](const PackMaker& m) { return m.pack == pack; });
  const PackSample sample = maker->make(options);
  write(sample, files);
  std::fputs(manifest(options.seed, sample.collections, sample.quarantined, sample.figures).c_str(),
             stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pack_sample: %s\n", error.what());
    return 1;
  }
}
